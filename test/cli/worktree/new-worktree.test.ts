/** Which worktree is new. */

import { renameSync, rmSync } from "node:fs";

import { expect, test } from "bun:test";

import { commonDirHere, findNewWorktree } from "../../../src/cli/worktree/new-worktree.ts";
import { readLinkedWorktrees } from "../../../src/git/linked-worktrees.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

test("findNewWorktree() finds the one that was not there before", () => {
  using tree = tempWorktree("new", { files: { f: "1" } });
  tree.addLinked("old");
  const before = readLinkedWorktrees(tree.gitDir);

  expect(findNewWorktree(tree.gitDir, before, ["../new"])).toBeUndefined();
  const added = tree.addLinked("new");
  expect(findNewWorktree(tree.gitDir, before, [])).toMatchObject({
    root: added.path,
    gitDir: added.gitDir,
  });
});

test("findNewWorktree() goes by the words where several are new", () => {
  using tree = tempWorktree("new", { files: { f: "1" } });
  const [one, two] = ["one", "two"].map((name) => tree.addLinked(name).path);

  expect(findNewWorktree(tree.gitDir, [], ["-b", "x", two ?? ""])).toMatchObject({ root: two });
  expect(findNewWorktree(tree.gitDir, [], [Buffer.from(one ?? "")])).toMatchObject({ root: one });
  expect(findNewWorktree(tree.gitDir, [], ["x"])).toBeUndefined();
});

test("findNewWorktree() tells one from an older one of the same name, and a changed one from a new one", () => {
  using tree = tempWorktree("new", { files: { f: "1" } });
  const linked = tree.addLinked("same");
  const before = readLinkedWorktrees(tree.gitDir);
  linked.write("f", "2");
  linked.git("commit", "--quiet", "--all", "--message=on");
  renameSync(linked.path, tree.join("../elsewhere"));

  expect(findNewWorktree(tree.gitDir, before, [])).toBeUndefined();
  tree.git("worktree", "add", "--quiet", "--force", linked.path, "same");
  expect(findNewWorktree(tree.gitDir, before, [])).toMatchObject({ root: linked.path });
  rmSync(tree.join("../elsewhere"), { recursive: true });
});

test("commonDirHere() is where the user's git works", () => {
  // The tests run in a worktree, or in none.
  const here = commonDirHere();
  expect(here === undefined || here.startsWith("/")).toBe(true);
});
