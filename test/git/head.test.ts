/** The file HEAD, as git leaves it, and as nobody should. */

import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { readHead } from "../../src/git/head.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

test("readHead() has the branch, also before its first commit", () => {
  using tree = tempWorktree("head", { isCommitted: false });

  expect(readHead(tree.gitDir)).toEqual({ branch: "main", commit: null });
  tree.git("checkout", "--quiet", "-b", "feature/größe");
  expect(readHead(tree.gitDir)).toEqual({
    branch: Buffer.from("feature/größe").toString("latin1"),
    commit: null,
  });
});

test("readHead() has the commit where HEAD is detached, and looks at one worktree", () => {
  using tree = tempWorktree("head", { files: { a: "1\n" } });
  using linked = tree.addLinked("linked");
  const commit = tree.git("rev-parse", "HEAD").toString().trim();
  tree.git("checkout", "--quiet", "--detach");

  expect(readHead(tree.gitDir)).toEqual({ branch: null, commit });
  expect(readHead(linked.gitDir)).toEqual({ branch: "linked", commit: null });
});

test.each(["", "ref: refs/heads/", "ref: refs/heads/.invalid", "ref: refs/tags/a", "0123", "x\ny"])(
  "readHead() does not know what %j means",
  (content) => {
    using folder = tempDir("head");
    writeFileSync(folder.join("HEAD"), content);

    expect(readHead(folder.path)).toBeUndefined();
  },
);

test("readHead() waits for nothing, and fails at nothing", () => {
  using folder = tempDir("head");
  const head = folder.join("HEAD");

  expect(readHead(folder.path)).toBeUndefined();
  Bun.spawnSync(["mkfifo", head]);
  expect(readHead(folder.path)).toBeUndefined();
  rmSync(head);
  mkdirSync(head);
  expect(readHead(folder.path)).toBeUndefined();
  rmSync(head, { recursive: true });
  symlinkSync("HEAD", head);
  expect(readHead(folder.path)).toBeUndefined();
});
