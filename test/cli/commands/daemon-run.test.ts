/** `gity daemon run`. */

import { expect, test } from "bun:test";

import { existsSync, readFileSync, renameSync, statSync } from "node:fs";

import { eventually } from "../../support/eventually.ts";
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

test.each(["SIGTERM", "SIGINT"] as const)(
  "gity daemon run ends in good order on %s",
  async (signal) => {
    await using home = await gityHome();
    await home.startDaemon();

    await home.killDaemon(signal);

    expect(home.log()).toContain(`info stopping reason=${signal}\n`);
    expect(await home.daemonPid()).toBeUndefined();
  },
);

test("gity daemon run goes on in a new log file on SIGHUP, and keeps the mode", async () => {
  await using home = await gityHome();
  const pid = await home.startDaemon();
  const log = `${home.path}/logs/daemon.log`;
  renameSync(log, `${log}.1`);

  process.kill(pid, "SIGHUP");

  await eventually(() => existsSync(log) && home.log().includes("info reopened the log\n"));
  expect(await home.daemonPid()).toBe(pid);
  expect(statSync(log).mode & 0o777).toBe(0o600);
  expect(readFileSync(log, "utf8")).not.toContain("info starting");
});

test("gity daemon run starts again after kill -9", async () => {
  await using home = await gityHome();
  const first = await home.startDaemon();
  await home.killDaemon("SIGKILL");

  expect(await home.startDaemon()).not.toBe(first);
});
