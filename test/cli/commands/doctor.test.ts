/** `gity doctor`, with a real daemon. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

test("gity doctor tells what was chosen and why, for people and programs", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("doctor");
  await home.gity("register", "--via", "hook", tree.path);

  const shown = await home.gity("doctor");
  expect(shown).toMatchObject({ exitCode: 0, stderr: "" });
  expect(shown.stdout).toContain(`ok: git asks by hook in '${tree.gitDir}'`);
  expect(shown.stdout).toContain(`ok: '${tree.path}' is ready\n`);
  const reply = await home.gityJson("doctor", tree.path);
  expect(reply["gits"]).toBeArray();
  expect(reply["findings"]).toBeArray();
});

test("gity doctor without a daemon finds that, and exits 1", async () => {
  await using home = await gityHome();
  const { exitCode, stdout } = await home.gity("doctor");
  expect(exitCode).toBe(1);
  expect(stdout).toContain("error: cannot reach the daemon");
  expect(stdout).toContain("  hint: start it with 'gity daemon start'\n");
});
