/** `gity daemon metrics`. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";

test("gity daemon metrics --help shows examples", async () => {
  await using home = await gityHome();

  const { stdout, exitCode } = await home.gity("daemon", "metrics", "--help");

  expect(exitCode).toBe(0);
  expect(stdout).toContain("gity daemon metrics --json");
});
