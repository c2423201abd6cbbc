/** `gity daemon restart`. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";

test("gity daemon restart puts another daemon in the place of this one, or of none", async () => {
  await using home = await gityHome();

  const started = await home.gityJson("daemon", "restart");
  const again = await home.gity("daemon", "restart");
  const pid = await home.daemonPid();
  await home.gity("daemon", "stop");
  const stopped = await home.gity("daemon", "restart");

  expect(started).toMatchObject({ stopped: false, home: home.path });
  expect(again).toMatchObject({ exitCode: 0, stderr: `restarted the daemon (process ${pid})\n` });
  expect(pid).not.toBe(Number(started["pid"]));
  expect(stopped.stderr).toStartWith("no daemon was running; started one (process ");
  // It was asked for: git commands start it again from now on.
  expect((await home.gity("list")).exitCode).toBe(0);
});
