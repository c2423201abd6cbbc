/** What comes behind git: as commands do it in e2e/worktree-add.test.ts, and as it may never fail here. */

import { expect, test } from "bun:test";

import { readLinkedWorktrees } from "../../../src/git/linked-worktrees.ts";
import { prepareWorktree } from "../../../src/cli/worktree/prepare-worktree.ts";
import { GityError } from "../../../src/base/errors.ts";
import { rejection } from "../../support/rejection.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

const failing = (): Promise<never> =>
  Promise.reject(new GityError("SHARE_FAILED", "cannot mirror anything"));

const CONTEXT = {
  build: { version: "1", fingerprint: "f", builtAtMs: 1 },
  executable: ["/no/such/gity"],
  runDaemon: failing,
  hasReader: failing,
  kickDaemon: failing,
  examineStore: failing,
  openStore: failing,
  openShare: failing,
  openDiskMeter: failing,
};

async function preparing(signal: AbortSignal): Promise<void> {
  using tree = tempWorktree("prepare", { files: { f: "1" } });
  tree.git("config", "gity.share", "node_modules");
  tree.addLinked("linked");
  const [linked] = readLinkedWorktrees(tree.gitDir);
  if (linked === undefined) {
    throw new Error("there is no worktree");
  }
  await prepareWorktree(CONTEXT, { ...linked, commonDir: tree.gitDir, isQuiet: true, signal });
}

test("prepareWorktree() takes what fails for a warning", async () => {
  expect(await preparing(new AbortController().signal)).toBeUndefined();
});

test("prepareWorktree() is interrupted by its signal", async () => {
  expect(await rejection(preparing(AbortSignal.abort()))).toMatchObject({ code: "INTERRUPTED" });
});
