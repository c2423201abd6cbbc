/** `gity daemon stop`. */

import { expect, test } from "bun:test";

import { gityHome, isRunning } from "../../support/gity-home.ts";

test("gity daemon stop returns when the daemon is gone", async () => {
  await using home = await gityHome();
  const pid = await home.startDaemon();

  const stopped = await home.gity("daemon", "stop");

  expect(stopped).toEqual({ exitCode: 0, stdout: "", stderr: "stopped the daemon\n" });
  expect(isRunning(pid)).toBe(false);
  expect(await home.gityJson("daemon", "stop")).toEqual({ stopped: false });
});
