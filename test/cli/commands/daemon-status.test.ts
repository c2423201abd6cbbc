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
