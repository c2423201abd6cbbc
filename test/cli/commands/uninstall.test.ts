/** `gity uninstall`; what it leaves is in test/e2e/uninstall.test.ts. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";

test("gity uninstall --help says what it does, and that it asks", async () => {
  await using home = await gityHome();
  const { stdout } = await home.gity("uninstall", "--help");
  expect(stdout).toContain("gity uninstall [--yes]");
  expect(stdout).toContain("do not ask; needed where there is no terminal");
});
