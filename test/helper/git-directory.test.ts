/** Finding the git directory as git does. */

import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";

import { findGitDirectory } from "../../src/helper/git-directory.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

test("findGitDirectory() finds the .git folder, from the root and from below", () => {
  using dir = tempDir("find");
  mkdirSync(dir.join(".git"));
  mkdirSync(dir.join("a/b"), { recursive: true });
  const expected = { path: dir.join(".git"), worktree: dir.path, isNamed: false, isOwnIndex: true };
  expect(findGitDirectory(dir.path, {})).toEqual(expected);
  expect(findGitDirectory(dir.join("a/b"), {})).toEqual(expected);
});

test("findGitDirectory() follows the .git file of a linked worktree", () => {
  using tree = tempWorktree("find");
  const linked = tree.addLinked("linked");
  expect(findGitDirectory(linked.path, {})).toEqual({
    path: linked.gitDir,
    worktree: linked.path,
    isNamed: false,
    isOwnIndex: true,
  });
});

test("findGitDirectory() takes a relative gitdir from the folder of the .git file", () => {
  using dir = tempDir("find");
  mkdirSync(dir.join("sub"));
  writeFileSync(dir.join("sub/.git"), "gitdir: ../store/sub\n");
  expect(findGitDirectory(dir.join("sub"), {})?.path).toBe(dir.join("sub") + "/../store/sub");
});

test("findGitDirectory() lets GIT_DIR win", () => {
  using dir = tempDir("find");
  mkdirSync(dir.join(".git"));
  expect(findGitDirectory(dir.path, { GIT_DIR: "other" })).toEqual({
    path: dir.join("other"),
    worktree: dir.path,
    isNamed: true,
    isOwnIndex: true,
  });
});

test.each(["", "nonsense\n", "gitdir:/no/blank\n"])(
  "findGitDirectory() of a .git file that says %j finds nothing",
  (text) => {
    using dir = tempDir("find");
    writeFileSync(dir.join(".git"), text);
    expect(findGitDirectory(dir.path, {})).toBeUndefined();
  },
);

function isOwn(from: string, index: string): boolean | undefined {
  return findGitDirectory(from, { GIT_INDEX_FILE: index })?.isOwnIndex;
}

test("E8 findGitDirectory() tells the worktree's own index from another", () => {
  using tree = tempWorktree("find");
  const linked = tree.addLinked("linked");
  const copy = `${tree.gitDir}/gity/index-1-a`;
  for (const own of [".git/index", `${tree.gitDir}/index`, copy]) {
    expect(isOwn(tree.path, own)).toBe(true);
  }
  for (const other of ["", "index", ".git/index.lock", "/tmp/index", `${linked.gitDir}/index`]) {
    expect(isOwn(tree.path, other)).toBe(false);
  }
  expect(isOwn(linked.path, `${linked.gitDir}/index`)).toBe(true);
  expect(isOwn(linked.path, `${tree.gitDir}/index`)).toBe(false);
});
