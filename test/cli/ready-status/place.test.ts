import { expect, test } from "bun:test";
import { chownSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";

import { findPlace } from "../../../src/cli/ready-status/place.ts";
import { readyFile } from "../../support/ready-made.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

const FOLDER = "/h/run/status";

test("findPlace() finds root, git directory and file from every folder below", () => {
  using tree = tempWorktree("place", { files: { "d/é/f": "" } });
  const file = readyFile("/h", tree);
  const { path: root, gitDir } = tree;

  expect(findPlace(root, FOLDER)).toEqual({ root, gitDir, folder: "", file });
  expect(findPlace(tree.join("d"), FOLDER)).toMatchObject({ root, folder: "d", file });
  expect(findPlace(tree.join("d/é"), FOLDER)).toMatchObject({ folder: "d/\xc3\xa9", file });
});

test("findPlace() follows the link of a linked worktree and of a submodule", () => {
  using tree = tempWorktree("place", { files: { f: "" } });
  using linked = tree.addLinked("linked");
  const named = findPlace(linked.path, FOLDER);

  expect(named?.file).toBe(readyFile("/h", linked));
  writeFileSync(linked.join(".git"), "gitdir: ../tree/.git/worktrees/linked\n");
  expect(findPlace(linked.path, FOLDER)).toMatchObject({ root: linked.path, file: named?.file });
});

test("findPlace() finds the nearest of several repositories", () => {
  using tree = tempWorktree("place", { directories: ["inner"] });
  tree.git("init", "--quiet", "inner");

  expect(findPlace(tree.join("inner"), FOLDER)).toMatchObject({ root: tree.join("inner") });
});

test("findPlace() finds nothing outside, in a git directory, and below a bare repository", () => {
  using dir = tempDir("place");
  using tree = tempWorktree("place", { directories: ["bare/below", "HEAD/below"] });
  tree.git("init", "--quiet", "--bare", "bare");

  for (const folder of [
    dir.path,
    "/",
    tree.gitDir,
    `${tree.gitDir}/refs/heads`,
    tree.join("bare"),
    tree.join("bare/below"),
    tree.join("nowhere"),
    tree.join("\uFFFD"),
  ]) {
    expect([folder, findPlace(folder, FOLDER)]).toEqual([folder, undefined]);
  }
  // A file HEAD in the root is nothing to git.
  expect(findPlace(tree.join("HEAD/below"), FOLDER)).toMatchObject({ folder: "HEAD/below" });
});

test("findPlace() leaves it to git where .git is none", () => {
  using tree = tempWorktree("place", { directories: ["d"] });
  const { gitDir } = tree;
  const isFound = (): boolean => findPlace(tree.path, FOLDER) !== undefined;

  for (const name of ["HEAD", "objects", "refs"]) {
    renameSync(`${gitDir}/${name}`, `${gitDir}/away`);
    expect([name, isFound()]).toEqual([name, false]);
    renameSync(`${gitDir}/away`, `${gitDir}/${name}`);
  }
  expect(isFound()).toBe(true);
  renameSync(gitDir, tree.join("g"));
  for (const content of ["gitdir: nowhere\n", "gitdir:", "", "gitdir: d\n"]) {
    writeFileSync(gitDir, content);
    expect([content, isFound()]).toEqual([content, false]);
  }
  writeFileSync(gitDir, `gitdir: ${tree.join("g")}\r\n`);
  expect(isFound()).toBe(true);
  rmSync(gitDir);
  symlinkSync("g", gitDir);
  expect(isFound()).toBe(true);
  rmSync(gitDir);
  mkdirSync(gitDir);
  expect(isFound()).toBe(false);
  rmSync(gitDir, { recursive: true });
  // Who read it would wait for ever.
  Bun.spawnSync(["mkfifo", gitDir]);
  expect(isFound()).toBe(false);
});

test.skipIf(process.geteuid?.() !== 0)("findPlace() leaves other users' worktrees to git", () => {
  using tree = tempWorktree("place");
  for (const path of [tree.path, tree.gitDir]) {
    chownSync(path, 12_345, 12_345);
    expect(findPlace(tree.path, FOLDER)).toBeUndefined();
    chownSync(path, 0, 0);
  }
  expect(findPlace(tree.path, FOLDER)).toBeDefined();
});
