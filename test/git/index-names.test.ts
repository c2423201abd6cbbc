/** Names that the index holds and the disk does not. */

import { expect, test } from "bun:test";
import { mkdirSync, renameSync, rmSync, statSync } from "node:fs";

import { fileIdentity } from "../../src/base/file-identity.ts";
import { findMissing } from "../../src/git/index-names.ts";
import { tempWorktree, type TempWorktree } from "../support/temp-worktree.ts";

const FILES = { f: "", "a/f": "", "a/b/f": "", "a/b/g": "", "d/e/f": "", "-x": "", 'q\n"': "" };

function place(tree: TempWorktree): { root: string; gitDir: string } {
  return { root: tree.path, gitDir: tree.gitDir };
}

test("findMissing() names what is not in the directories it is given, and nothing else", async () => {
  using tree = tempWorktree("missing", { files: FILES });
  rmSync(tree.join("a/b"), { recursive: true });
  rmSync(tree.join("f"));
  const { paths } = await findMissing(place(tree), [
    { path: "", names: ["a", "d", "-x", 'q\n"'] },
    { path: "a", names: ["f"] },
  ]);
  expect(paths.toSorted()).toEqual(["a/b/f", "a/b/g", "f"]);
  // Of what is in other directories nobody asks.
  expect((await findMissing(place(tree), [{ path: "d", names: ["e"] }])).paths).toEqual([]);
});

test("findMissing() says which index it has read", async () => {
  using tree = tempWorktree("missing", { files: FILES });
  const { index } = await findMissing(place(tree), []);
  const isSame = (): boolean =>
    fileIdentity(statSync(index.path, { bigint: true })) === index.identity;
  expect(isSame()).toBe(true);
  tree.git("add", "--renormalize", ".");
  tree.git("rm", "--quiet", "f");
  expect(isSame()).toBe(false);
});

test("S3 a file outside the sparse checkout is not missing, also with a sparse index", async () => {
  using tree = tempWorktree("missing", { files: FILES });
  const names = [{ path: "", names: ["f", "-x", 'q\n"', "a"] }];
  tree.git("sparse-checkout", "set", "a");
  expect((await findMissing(place(tree), names)).paths).toEqual([]);
  tree.git("sparse-checkout", "reapply", "--sparse-index");
  expect((await findMissing(place(tree), names)).paths).toEqual([]);
});

test("P4 names that are not UTF-8 are found", async () => {
  using tree = tempWorktree("missing", { files: FILES });
  Bun.spawnSync(["sh", "-c", "> \"$(printf 'n\\377')\""], { cwd: tree.path });
  tree.git("add", "--all");
  const names = [{ path: "", names: ["a", "d", "f", "-x", 'q\n"'] }];
  expect((await findMissing(place(tree), names)).paths).toEqual(["n\xff"]);
});

test("findMissing() of a worktree that has gone is an error of git's", async () => {
  using tree = tempWorktree("missing", { files: FILES });
  renameSync(tree.gitDir, tree.join("away"));
  mkdirSync(tree.gitDir);
  expect(findMissing(place(tree), [])).rejects.toThrow("git");
});
