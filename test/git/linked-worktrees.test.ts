/** The linked worktrees of a repository, without git. */

import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { isReplaced, readLinkedWorktrees } from "../../src/git/linked-worktrees.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

test("readLinkedWorktrees() knows what git has made, whatever its name", () => {
  using tree = tempWorktree("linked", { files: { f: "1" } });
  const linked = tree.addLinked("linked");
  tree.git("worktree", "add", "--quiet", "-b", "lines", tree.join("../two\nlines"));
  const script = `git worktree add --quiet -b odd "$(printf '../a\\377b')"`;
  Bun.spawnSync(["sh", "-c", script], { cwd: tree.path });

  const found = readLinkedWorktrees(tree.gitDir);

  expect(found.map(({ root }) => root).toSorted()).toEqual([
    `${tree.join("..")}/a\u00FFb`,
    linked.path,
    tree.join("../two\nlines"),
  ]);
  expect(found.find(({ root }) => root === linked.path)?.gitDir).toBe(linked.gitDir);
});

test("readLinkedWorktrees() takes a relative path, and leaves out what is none", () => {
  using dir = tempDir("linked");
  const links = { good: "../../../tree/.git\n", bad: "elsewhere\n", empty: "" };
  for (const [name, link] of Object.entries(links)) {
    mkdirSync(dir.join(`git/worktrees/${name}`), { recursive: true });
    writeFileSync(dir.join(`git/worktrees/${name}/gitdir`), link);
  }
  mkdirSync(dir.join("git/worktrees/unfinished"));
  mkdirSync(dir.join("git/worktrees/strange/gitdir"), { recursive: true });

  expect(readLinkedWorktrees(dir.join("git"))).toEqual([
    {
      gitDir: dir.join("git/worktrees/good"),
      root: dir.join("tree"),
      identity: expect.any(String),
    },
  ]);
  expect(readLinkedWorktrees(dir.join("nowhere"))).toEqual([]);
});

test("isReplaced() follows .git to the worktree's own git directory, and doubts only what is another's", () => {
  using tree = tempWorktree("linked", { files: { f: "1" } });
  const linked = tree.addLinked("linked");
  const other = tree.addLinked("other");
  symlinkSync(tree.path, tree.join("../link"));
  const own = readLinkedWorktrees(tree.gitDir).find(({ root }) => root === linked.path);
  const links = [
    `gitdir: ${linked.gitDir}\n`,
    "gitdir: ../tree/.git/worktrees/linked",
    `gitdir: ${tree.join("../link/.git/worktrees/linked")}\n`,
    "gitdir: nowhere\n",
    "no link",
    `gitdir: ${other.gitDir}\n`,
  ];

  const found = links.map((link) => {
    linked.write(".git", link);
    return own && isReplaced(own);
  });
  rmSync(linked.join(".git"));
  found.push(own && isReplaced(own));
  mkdirSync(linked.join(".git"));
  found.push(own && isReplaced(own));

  expect(found).toEqual([false, false, false, false, false, true, false, true]);
});
