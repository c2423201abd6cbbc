/**
 * What git's own t7527-builtin-fsmonitor.sh does to a working tree, with gity in the place of git's
 * daemon: after each of its operations status is compared with the oracle, in every combination of
 * untracked cache and monitor. Operations at which git 2.55's daemon fails on Linux are among them.
 */

import { expect, test } from "bun:test";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";

import { tempDir } from "../support/temp-dir.ts";
import { type WatchedWorktree, watchedWorktree } from "../support/watched-worktree.ts";
import { gityHome } from "../support/gity-home.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import { runGit } from "../support/run-git.ts";
import type { TempWorktree } from "../support/temp-worktree.ts";

const FILES: Readonly<Record<string, string>> = {
  tracked: "",
  modified: "",
  delete: "",
  rename: "",
  "dir1/tracked": "",
  "dir1/modified": "",
  "dir1/delete": "",
  "dir1/rename": "",
  "dir2/tracked": "",
  "dir2/modified": "",
  "dir2/delete": "",
  "dir2/rename": "",
  "dirtorename/a": "",
  "dirtorename/b": "",
  "T1/F1": "1",
  "T1/F2": "2",
  "T1/T2/F1": "1",
  "T1/T2/F2": "2",
  "T1/T2/T3/F1": "1",
  "T1/T2/T3/F2": "2",
  "T1/T2/T3/T4/F1": "1",
  "T1/T2/T3/T4/F2": "2",
};

type Operation = (tree: TempWorktree) => void;

/** By the names of the functions in t7527. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  edit_files: (tree) => {
    for (const path of ["modified", "dir1/modified", "dir2/modified"]) {
      writeFileSync(tree.join(path), "1");
    }
    tree.write("dir1/untracked", "1");
  },
  create_files: (tree) => {
    for (const path of ["new", "dir1/new", "dir2/new"]) {
      writeFileSync(tree.join(path), "1");
    }
  },
  delete_files: (tree) => {
    for (const path of ["delete", "dir1/delete", "dir2/delete"]) {
      rmSync(tree.join(path));
    }
  },
  rename_files: (tree) => {
    for (const path of ["rename", "dir1/rename", "dir2/rename"]) {
      renameSync(tree.join(path), tree.join(`${path}d`));
    }
  },
  rename_directory: (tree) => {
    renameSync(tree.join("dirtorename"), tree.join("dirrenamed"));
  },
  rename_directory_file: (tree) => {
    renameSync(tree.join("dirtorename"), tree.join("dirrenamed"));
    writeFileSync(tree.join("dirrenamed/new"), "1");
  },
  file_to_directory: (tree) => {
    rmSync(tree.join("delete"));
    tree.write("delete/new", "1");
  },
  directory_to_file: (tree) => {
    rmSync(tree.join("dir1"), { recursive: true });
    writeFileSync(tree.join("dir1"), "1");
  },
  move_directory_contents_deeper: (tree) => {
    mkdirSync(tree.join("T1/_new_"));
    for (const name of ["F1", "F2", "T2"]) {
      renameSync(tree.join("T1", name), tree.join("T1/_new_", name));
    }
  },
  move_directory_up: (tree) => {
    renameSync(tree.join("T1/T2/T3"), tree.join("T1/T3"));
  },
  move_directory: (tree) => {
    renameSync(tree.join("T1/T2/T3"), tree.join("T1/T2/NewT3"));
  },
  rapid_nested_directory_creation: (tree) => {
    for (let i = 0; i < 20; i += 1) {
      tree.write(`rapid/${i}/a/b/c/d/e/f/g/file`, "1");
    }
  },
  // At these git 2.55's own daemon fails on Linux.
  edit_below_a_renamed_and_committed_directory: (tree) => {
    renameSync(tree.join("T1"), tree.join("T9"));
    tree.git("add", "--all");
    tree.git("commit", "--quiet", "--message=moved");
    writeFileSync(tree.join("T9/T2/T3/F1"), "changed");
  },
  move_a_directory_out: (tree) => {
    renameSync(tree.join("dir2"), tree.join("../out"));
    writeFileSync(tree.join("modified"), "after it left");
  },
  swap_untracked_directories: (tree) => {
    tree.write("one/a/f", "1");
    tree.write("two/b/g", "2");
    tree.git("status");
    renameSync(tree.join("one"), tree.join("third"));
    renameSync(tree.join("two"), tree.join("one"));
    renameSync(tree.join("third"), tree.join("two"));
  },
};

function reset({ tree }: WatchedWorktree): void {
  tree.git("reset", "--quiet", "--hard", "start");
  tree.git("clean", "--quiet", "-fdx");
}

test.each(["true", "false"])("the matrix of t7527, with core.untrackedCache=%s", async (cache) => {
  await using watched = await watchedWorktree("matrix", { files: FILES });
  const { tree } = watched;
  tree.git("tag", "start");
  tree.git("config", "core.untrackedCache", cache);
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    reset(watched);
    rmSync(tree.join("../out"), { recursive: true, force: true });
    watched.check();
    operation(tree);
    try {
      watched.check();
      watched.check();
    } catch (error) {
      throw new Error(`after ${name}`, { cause: error });
    }
  }
});

test("t7527: a worktree with a .git file", async () => {
  await using watched = await watchedWorktree("linked", { files: FILES });
  const { tree, home } = watched;
  const linked = tree.addLinked("linked");
  await home.register(linked.path);
  expectStatusMatchesOracle(linked.path);
  for (const operation of ["edit_files", "rename_directory", "file_to_directory"]) {
    OPERATIONS[operation]?.(linked);
    expectStatusMatchesOracle(linked.path);
    expectStatusMatchesOracle(tree.path);
  }
});

test.each(["u_c3_a6__\u{C3}\u{A6}", "u_e99fad__\u97AD", "e\u0301", "\u00E9"])(
  "t7527: unicode in the path of the worktree: %s",
  async (name) => {
    using dir = tempDir("unicode");
    await using home = await gityHome();
    const root = dir.join(name);
    mkdirSync(root);
    runGit(root, "init", "--quiet", "--initial-branch=main");
    writeFileSync(`${root}/f`, "1");
    runGit(root, "add", "f");
    runGit(root, "commit", "--quiet", "--message=start");
    await home.register(root);
    expectStatusMatchesOracle(root);
    // Two spellings of one letter are two names here.
    writeFileSync(`${root}/e\u0301`, "decomposed");
    writeFileSync(`${root}/\u00E9`, "composed");
    expectStatusMatchesOracle(root);
    renameSync(`${root}/e\u0301`, `${root}/f`);
    expectStatusMatchesOracle(root);
  },
);

test("t7527: names that differ in case only are different", async () => {
  await using watched = await watchedWorktree("case", {
    files: { "abc/def/file": "1", FILE: "1" },
  });
  const { tree } = watched;
  renameSync(tree.join("abc"), tree.join("ABC"));
  watched.check();
  renameSync(tree.join("ABC/def"), tree.join("ABC/DEF"));
  writeFileSync(tree.join("ABC/DEF/file"), "2");
  watched.check();
  renameSync(tree.join("FILE"), tree.join("file"));
  watched.check();
  expect(watched.status()).toContain("ABC/");
});

test("t7527: git submodule absorbgitdirs while gity watches both", async () => {
  await using watched = await watchedWorktree("absorb", { files: FILES });
  const { tree, home } = watched;
  const sub = tree.join("sub");
  runGit(tree.path, "init", "--quiet", "--initial-branch=main", sub);
  writeFileSync(`${sub}/f`, "1");
  runGit(sub, "add", "f");
  runGit(sub, "commit", "--quiet", "--message=sub");
  tree.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "./sub", "sub");
  tree.git("commit", "--quiet", "--message=with sub");
  await home.register(sub);
  watched.check();
  tree.git("submodule", "--quiet", "absorbgitdirs");
  watched.check();
  writeFileSync(`${sub}/f`, "2");
  watched.check();
  expectStatusMatchesOracle(sub);
  expect(watched.status()).toContain("sub");
});
