/** `gity daemon run`. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";

test("gity daemon run refuses to be the second", async () => {
  await using home = await gityHome();
  await home.startDaemon();

  expect(await home.gity("daemon", "run")).toMatchObject({
    exitCode: 14,
    stdout: "",
    stderr: expect.stringContaining("another one holds"),
  });
});

test.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
  "gity daemon run ends in good order on %s",
  async (signal) => {
    await using home = await gityHome();
    await home.startDaemon();

    await home.killDaemon(signal);

    expect(home.log()).toContain(`info stopping reason=${signal}\n`);
    expect(await home.daemonPid()).toBeUndefined();
  },
);

test("gity daemon run starts again after kill -9", async () => {
  await using home = await gityHome();
  const first = await home.startDaemon();
  await home.killDaemon("SIGKILL");

  expect(await home.startDaemon()).not.toBe(first);
});
