/** An oracle that accepts everything would make every other test worthless. */

import { chmodSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { expectStatusMatchesOracle } from "./oracle.ts";
import { tempWorktree } from "./temp-worktree.ts";

test("expectStatusMatchesOracle() accepts a repository without a monitor", () => {
  using tree = tempWorktree("oracle", { files: { "a.txt": "a", "deep/b.txt": "b" } });
  tree.write("a.txt", "changed");
  tree.write("new/c.txt", "new");

  expectStatusMatchesOracle(tree.path);
});

test("expectStatusMatchesOracle() accepts a repository without an index, and a linked worktree", () => {
  using fresh = tempWorktree("oracle", { isCommitted: false });
  fresh.write("untracked.txt", "");
  using tree = tempWorktree("oracle", { files: { "a.txt": "a" } });
  const linked = tree.addLinked("linked");
  linked.write("a.txt", "changed");

  expectStatusMatchesOracle(fresh.path);
  expectStatusMatchesOracle(linked.path);
});

test("expectStatusMatchesOracle() shows what a monitor that lies has hidden", () => {
  using tree = tempWorktree("oracle", { files: { "a.txt": "a", "b.txt": "b" } });
  const hook = tree.join(".git", "liar");
  writeFileSync(hook, "#!/bin/sh\nprintf 'token\\0'\n");
  chmodSync(hook, 0o755);
  tree.git("config", "core.fsmonitor", hook);
  tree.git("config", "core.fsmonitorHookVersion", "2");
  // The first status marks every file as unchanged, the second believes the liar.
  tree.git("update-index", "--fsmonitor");
  tree.git("status");
  tree.write("a.txt", "changed");

  expect(() => {
    expectStatusMatchesOracle(tree.path);
  }).toThrow(/does not say, and the oracle does:\n\s+1 \.M .* a\.txt/);
});
