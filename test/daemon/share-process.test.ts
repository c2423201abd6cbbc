/** `gity share pull` as the daemon runs it. */

import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { runSharePull } from "../../src/daemon/share-process.ts";
import { PROJECT_ROOT } from "../support/built.ts";
import { shareWorktrees } from "../support/share-worktrees.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

const EXECUTABLE = [process.execPath, join(PROJECT_ROOT, "src/main.ts")];
const { signal: NEVER } = new AbortController();

test("runSharePull() reports what came of each directory, whatever its environment says of git", async () => {
  using trees = shareWorktrees();
  const { linked } = trees;
  process.env["GIT_DIR"] = "/nowhere";
  try {
    const { report } = await runSharePull(EXECUTABLE, linked.path, NEVER);
    expect(report?.entries.map(({ path, outcome }) => [path, outcome])).toEqual([
      ["node_modules", "pulled"],
      ["target", "nowhere"],
    ]);
  } finally {
    delete process.env["GIT_DIR"];
  }
});

test("runSharePull() says why there is nothing to report", async () => {
  using bare = tempWorktree("undeclared");
  expect(await runSharePull(EXECUTABLE, bare.path, NEVER)).toEqual({
    report: undefined,
    reason: expect.stringContaining("nothing is declared"),
  });
  expect(await runSharePull(["/nowhere/gity"], bare.path, NEVER)).toEqual({
    report: undefined,
    reason: "the process cannot be started",
  });
  expect(await runSharePull(["true"], bare.path, NEVER)).toEqual({
    report: undefined,
    reason: "exit code 0",
  });
});

test("runSharePull() ends with its signal, and leaves nobody", async () => {
  using trees = shareWorktrees();
  const { linked } = trees;
  const { report } = await runSharePull(EXECUTABLE, linked.path, AbortSignal.abort());
  expect(report).toBeUndefined();
  expect(existsSync(linked.join("node_modules"))).toBe(false);
  // It does not end by itself, and neither does what it has started.
  const stubborn = ["sh", "-c", "trap '' TERM; sleep 1000 & echo $! >&2; kill -9 $$"];
  const { reason } = await runSharePull(stubborn, linked.path, AbortSignal.timeout(1));
  expect(reason).toBeString();
});
