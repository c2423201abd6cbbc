/** The linked worktrees of a repository, without git. */

import { mkdirSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { readLinkedWorktrees } from "../../src/git/linked-worktrees.ts";
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
