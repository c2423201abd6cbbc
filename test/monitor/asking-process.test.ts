/** What the kernel tells of a process that asks. */

import { expect, test } from "bun:test";
import { mkdirSync, readFileSync } from "node:fs";

import { found, lookThrough } from "../../src/ffi/file-status.ts";
import { cString } from "../../src/ffi/libc.ts";
import { standsIn, usesIndexOf } from "../../src/monitor/asking-process.ts";
import { eventually } from "../support/eventually.ts";
import { tempDir } from "../support/temp-dir.ts";

/** What `look` says of a process that runs here, with these variables. */
async function of<Result>(
  cwd: string,
  env: Record<string, string>,
  look: (pid: number) => Result,
): Promise<Result> {
  await using asking = Bun.spawn(["/bin/cat"], { cwd, env, stdin: "pipe", stdout: "ignore" });
  // A process that has just begun has none yet.
  await eventually(() => readFileSync(`/proc/${asking.pid}/environ`, "utf8") !== "");
  const result = look(asking.pid);
  await asking.stdin.end();
  await asking.exited;
  return result;
}

test("P9 standsIn() is true in the worktree and below it only", async () => {
  using dir = tempDir("asking");
  mkdirSync(dir.join("tree/d"), { recursive: true });
  mkdirSync(dir.join("tree2"));
  const root = dir.join("tree");
  expect(lookThrough(cString(root, "utf8"))).toBe(0);
  const { id } = found;
  const look = (pid: number): boolean => standsIn({ path: root, id }, pid);
  expect(await of(root, { A: "b" }, look)).toBe(true);
  expect(await of(dir.join("tree/d"), { A: "b" }, look)).toBe(true);
  expect(await of(dir.join("tree2"), { A: "b" }, look)).toBe(false);
  expect(await of("/", { A: "b" }, look)).toBe(false);
  // One that is not there, or in another pid namespace.
  expect(look(0)).toBe(false);
});

test("P9 usesIndexOf() knows another index by GIT_INDEX_FILE, in any spelling", async () => {
  using dir = tempDir("asking");
  mkdirSync(dir.join(".git"));
  const gitDir = dir.join(".git");
  const look = (pid: number): boolean => usesIndexOf(gitDir, pid);
  expect(await of(dir.path, { A: "b" }, look)).toBe(true);
  expect(await of(dir.path, { GIT_INDEX_FILE: ".git/index" }, look)).toBe(true);
  expect(await of(dir.path, { GIT_INDEX_FILE: `${gitDir}/index` }, look)).toBe(true);
  expect(await of(dir.path, { GIT_INDEX_FILE: ".git/next-index-1.lock" }, look)).toBe(false);
  expect(await of(dir.path, { GIT_INDEX_FILE: "/tmp/index" }, look)).toBe(false);
  // gity's own copy of it.
  expect(await of(dir.path, { GIT_INDEX_FILE: `${gitDir}/gity/index-1-a` }, look)).toBe(true);
  expect(await of(dir.path, { GIT_INDEX_FILE: ".git/gity/log" }, look)).toBe(false);
  expect(look(0)).toBe(false);
});
