/** When a `.git` makes a repository of its directory, and what is told until then. */

import { expect, test } from "bun:test";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";

import type { BytePath, WatchDescriptor } from "../../src/base/brands.ts";
import { NESTED_CHECKS_MAX } from "../../src/base/limits.ts";
import type { ChangeSink } from "../../src/watch/backend.ts";
import { DirectoryTree } from "../../src/watch/directory-tree.ts";
import { NestedRepositories, nestedState } from "../../src/watch/nested-repositories.ts";
import { runGit } from "../support/run-git.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";

function stateOf(root: TempDir, directory: string): string {
  return nestedState(root.path as BytePath, root.join(directory) as BytePath);
}

/** The list for a tree with one directory, `sub`, and what it reports. */
function listed(root: TempDir) {
  const tree = new DirectoryTree(1 as WatchDescriptor);
  const reported: string[] = [];
  const sink = {
    entryChanged: (path: string) => reported.push(path),
    coneChanged: (path: string) => reported.push(`${path}/`),
    listingChanged: (path: string) => reported.push(`list:${path}`),
  } as unknown as ChangeSink;
  const nested = new NestedRepositories(root.path, tree, sink);
  return {
    tree,
    nested,
    sub: tree.add(tree.root, "sub", 2 as WatchDescriptor),
    report: () => {
      reported.length = 0;
      nested.report();
      return [...reported];
    },
  };
}

const SUB = ["sub", "sub/", "list:sub"];

test("E7 nestedState() follows git: HEAD, objects and refs make a repository", () => {
  using root = tempDir("nested");
  mkdirSync(root.join("sub"));
  expect(stateOf(root, "sub")).toBe("none");
  for (const step of [
    () => mkdirSync(root.join("sub/.git")),
    () => mkdirSync(root.join("sub/.git/objects")),
    () => mkdirSync(root.join("sub/.git/refs")),
    () => writeFileSync(root.join("sub/.git/HEAD"), ""),
  ]) {
    step();
    expect(stateOf(root, "sub")).toBe("unfinished");
  }
  writeFileSync(root.join("sub/.git/HEAD"), "ref: refs/heads/main\n");
  expect(stateOf(root, "sub")).toBe("repository");
  writeFileSync(root.join("sub/.git/HEAD"), "0123456789012345678901234567890123456789\n");
  expect(stateOf(root, "sub")).toBe("repository");
  rmSync(root.join("sub/.git/refs"), { recursive: true });
  expect(stateOf(root, "sub")).toBe("unfinished");
});

test("E7 nestedState() follows .git files inside the worktree, and none out of it", () => {
  using root = tempDir("nested");
  using outside = tempDir("nested");
  runGit("/", "init", "--quiet", root.join("store/one"));
  runGit("/", "init", "--quiet", outside.join("two"));
  const withLink = (text: string): string => {
    mkdirSync(root.join("a/sub"), { recursive: true });
    writeFileSync(root.join("a/sub/.git"), text);
    return stateOf(root, "a/sub");
  };
  expect(withLink("gitdir: ../../store/one/.git\n")).toBe("repository");
  expect(withLink(`gitdir: ${root.join("store/one/.git")}\n`)).toBe("repository");
  expect(withLink("gitdir: ../../store/missing/.git\n")).toBe("unfinished");
  expect(withLink(`gitdir: ${outside.join("two/.git")}\n`)).toBe("unfinished");
  expect(withLink(`gitdir: ${root.path}/../${outside.path}/two/.git\n`)).toBe("unfinished");
  for (const nonsense of ["", "gitdir: \n", "gitdir:x", "nonsense"]) {
    expect(withLink(nonsense)).toBe("unfinished");
  }
});

test("E7 nestedState() knows a linked worktree by its common directory", () => {
  using root = tempDir("nested");
  runGit("/", "init", "--quiet", "--initial-branch=main", root.path);
  runGit(root.path, "commit", "--quiet", "--allow-empty", "--message=start");
  runGit(root.path, "worktree", "add", "--quiet", "inner/linked");
  expect(stateOf(root, "inner/linked")).toBe("repository");
  rmSync(root.join(".git/worktrees"), { recursive: true });
  expect(stateOf(root, "inner/linked")).toBe("unfinished");
});

test("A1 nestedState() waits for nothing: pipes, loops and folders where files should be", () => {
  using root = tempDir("nested");
  mkdirSync(root.join("sub/.git/HEAD"), { recursive: true });
  expect(stateOf(root, "sub")).toBe("unfinished");
  mkdirSync(root.join("pipe"));
  Bun.spawnSync(["mkfifo", root.join("pipe/.git")]);
  expect(stateOf(root, "pipe")).toBe("unfinished");
  mkdirSync(root.join("loop"));
  symlinkSync(".git", root.join("loop/.git"));
  expect(stateOf(root, "loop")).toBe("unfinished");
});

test("[W7] a directory is reported until its .git was found whole, and once more then", () => {
  using root = tempDir("nested");
  mkdirSync(root.join("sub/.git"), { recursive: true });
  const { nested, sub, tree, report } = listed(root);
  nested.appeared(tree.root);
  expect(report()).toEqual([]);
  nested.appeared(sub);
  expect([report(), report()]).toEqual([SUB, SUB]);
  runGit("/", "init", "--quiet", root.join("sub"));
  expect([report(), report()]).toEqual([SUB, []]);
  // Whole when it was first looked at: the event itself has been reported.
  nested.appeared(sub);
  expect(report()).toEqual([]);
});

test("[W7] a .git that goes, or a directory that does, is reported no longer", () => {
  using root = tempDir("nested");
  mkdirSync(root.join("sub/.git"), { recursive: true });
  const { nested, sub, tree, report } = listed(root);
  nested.appeared(sub);
  rmSync(root.join("sub/.git"), { recursive: true });
  expect([report(), report()]).toEqual([SUB, []]);
  mkdirSync(root.join("sub/.git"));
  nested.appeared(sub);
  tree.detach(sub);
  expect(report()).toEqual([]);
});

test("[W7] more of them than are looked at are all reported", () => {
  using root = tempDir("nested");
  const { nested, tree, report } = listed(root);
  for (let i = 0; i < NESTED_CHECKS_MAX + 10; i += 1) {
    mkdirSync(root.join(`n${i}/.git`), { recursive: true });
    nested.appeared(tree.add(tree.root, `n${i}`, (i + 10) as WatchDescriptor));
  }
  expect(report().length).toBe(3 * (NESTED_CHECKS_MAX + 10));
});

test("NestedRepositories knows all that were found or appeared, as far as they are there", () => {
  using root = tempDir("nested");
  mkdirSync(root.join("sub/.git"), { recursive: true });
  const { nested, sub, tree } = listed(root);
  const other = tree.add(tree.root, "other", 3 as WatchDescriptor);
  nested.appeared(tree.root);
  expect(nested.paths(5)).toEqual([]);
  nested.found(other);
  nested.appeared(sub);
  nested.appeared(sub);
  expect(nested.paths(5).map(String).toSorted()).toEqual(["other", "sub"]);
  expect(nested.paths(0)).toHaveLength(1);
  tree.detach(other);
  expect(nested.paths(5).map(String)).toEqual(["sub"]);
});
