/** How many directories hold tracked files. */

import { expect, test } from "bun:test";

import { countDirectories } from "../../src/git/count-directories.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

test("countDirectories() counts each once, the root and those in between included", async () => {
  using tree = tempWorktree("count", { files: { f: "", "a/b/c/1": "", "a/b/2": "", "d/3": "" } });
  tree.write("untracked/f", "");

  expect(await countDirectories(tree.path)).toBe(5);
});

test("countDirectories() is 0 where git cannot say", async () => {
  using folder = tempDir("plain");

  expect(await countDirectories(folder.path)).toBe(0);
  expect(await countDirectories(folder.join("missing"))).toBe(0);
});
