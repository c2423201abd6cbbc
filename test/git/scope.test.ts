/** What need not be watched, by git's own word. */

import { expect, spyOn, test } from "bun:test";
import { mkdirSync, statSync, writeFileSync } from "node:fs";

import { findScope, type Scope } from "../../src/git/scope.ts";
import { type TempWorktree, tempWorktree } from "../support/temp-worktree.ts";

async function scopeOf(tree: TempWorktree): Promise<Scope> {
  return findScope({ root: tree.path, gitDir: tree.gitDir, commonDir: tree.gitDir });
}

test("findScope() names ignored directories without tracked files, and no others", async () => {
  using tree = tempWorktree("scope", {
    files: {
      ".gitignore": "build/\n*.d\n!keep.d\n",
      "a/.gitignore": "local\n",
      "build/tracked/f": "",
      "a/f": "",
    },
    directories: ["build/out/deep", "build/empty", "x.d/y", "keep.d/z", "a/local/q", "b/local/q"],
  });
  // `add --all` passes over what is ignored, so the file in `build` needs force.
  tree.git("add", "--force", "build/tracked/f");
  expect((await scopeOf(tree)).excluded.toSorted()).toEqual([
    "a/local",
    "build/empty",
    "build/out",
    "x.d",
  ]);
});

test("findScope() leaves a directory that only happens to hold nothing but ignored files", async () => {
  using tree = tempWorktree("scope", {
    files: { ".gitignore": "*.o\nout/\n" },
    directories: ["build/sub", "out/x"],
  });
  for (const path of ["build/x.o", "build/sub/y.o", "out/x/z.o"]) {
    tree.write(path, "");
  }
  expect((await scopeOf(tree)).excluded).toEqual(["out"]);
});

test("findScope() takes info/exclude, and not the user's own excludes file", async () => {
  using tree = tempWorktree("scope", { directories: ["mine/x", "ours/x"] });
  writeFileSync(`${tree.gitDir}/info/exclude`, "ours\n");
  writeFileSync(tree.join("../excludes"), "mine\n");
  tree.git("config", "core.excludesFile", tree.join("../excludes"));
  expect((await scopeOf(tree)).excluded).toEqual(["ours"]);
});

test("findScope() keeps names that are not UTF-8", async () => {
  using tree = tempWorktree("scope", { files: { ".gitignore": "odd*\n" } });
  Bun.spawnSync(["sh", "-c", "mkdir -p \"$(printf 'odd\\377')/x\""], { cwd: tree.path });
  expect((await scopeOf(tree)).excluded).toEqual(["odd\xff"]);
});

test("findScope() depends on the index and on the rules outside the tree", async () => {
  using tree = tempWorktree("scope", { files: { f: "" } });
  const before = await scopeOf(tree);
  expect([before.index, ...before.rules].map(({ path }) => path)).toEqual([
    `${tree.gitDir}/index`,
    `${tree.gitDir}/info/exclude`,
  ]);
  mkdirSync(tree.join("new"));
  writeFileSync(tree.join("new/f"), "");
  tree.git("add", "new");
  const after = await scopeOf(tree);
  expect(after.index.identity).not.toBe(before.index.identity);
  expect(after.rules).toEqual(before.rules);
});

test("findScope() after the clock was set back by a moment waits until that has passed", async () => {
  using tree = tempWorktree("scope");
  const path = `${tree.gitDir}/info/exclude`;
  mkdirSync(`${tree.gitDir}/info`, { recursive: true });
  writeFileSync(path, "a\n");
  const changedMs = Math.floor(statSync(path).ctimeMs);
  const looks: number[] = [];
  using clock = spyOn(Date, "now").mockImplementation(() => {
    looks.push(0);
    return looks.length === 1 ? changedMs - 50 : changedMs + 5_000;
  });
  const { rules } = await scopeOf(tree);
  expect(clock).toHaveBeenCalledTimes(2);
  expect(rules[0]?.identity).not.toBe("unsettled");
});

test("findScope() after the clock was set back by an hour does not wait for it", async () => {
  using tree = tempWorktree("scope");
  const path = `${tree.gitDir}/info/exclude`;
  mkdirSync(`${tree.gitDir}/info`, { recursive: true });
  writeFileSync(path, "a\n");
  const hourAgoMs = statSync(path).ctimeMs - 3_600_000;
  using clock = spyOn(Date, "now").mockReturnValue(hourAgoMs);
  const { rules } = await scopeOf(tree);
  expect(clock).toHaveBeenCalledTimes(1);
  expect(rules[0]?.identity).not.toBe("unsettled");
});
