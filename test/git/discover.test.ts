/** From any path to its repository, with real git. */

import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "bun:test";

import {
  discoverRepository,
  discoverWorktree,
  discoverWorktreesOf,
  existingFolder,
  parseWorktreeList,
} from "../../src/git/discover.ts";
import { runGit } from "../support/run-git.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";
import { rejection } from "../support/rejection.ts";

test("discoverRepository() finds the root from a subfolder, a file and a symlink", async () => {
  using tree = tempWorktree("discover", { files: { "a/b/file": "x" } });
  using elsewhere = tempDir("link");
  symlinkSync(tree.join("a"), elsewhere.join("link"));
  const worktree = { root: tree.path, gitDir: tree.gitDir };
  const expected = { commonDir: tree.gitDir, worktree, worktrees: [worktree] };

  for (const path of [tree.path, tree.join("a/b"), tree.join("a/b/file")]) {
    expect(await discoverRepository(path)).toEqual(expected);
  }
  expect(await discoverRepository(elsewhere.join("link"))).toEqual(expected);
  expect(await discoverRepository(elsewhere.join("link", "b"))).toEqual(expected);
});

test("discoverRepository() finds all worktrees from each of them", async () => {
  using tree = tempWorktree("discover", { files: { a: "a" } });
  const linked = tree.addLinked("linked");
  const odd = join(tree.path, "..", "odd \n'\"$(x) é");
  tree.git("worktree", "add", "--quiet", "-b", "odd", odd);
  const main = { root: tree.path, gitDir: tree.gitDir };
  const roots = [tree.path, linked.path, join(odd)];

  for (const root of roots) {
    const found = await discoverRepository(root);
    expect(found.commonDir).toBe(main.gitDir);
    expect(found.worktree.root).toBe(root);
    expect(found.worktrees.map((worktree) => worktree.root)).toEqual(roots);
  }
});

test("discoverRepository() skips worktrees that are gone", async () => {
  using tree = tempWorktree("discover", { files: { a: "a" } });
  const gone = tree.addLinked("gone");
  const stolen = tree.addLinked("stolen");
  rmSync(gone.path, { recursive: true });
  rmSync(stolen.path, { recursive: true });
  mkdirSync(stolen.path);
  runGit(stolen.path, "init", "--quiet");

  const found = await discoverRepository(tree.path);

  expect(found.worktrees.map(({ root }) => root)).toEqual([tree.path]);
});

test("discoverRepository() finds a submodule as a repository of its own", async () => {
  using library = tempWorktree("library", { files: { a: "a" } });
  using tree = tempWorktree("discover", { files: { b: "b" } });
  tree.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library.path, "sub");

  const found = await discoverRepository(tree.join("sub"));

  const gitDir = `${tree.gitDir}/modules/sub`;
  const worktree = { root: tree.join("sub"), gitDir };
  expect(found).toEqual({ commonDir: gitDir, worktree, worktrees: [worktree] });
  expect(await discoverWorktreesOf(gitDir, gitDir, [])).toEqual([worktree]);
});

test("discoverRepository() finds a worktree with a separate git directory", async () => {
  using folder = tempDir("discover");
  mkdirSync(folder.join("tree"));
  runGit(folder.join("tree"), "init", "--quiet", `--separate-git-dir=${folder.join("git")}`);

  const found = await discoverRepository(folder.join("tree"));

  const worktree = { root: folder.join("tree"), gitDir: folder.join("git") };
  expect(found).toEqual({ commonDir: folder.join("git"), worktree, worktrees: [worktree] });
});

test("discoverRepository() finds the worktrees of a bare repository, and refuses itself", async () => {
  using tree = tempWorktree("discover", { files: { a: "a" } });
  const bare = join(tree.path, "..", "bare.git");
  runGit(tree.path, "clone", "--quiet", "--bare", tree.path, bare);
  runGit(bare, "worktree", "add", "--quiet", "-b", "x", join(tree.path, "..", "x"));

  expect((await discoverRepository(join(tree.path, "..", "x"))).commonDir).toBe(bare);
  expect(await rejection(discoverRepository(bare))).toMatchObject({ code: "BARE_REPOSITORY" });
});

test("discoverRepository() refuses what is no worktree, each with its reason", async () => {
  using tree = tempWorktree("discover");
  using folder = tempDir("plain");
  const cases = [
    [folder.path, "it is not a git repository"],
    [folder.join("none"), "no such file or directory"],
    [tree.gitDir, "inside a git directory"],
    [`${tree.gitDir}/refs`, "inside a git directory"],
    [`${tree.gitDir}/HEAD`, "inside a git directory"],
  ] as const;

  for (const [path, reason] of cases) {
    const error: unknown = await discoverRepository(path).catch((error_: unknown) => error_);
    expect(error).toMatchObject({
      code: "NOT_A_REPOSITORY",
      message: expect.stringContaining(reason),
    });
  }
});

test("discoverRepository() refuses a root that is not UTF-8", async () => {
  using folder = tempDir("discover");
  const made = Bun.spawnSync(["sh", "-c", String.raw`mkdir "$(printf 'a\377')" && ln -s a* link`], {
    cwd: folder.path,
  });
  expect(made.exitCode).toBe(0);
  runGit(folder.path, "init", "--quiet", "link");

  expect(await rejection(discoverWorktree(folder.join("link")))).toMatchObject({
    code: "UNSUPPORTED_PATH",
  });
});

test("discoverRepository() is not misled by a GIT_DIR of the caller", async () => {
  using tree = tempWorktree("discover");
  using other = tempWorktree("other");
  process.env["GIT_DIR"] = other.gitDir;
  try {
    expect((await discoverRepository(tree.path)).commonDir).toBe(tree.gitDir);
  } finally {
    delete process.env["GIT_DIR"];
  }
});

test("discoverWorktreesOf() finds a main worktree that was moved", async () => {
  using tree = tempWorktree("discover");
  const moved = join(tree.path, "..", "moved");
  renameSync(tree.path, moved);

  const found = await discoverWorktreesOf(join(moved, ".git"), join(moved, ".git"), [tree.path]);

  expect(found).toEqual([{ root: moved, gitDir: join(moved, ".git") }]);
});

test("existingFolder() of a file is the folder it is in", () => {
  using folder = tempDir("discover");
  writeFileSync(folder.join("file"), "");

  expect(existingFolder(folder.join("file"))).toBe(folder.path);
});

test.each(["\0", "\n"] as const)("parseWorktreeList() reads entries closed by %j", (separator) => {
  const output = [
    ["worktree /main", "HEAD 1", "branch refs/heads/main"],
    ["worktree /linked", "HEAD 2", "detached", "locked reason"],
    ["worktree /gone", "HEAD 3", "detached", "prunable gitdir file points nowhere"],
  ]
    .map((fields) => fields.map((field) => field + separator).join("") + separator)
    .join("");

  expect(parseWorktreeList(Buffer.from(output), separator)).toEqual(["/main", "/linked"]);
});

test("parseWorktreeList() skips a path that is not UTF-8", () => {
  const output = Buffer.from("worktree /a\0\0worktree /\xff\0\0", "latin1");

  expect(parseWorktreeList(output, "\0")).toEqual(["/a"]);
});

test("discoverWorktreesOf() passes over a worktree whose folder above became a file", async () => {
  using tree = tempWorktree("discover");
  using elsewhere = tempDir("elsewhere");
  mkdirSync(elsewhere.join("a"));
  tree.git("worktree", "add", "--quiet", "-b", "linked", elsewhere.join("a/linked"));
  rmSync(elsewhere.join("a"), { recursive: true });
  writeFileSync(elsewhere.join("a"), "");
  const found = await discoverWorktreesOf(tree.gitDir, tree.gitDir, [elsewhere.join("a/linked")]);
  expect(found.map(({ root }) => root)).toEqual([tree.path]);
});
