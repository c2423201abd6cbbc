/** What need not be watched, by git's own word. */

import { expect, spyOn, test } from "bun:test";
import { mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";

import { SCOPE_CANDIDATES_MAX } from "../../src/base/limits.ts";
import { findScope, findScopeAmong, type Scope } from "../../src/git/scope.ts";
import { type TempWorktree, tempWorktree } from "../support/temp-worktree.ts";

async function scopeOf(tree: TempWorktree): Promise<Scope> {
  return findScope({ root: tree.path, gitDir: tree.gitDir, commonDir: tree.gitDir });
}

async function scopeAmong(
  tree: TempWorktree,
  candidates: readonly string[],
): Promise<Scope | undefined> {
  return findScopeAmong(
    { root: tree.path, gitDir: tree.gitDir, commonDir: tree.gitDir },
    candidates,
  );
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

test("findScopeAmong() takes of the candidates what findScope() would, and depends on the same", async () => {
  using tree = tempWorktree("scope", {
    files: {
      ".gitignore": "build/\n*.d\n!keep.d\n",
      "a/.gitignore": "local\n",
      "build/tracked/f": "",
      "a/f": "",
      "q/f": "",
    },
    directories: [
      "build/out/deep",
      "x.d/y",
      "keep.d/z",
      "a/local/q",
      "a/b/c/deep.d/x",
      "a/b/c/unasked.d/x",
      "b/local/q",
      "q/r/s/*.d/x",
    ],
  });
  tree.git("add", "--force", "build/tracked/f");

  const found = await scopeAmong(tree, [
    "build",
    "build/out",
    "build/tracked",
    "a/b/c/deep.d",
    "a/b/c",
    "keep.d",
    "q/r/s/*.d",
    "gone",
    "gone/below",
    "q/f",
    "../outside",
    "",
  ]);

  const whole = await scopeOf(tree);
  expect(found).toEqual({ ...whole, excluded: expect.any(Array) });
  expect(found?.excluded.toSorted()).toEqual([
    "a/b/c/deep.d",
    "a/local",
    "build/out",
    "q/r/s/*.d",
    "x.d",
  ]);
  expect(whole.excluded).toEqual(expect.arrayContaining([...(found?.excluded ?? [])]));
});

test("findScopeAmong() leaves links, and what is behind them or in another repository", async () => {
  using tree = tempWorktree("scope", {
    files: { ".gitignore": "out\n" },
    directories: ["real/out/x", "nested/a/out/x"],
  });
  symlinkSync("real", tree.join("link"));
  symlinkSync("real/out", tree.join("out"));
  tree.git("init", "--quiet", "nested");
  tree.git("-C", "nested", "commit", "--quiet", "--allow-empty", "--message=start");
  const candidates = ["link/out", "out", "nested/a/out", "real/out"];
  expect((await scopeAmong(tree, candidates))?.excluded).toEqual(["real/out"]);
  tree.git("add", "nested");
  expect((await scopeAmong(tree, candidates))?.excluded).toEqual(["real/out"]);
});

test("findScopeAmong() leaves a directory that only happens to hold nothing but ignored files", async () => {
  using tree = tempWorktree("scope", { files: { ".gitignore": "*.o\nout/\n" } });
  for (const path of ["build/sub/y.o", "out/x/z.o"]) {
    tree.write(path, "");
  }
  expect((await scopeAmong(tree, ["build/sub", "build", "out"]))?.excluded).toEqual(["out"]);
});

test("findScopeAmong() looks at two levels by itself, and not behind what a rule names", async () => {
  using tree = tempWorktree("scope", {
    files: { ".gitignore": "node_modules\nodd*\n" },
    directories: ["node_modules/a/node_modules", "web/node_modules/a", "web/app/node_modules"],
  });
  Bun.spawnSync(["sh", "-c", "mkdir -p \"$(printf 'odd\\377')/x\""], { cwd: tree.path });
  expect((await scopeAmong(tree, []))?.excluded.toSorted()).toEqual([
    "node_modules",
    "web/node_modules",
  ]);
});

test("findScopeAmong() is no shortcut for names that are not UTF-8, or too many", async () => {
  using tree = tempWorktree("scope");
  expect(await scopeAmong(tree, ["odd\xff"])).toBeUndefined();
  const many = Array.from({ length: SCOPE_CANDIDATES_MAX + 1 }, (_, i) => `d${i}`);
  expect(await scopeAmong(tree, many)).toBeUndefined();
});

test("findScopeAmong() asks about more than one command line holds", async () => {
  const names = Array.from({ length: 400 }, (_, i) => `d/e/${String(i).padStart(200, "x")}`);
  using tree = tempWorktree("scope", {
    files: { ".gitignore": "x*\n" },
    directories: names,
  });
  expect((await scopeAmong(tree, names))?.excluded.toSorted()).toEqual(names.toSorted());
});
