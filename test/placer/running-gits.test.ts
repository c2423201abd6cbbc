/** Which gits of this machine may write an index. */

import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmdirSync, symlinkSync, writeFileSync } from "node:fs";

import { findRunningGit, hiddenBecause } from "../../src/placer/running-gits.ts";
import { eventually } from "../support/eventually.ts";
import { GIT } from "../support/run-git.ts";
import { tempWorktree, type TempWorktree } from "../support/temp-worktree.ts";

interface Running extends AsyncDisposable {
  readonly pid: number;
}

/** It lives until its input ends. */
function running(
  cwd: string,
  words: readonly string[] = ["hash-object", "--stdin"],
  environment: Readonly<Record<string, string>> = {},
  program = GIT,
): Running {
  const child = Bun.spawn([program, ...words], {
    cwd,
    env: { ...process.env, ...environment },
    stdin: "pipe",
    stdout: "ignore",
    stderr: "inherit",
  });
  return {
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      await child.stdin.end();
      await child.exited;
    },
  };
}

function place({ path: root, gitDir }: TempWorktree) {
  return { root, gitDir, commonDir: gitDir };
}

/** Other tests' gits come and go; this one stays. One that has just begun has no environment yet, and is in doubt. */
async function isSeen(tree: TempWorktree, { pid }: Running): Promise<boolean> {
  await eventually(() => readFileSync(`/proc/${pid}/environ`, "utf8") !== "");
  let seen = 0;
  return eventually(() => {
    const found = findRunningGit(place(tree));
    seen = found === undefined ? seen + 1 : 0;
    return (found === pid && "seen") || (seen === SURE && "not seen");
  }).then((word) => word === "seen");
}

/** Looks in a row without any git: it has been started by then. */
const SURE = 5;

test("findRunningGit() finds one in the worktree, below it, and in the git directory", async () => {
  using tree = tempWorktree("running", { files: { "d/f": "1" } });
  for (const folder of [tree.path, tree.join("d"), tree.gitDir]) {
    await using git = running(folder);
    // oxlint-disable-next-line no-await-in-loop -- One at a time.
    expect(await isSeen(tree, git)).toBe(true);
  }
});

test("findRunningGit() finds none elsewhere: in another repository, and in none", async () => {
  using tree = tempWorktree("running", { files: { f: "1" } });
  using other = tempWorktree("running", { files: { "d/f": "1" } });
  for (const folder of [other.path, other.join("d"), "/"]) {
    await using git = running(folder);
    // oxlint-disable-next-line no-await-in-loop
    expect(await isSeen(tree, git)).toBe(false);
  }
});

test("findRunningGit() takes one for ours that is told of this repository, or of it knows not which", async () => {
  using tree = tempWorktree("running", { files: { f: "1" } });
  const object = ["hash-object", "--stdin"];
  const told: readonly (readonly [readonly string[], Record<string, string>])[] = [
    [object, { GIT_DIR: tree.gitDir }],
    [object, { GIT_INDEX_FILE: `${tree.gitDir}/index` }],
    [object, { GIT_DIR: "relative/.git" }],
    [object, { GIT_INDEX_FILE: "../tree/.git/index" }],
    [[`--git-dir=${tree.gitDir}`, ...object], {}],
    [["--git-dir", tree.gitDir, ...object], {}],
    [[`--work-tree=${tree.path}`, `--git-dir=${tree.gitDir}`, ...object], {}],
  ];
  for (const [words, environment] of told) {
    // A git that does not find its repository still reads what it is given.
    await using git = running("/", words, environment);
    // oxlint-disable-next-line no-await-in-loop
    expect([words, environment, await isSeen(tree, git)]).toEqual([words, environment, true]);
  }
});

test("findRunningGit() knows of one that is told of another repository that it is elsewhere", async () => {
  using tree = tempWorktree("running", { files: { f: "1" } });
  using other = tempWorktree("running", { files: { f: "1" } });
  await using git = running("/", [`--git-dir=${other.gitDir}`, "hash-object", "--stdin"], {
    GIT_INDEX_FILE: `${other.gitDir}/another-index`,
  });
  expect(await isSeen(tree, git)).toBe(false);
});

test("findRunningGit() knows what git tells its own children elsewhere", async () => {
  using tree = tempWorktree("running", { files: { f: "1" } });
  using other = tempWorktree("running", { files: { f: "1" } });
  const environment = { GIT_DIR: ".git", GIT_INDEX_FILE: ".git/index.stash.7" };
  await using git = running(other.path, ["hash-object", "--stdin"], environment);
  expect(await isSeen(tree, git)).toBe(false);
});

test("findRunningGit() does not mind one whose directory was removed, unless it was one of ours", async () => {
  using tree = tempWorktree("running", { files: { f: "1" } });
  using other = tempWorktree("running", { files: { f: "1" } });
  for (const [path, isOurs] of [
    [other.join("gone"), false],
    [tree.join("gone"), true],
  ] as const) {
    mkdirSync(path);
    // git itself would complain of it if it had not got so far; this is called the same.
    writeFileSync(other.join("git"), "#!/bin/sh\nread line\n", { mode: 0o755 });
    await using git = running(path, [], {}, other.join("git"));
    // oxlint-disable-next-line no-await-in-loop -- One at a time.
    await eventually(() => readFileSync(`/proc/${git.pid}/comm`, "utf8") === "git\n");
    rmdirSync(path);
    // oxlint-disable-next-line no-await-in-loop
    expect(await isSeen(tree, git)).toBe(isOurs);
  }
});

test("findRunningGit() is not led astray by a link to the repository", async () => {
  using tree = tempWorktree("running", { files: { f: "1" } });
  using other = tempWorktree("running");
  mkdirSync(other.join("linked"));
  symlinkSync(tree.gitDir, other.join("linked/.git"));
  await using git = running(other.join("linked"));
  expect(await isSeen(tree, git)).toBe(true);
});

test("findRunningGit() finds one in another worktree of the same repository: they share the configuration", async () => {
  using tree = tempWorktree("running", { files: { f: "1" } });
  using linked = tree.addLinked("linked");
  await using git = running(tree.path);
  expect(
    await eventually(
      () => findRunningGit({ ...place(linked), commonDir: tree.gitDir }) === git.pid,
    ),
  ).toBe(true);
});

test("findRunningGit() does not mind a git that stays for as long as an editor does", async () => {
  using tree = tempWorktree("running", { files: { f: "1" } });
  await using git = running(tree.path, ["cat-file", "--batch"]);
  expect(await isSeen(tree, git)).toBe(false);
});

test("hiddenBecause() has nothing to say on a machine whose processes are all to be seen", () => {
  const reason = hiddenBecause();
  // In a container it has, and then nothing is placed.
  expect([undefined, "there may be processes outside of this container"]).toContain(reason);
});
