/** `gity share status`. */

import { expect, test } from "bun:test";

import { gityHome } from "../../support/gity-home.ts";
import { shareWorktrees } from "../../support/share-worktrees.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

test("gity share status shows who has what, and what could be had", async () => {
  await using home = await gityHome();
  using trees = shareWorktrees();
  const { main, linked } = trees;

  const { stdout, stderr, exitCode } = await home.gity("share", "status", linked.path);

  expect(exitCode).toBe(0);
  expect(stdout.split("\n").map((line) => line.replaceAll(/ +/g, " "))).toEqual([
    "DIRECTORY STATE KEY FILES SIZE WORKTREE",
    `node_modules absent here - - ${linked.path} (here)`,
    ` there same 2 3 B ${main.path}`,
    `target absent none - - ${linked.path} (here)`,
    ` absent none - - ${main.path}`,
    "",
  ]);
  expect(stderr).toBe(
    `'gity share pull' brings 'node_modules': 2 files, 3 B, from '${main.path}'\n` +
      "'target' is in no other worktree with the same key\n",
  );
});

test("gity share status --json, and without a declaration", async () => {
  await using home = await gityHome();
  using trees = shareWorktrees();
  using bare = tempWorktree("undeclared");

  expect(await home.gityJson("share", "status", trees.linked.path)).toMatchObject({
    root: trees.linked.path,
    entries: [
      {
        path: "node_modules",
        here: { state: "absent" },
        elsewhere: [{ root: trees.main.path, hasSameKey: true, size: { files: 2 } }],
        best: trees.main.path,
      },
      { path: "target", best: null },
    ],
  });
  expect(await home.gity("share", "status", bare.path)).toMatchObject({
    exitCode: 0,
    stdout: "",
    stderr: expect.stringContaining("gity share add"),
  });
});
