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
  const report = await home.gityJson("doctor", tree.path);
  expect(report).toMatchObject({
    healthy: true,
    daemonVersion: report["version"],
    fixed: [],
    failed: [],
  });
  expect(report["gits"]).toBeArray();
  expect(report["findings"]).toContainEqual({
    id: "worktree",
    severity: "ok",
    message: `'${tree.path}' is ready`,
    cure: null,
    fixable: false,
    subject: tree.path,
  });
});

test("gity doctor without a daemon finds that, and exits 1", async () => {
  await using home = await gityHome();
  const { exitCode, stdout } = await home.gity("doctor");
  expect(exitCode).toBe(1);
  expect(stdout).toContain("error: no daemon is running: ");
  expect(stdout).toContain("  hint: start it with 'gity daemon start'\n");
});

test("gity doctor of a path in no repository fails, with a daemon and without", async () => {
  await using home = await gityHome();
  const refusal = { exitCode: 4, stdout: "", stderr: expect.stringContaining("is not a git") };
  expect(await home.gity("doctor", home.path)).toMatchObject(refusal);
  await home.startDaemon();
  expect(await home.gity("doctor", home.path)).toMatchObject(refusal);
});

test("gity doctor --help tells of --fix", async () => {
  await using home = await gityHome();
  const { stdout } = await home.gity("doctor", "--help");
  expect(stdout).toContain("gity doctor [--fix] [--json] [PATH]");
});
