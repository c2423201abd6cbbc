/** Which worktree is new. */

import { renameSync, rmSync } from "node:fs";

import { expect, test } from "bun:test";

import { commonDirHere, findNewWorktree } from "../../../src/cli/worktree/new-worktree.ts";
import { type LinkedWorktree, readLinkedWorktrees } from "../../../src/git/linked-worktrees.ts";
import type { GitWord } from "../../../src/git/pass-to-git.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

function adding(before: readonly LinkedWorktree[], words: readonly GitWord[], hasFailed = false) {
  return { before, words, hasFailed };
}

test("findNewWorktree() finds the one that was not there before", () => {
  using tree = tempWorktree("new", { files: { f: "1" } });
  tree.addLinked("old");
  const before = readLinkedWorktrees(tree.gitDir);

  expect(findNewWorktree(tree.gitDir, adding(before, ["../new"]))).toBeUndefined();
  const added = tree.addLinked("new");
  expect(findNewWorktree(tree.gitDir, adding(before, []))).toMatchObject({
    root: added.path,
    gitDir: added.gitDir,
  });
});

test("findNewWorktree() goes by the words where several are new", () => {
  using tree = tempWorktree("new", { files: { f: "1" } });
  const [one, two] = ["one", "two"].map((name) => tree.addLinked(name).path);

  expect(findNewWorktree(tree.gitDir, adding([], ["-b", "x", two ?? ""]))).toMatchObject({
    root: two,
  });
  expect(findNewWorktree(tree.gitDir, adding([], [Buffer.from(one ?? "")]))).toMatchObject({
    root: one,
  });
  expect(findNewWorktree(tree.gitDir, adding([], ["x"]))).toBeUndefined();
});

test.each([
  [["<one>", "<two>"]],
  [["-b", "<two>", "<one>", "x"]],
  [["-qb", "<two>", "<one>"]],
  [["--reason", "<two>", "--lock", "<one>", "<two>"]],
  [["--", "<one>", "<two>"]],
  [["-b<two>", "--track=<two>", "<one>"]],
])("findNewWorktree() takes the place for the place in %j, and no other word", (words) => {
  using tree = tempWorktree("new", { files: { f: "1" } });
  const [one = "", two = ""] = ["two", "one"].map((name) => tree.addLinked(name).path);
  const exact = words.map((word) => word.replace("<one>", one).replace("<two>", two));

  expect(findNewWorktree(tree.gitDir, adding([], exact))).toMatchObject({ root: one });
});

test("findNewWorktree() takes no other's for one that git failed to make", () => {
  using tree = tempWorktree("new", { files: { f: "1" } });
  const one = tree.addLinked("one").path;

  expect(findNewWorktree(tree.gitDir, adding([], ["../no", one], true))).toBeUndefined();
  expect(findNewWorktree(tree.gitDir, adding([], [one], true))).toMatchObject({ root: one });
});

test("findNewWorktree() tells one from an older one of the same name, and a changed one from a new one", () => {
  using tree = tempWorktree("new", { files: { f: "1" } });
  const linked = tree.addLinked("same");
  const before = readLinkedWorktrees(tree.gitDir);
  linked.write("f", "2");
  linked.git("commit", "--quiet", "--all", "--message=on");
  renameSync(linked.path, tree.join("../elsewhere"));

  expect(findNewWorktree(tree.gitDir, adding(before, []))).toBeUndefined();
  tree.git("worktree", "add", "--quiet", "--force", linked.path, "same");
  expect(findNewWorktree(tree.gitDir, adding(before, []))).toMatchObject({ root: linked.path });
  rmSync(tree.join("../elsewhere"), { recursive: true });
});

test("commonDirHere() is where the user's git works", () => {
  // The tests run in a worktree, or in none.
  const here = commonDirHere();
  expect(here === undefined || here.startsWith("/")).toBe(true);
});
