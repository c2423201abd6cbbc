/** `gity daemon status`. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";

test("gity daemon status answers no with exit code 1, and yes with 0", async () => {
  await using home = await gityHome();
  const no = await home.gity("daemon", "status");
  const noJson = await home.gity("daemon", "status", "--json");
  const pid = await home.startDaemon();
  const yes = await home.gity("daemon", "status");

  expect(no).toEqual({ exitCode: 1, stdout: "", stderr: "no daemon is running\n" });
  expect(noJson).toMatchObject({ exitCode: 1, stdout: '{"running":false}\n' });
  expect(yes).toMatchObject({ exitCode: 0, stderr: "" });
  expect(yes.stdout).toContain(`process       ${pid}\n`);
  expect(await home.gityJson("daemon", "status")).toMatchObject({ running: true, pid });
});

test("gity daemon status tells at which address it is served, and which not", async () => {
  await using home = await gityHome();
  const environment = { GITY_DAEMON_ADDR: "tcp://127.0.0.1:0" };
  await home.gityIn({ environment }, "daemon", "start");

  const { stdout } = await home.gity("daemon", "status");

  expect(stdout).toMatch(/^address +tcp:\/\/127\.0\.0\.1:[1-9]\d*$/m);
});
