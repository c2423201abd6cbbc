/** The process that puts an index in place, as the daemon sees it. */

import { expect, test } from "bun:test";
import { existsSync, linkSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { placeIndexCopy, recoverIndexCopy } from "../../src/git/index-placer.ts";
import { PROJECT_ROOT } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { indexRequest, placingTest } from "../support/index-request.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

const GITY = [process.execPath, join(PROJECT_ROOT, "src/main.ts")];

placingTest("placeIndexCopy() has an index put in place", async () => {
  using tree = tempWorktree("placer", { files: { f: "1" } });
  const request = indexRequest(tree);
  const { outcome } = await eventually(async () => {
    const result = await placeIndexCopy(GITY, request);
    return result.outcome !== "busy" && result;
  });
  expect(outcome).toBe("placed");
  expect(readdirSync(join(tree.gitDir, "gity"))).toEqual([]);
});

test("placeIndexCopy() clears up behind a placer that was killed", async () => {
  using tree = tempWorktree("placer", { files: { f: "1" } });
  using folder = tempDir("placer");
  const request = indexRequest(tree);
  // As one that dies between the lock and the rename.
  writeFileSync(
    folder.join("gity"),
    `#!/bin/sh\n[ "$2" = place ] && ln '${request.copy}' '${tree.gitDir}/index.lock' && kill -9 $$\n` +
      `exec ${GITY.join(" ")} "$@"\n`,
    { mode: 0o755 },
  );
  expect(await placeIndexCopy([folder.join("gity")], request)).toEqual({
    outcome: "failed",
    detail: "the placer ended early; index.lock was removed",
  });
  expect(existsSync(join(tree.gitDir, "index.lock"))).toBe(false);
});

test("placeIndexCopy() ends with its signal", async () => {
  using tree = tempWorktree("placer", { files: { f: "1" } });
  const request = indexRequest(tree);
  const git = Bun.spawn(["git", "hash-object", "--stdin"], { cwd: tree.path, stdin: "pipe" });
  const ending = new AbortController();
  const placing = placeIndexCopy(GITY, request, ending.signal);
  ending.abort();
  expect((await placing).outcome).toBe("failed");
  await git.stdin.end();
  await git.exited;
});

test("recoverIndexCopy() removes a lock that is another name of the copy", async () => {
  using tree = tempWorktree("placer", { files: { f: "1" } });
  const request = indexRequest(tree);
  linkSync(request.copy, join(tree.gitDir, "index.lock"));
  expect((await recoverIndexCopy(GITY, request)).detail).toBe("index.lock was removed");
  expect(existsSync(join(tree.gitDir, "index.lock"))).toBe(false);
});

test("placeIndexCopy() fails where gity cannot be started, or says nothing", async () => {
  using tree = tempWorktree("placer", { files: { f: "1" } });
  const request = indexRequest(tree);
  expect((await placeIndexCopy(["/nowhere/gity"], request)).outcome).toBe("failed");
  expect((await placeIndexCopy(["true"], request)).outcome).toBe("failed");
});
