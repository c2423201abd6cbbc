/** Indexes as git has written them, in every form it writes, against what is known to be in them. */

import { expect, test } from "bun:test";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { BytePath } from "../../src/base/brands.ts";
import { readTrackedEntries } from "../../src/monitor/tracked-entries.ts";
import { runGit, tryRunGit } from "../support/run-git.ts";
import { tempDir } from "../support/temp-dir.ts";
import { openWorktree, tempWorktree, type TempWorktree } from "../support/temp-worktree.ts";

const FORMS = ["sha1", "sha256"].flatMap((hash) =>
  [2, 3, 4].map((version) => [hash, version] as const),
);

/** More than a chunk's worth: an entry ends in the next one. */
const MANY = 20_000;

function stage(tree: TempWorktree, paths: readonly string[]): void {
  const object = tree.git("hash-object", "-w", "/dev/null").toString().trim();
  const lines = paths.map((path) => `100644 ${object}\t${path}`);
  tryRunGit(tree.path, ["update-index", "--index-info"], { input: `${lines.join("\n")}\n` });
}

/** However long it takes. */
function isAnyBelow(tree: TempWorktree, ...directories: readonly string[]): boolean | undefined {
  const latin1 = directories.map((path) => Buffer.from(path).toString("latin1") as BytePath);
  const index = join(tree.gitDir, "index");
  return readTrackedEntries(index, latin1, Number.POSITIVE_INFINITY)?.isAnyBelow;
}

test.each(FORMS)(
  "readTrackedEntries() finds what is below, of %s in version %d",
  (hash, version) => {
    using folder = tempDir("tracked");
    runGit(folder.path, "init", "--quiet", `--object-format=${hash}`);
    const tree = openWorktree(folder.path);
    tree.git("config", "index.version", String(version));
    const many = Array.from({ length: MANY }, (_, i) => `d${i % 7}/${"long".repeat(i % 20)}${i}`);
    stage(tree, [...many, "d3-/f", "d3.x/f", "é/f", "z".repeat(4090), "zz/f"]);
    tree.write("y", "");
    tree.git("add", "--intent-to-add", "y");
    tree.git("update-index", `--index-version=${version}`);
    expect(isAnyBelow(tree)).toBe(false);
    for (const there of ["d0", "d3", "d6", "d3-", "d3.x", "é", "zz"]) {
      expect([there, isAnyBelow(tree, "0", there, "zzz")]).toEqual([there, true]);
      expect([there, isAnyBelow(tree, there)]).toEqual([there, true]);
    }
    const none = ["a", "d", "d3!", "d3/long", "d3-/f/g", "d7", "y", "z", "zzz", "é/f", "ê", "~"];
    for (const path of none) {
      expect([path, isAnyBelow(tree, path)]).toEqual([path, false]);
    }
    expect(isAnyBelow(tree, ...none)).toBe(false);
  },
);

test("readTrackedEntries() says nothing of an index that takes too long", () => {
  using tree = tempWorktree("tracked");
  stage(
    tree,
    Array.from({ length: MANY }, (_, i) => `${"d".repeat(100)}/${i}`),
  );
  expect(isAnyBelow(tree, "x")).toBe(false);
  const atOnce = Number.NEGATIVE_INFINITY;
  expect(readTrackedEntries(join(tree.gitDir, "index"), ["x" as BytePath], atOnce)).toBeUndefined();
});

test("readTrackedEntries() goes through directories in the order of the index, whatever theirs is", () => {
  using tree = tempWorktree("tracked", { files: { "a-b/f": "", "a/b/f": "", "a0/f": "" } });
  expect(isAnyBelow(tree, "a0x", "a/c", "a-c", "a")).toBe(true);
  expect(isAnyBelow(tree, "b", "a0x", "a/c", "a-c")).toBe(false);
  expect(isAnyBelow(tree, "b", "a0x", "a/c", "a-c", "a0")).toBe(true);
});

test("readTrackedEntries() says nothing of an index whose entries are elsewhere", () => {
  using tree = tempWorktree("tracked", { files: { "a/f": "", "b/f": "" } });
  tree.git("update-index", "--split-index");
  tree.write("c/f", "");
  tree.git("add", "c/f");
  expect(isAnyBelow(tree, "a")).toBeUndefined();
  expect(isAnyBelow(tree, "x")).toBeUndefined();
  tree.git("update-index", "--no-split-index");
  expect([isAnyBelow(tree, "a"), isAnyBelow(tree, "x")]).toEqual([true, false]);
});

test("readTrackedEntries() of a sparse index says nothing of what one entry stands for", () => {
  using tree = tempWorktree("tracked", {
    files: { "in/f": "", "out/deep/f": "", "out/x/f": "", f: "" },
  });
  tree.git("sparse-checkout", "set", "--cone", "--sparse-index", "in");
  expect(isAnyBelow(tree, "out/deep")).toBeUndefined();
  expect(isAnyBelow(tree, "out")).toBe(true);
  expect([isAnyBelow(tree, "in"), isAnyBelow(tree, "in/deep")]).toEqual([true, false]);
});

test("readTrackedEntries() takes a repository in or above a directory for something tracked there", () => {
  using tree = tempWorktree("tracked", { files: { f: "" } });
  const commit = tree.git("rev-parse", "HEAD").toString().trim();
  const add = (path: string): void =>
    void tree.git("update-index", "--add", "--cacheinfo", `160000,${commit},${path}`);
  add("a/sub");
  add("sub");
  expect(isAnyBelow(tree, "sub-", "sub0", "a/su", "a/sub0")).toBe(false);
  for (const path of ["sub", "sub/deep/er", "a/sub", "a/sub/deep", "a"]) {
    // What comes between them in the order of the index.
    expect([path, isAnyBelow(tree, "a/sub-", "sub-a", path)]).toEqual([path, true]);
  }
});

test("readTrackedEntries() says nothing where rules above are in the index only", () => {
  const files = { "a/.gitignore": "", "b/.gitignore": "", "a.gitignore": "", f: "" };
  using tree = tempWorktree("tracked", { files });
  tree.git("update-index", "--skip-worktree", "a/.gitignore", "a.gitignore");
  expect([isAnyBelow(tree, "a/x/y"), isAnyBelow(tree, "a/x")]).toEqual([undefined, undefined]);
  expect([isAnyBelow(tree, "b/x"), isAnyBelow(tree, "x")]).toEqual([false, false]);
  tree.write(".gitignore", "");
  tree.git("add", ".gitignore");
  tree.git("update-index", "--skip-worktree", ".gitignore");
  expect(isAnyBelow(tree, "x")).toBeUndefined();
});

test("readTrackedEntries() keeps to the index while files are in conflict", () => {
  using tree = tempWorktree("tracked", { files: { "a/f": "", g: "" } });
  const object = tree.git("hash-object", "-w", "/dev/null").toString().trim();
  const stages = [1, 2, 3].map((stageNumber) => `100644 ${object} ${stageNumber}\tb/f\n`);
  tryRunGit(tree.path, ["update-index", "--index-info"], { input: stages.join("") });
  expect([isAnyBelow(tree, "b"), isAnyBelow(tree, "c"), isAnyBelow(tree, "a")]).toEqual([
    true,
    false,
    true,
  ]);
});

test("readTrackedEntries() takes nothing for an index that is none, or only a part of one", () => {
  using tree = tempWorktree("tracked", { generated: { files: 500, directories: 20 } });
  const path = join(tree.gitDir, "index");
  const whole = readFileSync(path);
  for (let bytes = whole.length - 1; bytes > 0; bytes -= 997) {
    truncateSync(path, bytes);
    expect(isAnyBelow(tree, "zzz")).toBeUndefined();
  }
  for (const text of ["", "DIRC", "nonsense that is long enough", "DIRC\0\0\0\x05\0\0\0\0"]) {
    writeFileSync(path, text);
    expect(isAnyBelow(tree, "zzz")).toBeUndefined();
  }
  Bun.spawnSync(["rm", path]);
  Bun.spawnSync(["mkfifo", path]);
  expect(isAnyBelow(tree, "zzz")).toBeUndefined();
});
