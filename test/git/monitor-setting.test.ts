/** What core.fsmonitor is, and which file says so. */

import { expect, test } from "bun:test";

import { monitorSettings, parseSettings } from "../../src/git/monitor-setting.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

test("monitorSettings() names the file and its scope, the one that counts last", async () => {
  using tree = tempWorktree("setting");
  tree.git("config", "core.fsmonitor", "/x/gity-helper");
  tree.git("config", "extensions.worktreeConfig", "true");
  tree.git("config", "--worktree", "core.fsmonitor", "false");

  expect(await monitorSettings(tree.path)).toEqual([
    { value: "/x/gity-helper", scope: "local", file: `${tree.gitDir}/config` },
    { value: "false", scope: "worktree", file: `${tree.gitDir}/config.worktree` },
  ]);
});

test("monitorSettings() is empty where nothing is set", async () => {
  using tree = tempWorktree("setting");
  using folder = tempDir("plain");

  expect(await monitorSettings(tree.path)).toEqual([]);
  expect(await monitorSettings(folder.path)).toEqual([]);
});

test("parseSettings() takes what is no file, and drops what is cut off", () => {
  expect(parseSettings("command\0command line:\0x\0local\0file:", "/w")).toEqual([
    { value: "x", scope: "command", file: null },
  ]);
});
