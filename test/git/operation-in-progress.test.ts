/** What somebody is in the middle of, with real git. */

import { expect, test } from "bun:test";

import { operationInProgress } from "../../src/git/operation-in-progress.ts";
import { tryRunGit } from "../support/run-git.ts";
import { tempWorktree, type TempWorktree } from "../support/temp-worktree.ts";

/** `main` and `side` have both changed `a`. */
function conflict(): TempWorktree {
  const tree = tempWorktree("operation", { files: { a: "1\n" } });
  tree.git("checkout", "--quiet", "-b", "side");
  tree.write("a", "2\n");
  tree.git("commit", "--quiet", "--all", "--message=side");
  tree.write("a", "4\n");
  tree.git("commit", "--quiet", "--all", "--message=side again");
  tree.git("checkout", "--quiet", "main");
  tree.write("a", "3\n");
  tree.git("commit", "--quiet", "--all", "--message=main");
  return tree;
}

test.each([
  [["merge", "side"], ["merge", "--abort"], "a merge"],
  [["rebase", "side"], ["rebase", "--abort"], "a rebase"],
  [["rebase", "--apply", "side"], ["rebase", "--abort"], "a rebase"],
  [["cherry-pick", "side"], ["cherry-pick", "--abort"], "a cherry-pick"],
  [["revert", "--no-edit", "side"], ["revert", "--abort"], "a revert"],
  [["bisect", "start"], ["bisect", "reset"], "a bisection"],
])("operationInProgress() sees %j until %j", (begin, end, expected) => {
  using tree = conflict();
  expect(operationInProgress(tree.gitDir)).toBeUndefined();

  tryRunGit(tree.path, begin);

  expect(operationInProgress(tree.gitDir)).toBe(expected);
  tree.git(...end);
  expect(operationInProgress(tree.gitDir)).toBeUndefined();
});

test("operationInProgress() tells patches from a rebase", () => {
  using tree = conflict();
  const patch = tree.git("format-patch", "--stdout", "-1", "side");
  tryRunGit(tree.path, ["am"], { input: patch });

  expect(operationInProgress(tree.gitDir)).toBe("an application of patches");
});

test("operationInProgress() sees picks that wait for their turn", () => {
  using tree = conflict();
  tryRunGit(tree.path, ["cherry-pick", "main..side"]);
  tree.write("a", "5\n");
  tree.git("commit", "--quiet", "--all", "--message=picked");

  expect(operationInProgress(tree.gitDir)).toBe("a cherry-pick or revert");
});

test("operationInProgress() looks at one worktree only", () => {
  using tree = conflict();
  const linked = tree.addLinked("linked");
  tryRunGit(linked.path, ["merge", "side"]);

  expect(operationInProgress(linked.gitDir)).toBe("a merge");
  expect(operationInProgress(tree.gitDir)).toBeUndefined();
});
