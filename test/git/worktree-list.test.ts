/** All worktrees, as git knows them. */

import { rmSync } from "node:fs";
import { dirname } from "node:path";

import { expect, test } from "bun:test";

import { listKnownWorktrees, parseKnownWorktrees } from "../../src/git/worktree-list.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

test("listKnownWorktrees() has each in every state", async () => {
  using tree = tempWorktree("list", { files: { f: "1" } });
  const place = dirname(tree.path);
  tree.git("worktree", "add", "--quiet", "--detach", `${place}/apart`);
  tree.git("worktree", "lock", "--reason", "two\nlines", `${place}/apart`);
  tree.git("worktree", "add", "--quiet", "-b", "x/é", `${place}/new\nline`);
  rmSync(tree.addLinked("gone").path, { recursive: true });
  const commit = tree.git("rev-parse", "HEAD").toString().trim();
  const plain = { commit, isBare: false, lockReason: null, isPrunable: false };

  expect(await listKnownWorktrees(tree.gitDir)).toEqual([
    { ...plain, root: tree.path, branch: "main" },
    { ...plain, root: `${place}/apart`, branch: null, lockReason: "two\nlines" },
    { ...plain, root: `${place}/gone`, branch: "gone", isPrunable: true },
    { ...plain, root: `${place}/new\nline`, branch: "x/\u00C3\u00A9" },
  ]);
});

test("listKnownWorktrees() knows where the main worktree of a submodule is", async () => {
  using inner = tempWorktree("list", { files: { f: "1" } });
  using outer = tempWorktree("list");
  outer.git("-c", "protocol.file.allow=always", "submodule", "add", "--quiet", inner.path, "sub");

  expect(await listKnownWorktrees(`${outer.gitDir}/modules/sub`)).toMatchObject([
    { root: outer.join("sub"), branch: "main" },
  ]);
});

test("parseKnownWorktrees() reads what a git before 2.36 prints, and one without commits", () => {
  const text = `worktree /bare\nbare\n\nworktree /new\nHEAD ${"0".repeat(40)}\nbranch refs/heads/b\nlocked\n\n`;

  expect(parseKnownWorktrees(Buffer.from(text), "\n")).toEqual([
    {
      root: "/bare",
      commit: null,
      branch: null,
      isBare: true,
      lockReason: null,
      isPrunable: false,
    },
    { root: "/new", commit: null, branch: "b", isBare: false, lockReason: "", isPrunable: false },
  ]);
  expect(parseKnownWorktrees(Buffer.from("noise\n"), "\n")).toEqual([]);
});
