/** Whether a repository is registered. With a daemon: e2e/worktree-add.test.ts. */

import { expect, test } from "bun:test";

import {
  findRegistration,
  hasSharedDirectories,
  isFilledByDaemon,
  readOwnSettings,
} from "../../../src/cli/worktree/registration.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

const CONTEXT = {
  build: { version: "1", fingerprint: "f", builtAtMs: 1 },
  executable: ["/no/such/gity"],
  runDaemon: () => Promise.reject(new Error("not needed")),
  hasReader: () => Promise.reject(new Error("not needed")),
  kickDaemon: () => Promise.reject(new Error("not needed")),
  examineStore: () => Promise.reject(new Error("not needed")),
  openStore: () => Promise.reject(new Error("not needed")),
  openShare: () => Promise.reject(new Error("not needed")),
  openDiskMeter: () => Promise.reject(new Error("not needed")),
};

test.each([undefined, "false", "/usr/bin/watchman-hook"])(
  "findRegistration() asks no daemon where core.fsmonitor is %p",
  async (value) => {
    using tree = tempWorktree("registration");
    if (value !== undefined) {
      tree.git("config", "core.fsmonitor", value);
    }
    const settings = await readOwnSettings(tree.gitDir);

    expect(await findRegistration(CONTEXT, tree.gitDir, settings)).toBeUndefined();
  },
);

test("hasSharedDirectories() goes by what is declared", async () => {
  using tree = tempWorktree("registration");
  const before = hasSharedDirectories(await readOwnSettings(tree.gitDir));
  tree.git("config", "gity.share", "node_modules");

  expect([before, hasSharedDirectories(await readOwnSettings(tree.gitDir))]).toEqual([false, true]);
});

test("isFilledByDaemon() goes by gity.shareAuto, where the repository is registered", async () => {
  using tree = tempWorktree("registration");
  tree.git("config", "gity.shareAuto", "true");
  const before = isFilledByDaemon(await readOwnSettings(tree.gitDir));
  tree.git("config", "core.fsmonitor", "/opt/gity/gity-helper");

  expect([before, isFilledByDaemon(await readOwnSettings(tree.gitDir))]).toEqual([false, true]);
});
