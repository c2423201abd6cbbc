/** What an index says of itself. */

import { expect, test } from "bun:test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { countIndexEntries, findIndexToken } from "../../src/git/index-facts.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

const TOKEN = "gity:0123456789abcdef:42";

test.each([2, 4])("countIndexEntries() and findIndexToken() read version %d", (version) => {
  using tree = tempWorktree("index", { files: { a: "1", "d/b": "2", "d/FSMN": "3" } });
  const before = findIndexToken(tree.gitDir);
  const hook = join(tree.gitDir, "hook");
  writeFileSync(hook, `#!/bin/sh\nprintf '${TOKEN}\\0/\\0'\n`, { mode: 0o755 });
  tree.git(
    "-c",
    `core.fsmonitor=${hook}`,
    "update-index",
    "--fsmonitor",
    `--index-version=${version}`,
  );
  tree.git("-c", `core.fsmonitor=${hook}`, "status");

  expect(before).toBeUndefined();
  expect(countIndexEntries(tree.gitDir)).toBe(3);
  expect(findIndexToken(tree.gitDir)).toBe(TOKEN);
});

test("countIndexEntries() and findIndexToken() know nothing of what is no index", () => {
  using folder = tempDir("index");
  const index = folder.join("index");
  const read = () => [countIndexEntries(folder.path), findIndexToken(folder.path)];
  const found: unknown[] = [read()];
  mkdirSync(index);
  found.push(read());
  rmSync(index, { recursive: true });
  Bun.spawnSync(["mkfifo", index]);
  found.push(read());
  rmSync(index);
  for (const text of [
    "",
    "DIRC",
    "XXXX\0\0\0\u0002\0\0\0\u0003",
    "FSMN",
    "FSMN\0\0\0\u0009\0\0\0\u0002gity:",
  ]) {
    writeFileSync(index, text);
    found.push(read());
  }

  expect(found).toEqual(found.map(() => [undefined, undefined]));
});
