/** What git says of paths, and its configuration. */

import { expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";

import {
  addOwnValue,
  firstVisibleFile,
  isIgnoredDirectory,
  ownValues,
  refusalByGit,
  removeOwnValue,
  rootCommits,
} from "../../src/share/git-rules.ts";
import { rejection } from "../support/rejection.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

test("git's rules are asked by the name of a directory, whether it is there or not", async () => {
  using tree = tempWorktree("rules", {
    files: { ".gitignore": "node_modules/\nforced\n", "src/a": "", "x/keep": "" },
  });
  tree.write("forced/file", "1");
  tree.git("add", "--force", "forced/file");
  tree.write("node_modules/*odd[/file", "");
  symlinkSync("node_modules", tree.join("link"));

  expect(await refusalByGit(tree.path, "node_modules")).toBeUndefined();
  expect(await refusalByGit(tree.path, "not/there/node_modules")).toBeUndefined();
  expect(await refusalByGit(tree.path, "*/node_modules")).toBeUndefined();
  expect(await refusalByGit(tree.path, "src")).toContain("such as 'src/a'");
  expect(await refusalByGit(tree.path, "s?c")).toContain("such as 'src/a'");
  expect(await refusalByGit(tree.path, "forced")).toContain("such as 'forced/file'");
  expect(await refusalByGit(tree.path, "other")).toBe("git does not ignore it");
  expect(await isIgnoredDirectory(tree.path, "link/x")).toBe(false);
});

test("firstVisibleFile() finds what git would show", async () => {
  using tree = tempWorktree("rules", { files: { ".gitignore": "a/*\n!a/keep\nb\n", "c/d": "" } });
  tree.write("a/hidden", "");
  tree.write("b/hidden", "");

  expect(await firstVisibleFile(tree.path, "a")).toBeUndefined();
  tree.write("a/keep", "");
  expect(await firstVisibleFile(tree.path, "a")).toBe("a/keep");
  expect(await firstVisibleFile(tree.path, "b")).toBeUndefined();
  expect(await firstVisibleFile(tree.path, "c")).toBe("c/d");
});

test("values are added to and removed from the repository's own configuration", async () => {
  using tree = tempWorktree("rules");
  await addOwnValue(tree.path, "gity.share", "a*");
  await addOwnValue(tree.path, "gity.share", "ab");
  expect(await ownValues(tree.path, "gity.share")).toEqual(["a*", "ab"]);

  await removeOwnValue(tree.path, "gity.share", "a*");
  await removeOwnValue(tree.path, "gity.share", "none");
  expect(await ownValues(tree.path, "gity.share")).toEqual(["ab"]);
  writeFileSync(`${tree.gitDir}/config.lock`, "");
  expect(await rejection(addOwnValue(tree.path, "gity.share", "d"))).toMatchObject({
    code: "CONFIGURATION_LOCKED",
  });
});

test("rootCommits() are the same in a clone, and none where nothing was committed", async () => {
  using tree = tempWorktree("rules");
  using empty = tempWorktree("rules", { isCommitted: false });
  using dir = tempDir("rules");
  mkdirSync(dir.join("x"));
  tree.git("clone", "--quiet", tree.path, dir.join("clone"));

  expect(await rootCommits(tree.path)).toHaveLength(1);
  expect(await rootCommits(dir.join("clone"))).toEqual([...(await rootCommits(tree.path))]);
  expect(await rootCommits(empty.path)).toEqual([]);
});
