/** What is known of each worktree; with a daemon in cli/commands/worktree-list.test.ts. */

import { rmSync } from "node:fs";

import { expect, test } from "bun:test";

import { commonDirOf, gatherWorktreeFacts } from "../../../src/cli/worktree/worktree-facts.ts";
import { rejection } from "../../support/rejection.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

test("gatherWorktreeFacts() looks at each that is there", async () => {
  using tree = tempWorktree("facts", { files: { f: "1" } });
  const linked = tree.addLinked("linked");
  linked.write("f", "2");
  rmSync(tree.addLinked("gone").path, { recursive: true });

  expect(await gatherWorktreeFacts(tree.gitDir, undefined)).toMatchObject([
    { root: tree.path, gitDir: tree.gitDir, isGone: false, state: null, status: { unstaged: 0 } },
    { branch: "gone", isGone: true, status: null },
    { branch: "linked", gitDir: linked.gitDir, isGone: false, status: { unstaged: 1 } },
  ]);
});

test("gatherWorktreeFacts() has no status where git fails, and goes on", async () => {
  using tree = tempWorktree("facts", { files: { f: "1" } });
  const linked = tree.addLinked("linked");
  rmSync(linked.join(".git"));
  linked.write(".git", "gitdir: nowhere");

  expect(await gatherWorktreeFacts(tree.gitDir, undefined)).toMatchObject([
    { branch: "main", status: { unstaged: 0 } },
    { branch: "linked", status: null },
  ]);
});

test("commonDirOf() is the same for all worktrees of a repository, and for what is in it", async () => {
  using tree = tempWorktree("facts", { files: { "sub/f": "1" } });
  const linked = tree.addLinked("linked");
  using dir = tempDir("facts");

  for (const path of [tree.path, tree.join("sub/f"), tree.gitDir, linked.path]) {
    // oxlint-disable-next-line no-await-in-loop
    expect(await commonDirOf(path)).toBe(tree.gitDir);
  }
  expect(await rejection(commonDirOf(dir.path))).toMatchObject({ code: "NOT_A_REPOSITORY" });
});
