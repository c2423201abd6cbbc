/** The helper as a program: what it writes, and how it ends. */

import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";

import { builtHelper } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { tempDir } from "../support/temp-dir.ts";
import { watchedWorktree } from "../support/watched-worktree.ts";

test("gity-helper writes its answer at once and exits 0", () => {
  using dir = tempDir("helper");
  mkdirSync(dir.join(".git"));
  const child = Bun.spawnSync([builtHelper(), "2", "token"], { cwd: dir.path, env: process.env });
  expect(child.stdout.toString("latin1")).toMatch(/^gity:[0-9a-f]{16}:0:l\0\/\0$/);
  expect([child.exitCode, child.stderr.toString()]).toEqual([0, ""]);
});

test("gity-helper that cannot write its answer exits with an error, and without a word", () => {
  using dir = tempDir("helper");
  const script = '"$1" 2 token 2>err >/dev/full; echo $?; cat err';
  const child = Bun.spawnSync(["sh", "-c", script, "sh", builtHelper()], {
    cwd: dir.path,
    env: process.env,
  });
  expect(child.stdout.toString()).toBe("1\n");
});

test("gity-helper writes all of a large answer into a pipe that does not block", async () => {
  await using watched = await watchedWorktree("pipe", { files: { f: "" } });
  const { token } = await watched.changedSince("");
  const names = Array.from({ length: 3_000 }, (_, i) => `${"n".repeat(100)}-${i}`);
  for (const name of names) {
    watched.tree.write(name, "");
  }
  // "/" is right as well, where the daemon did not get to run in time.
  const { text, exitCode } = await eventually(async () => {
    const child = Bun.spawn([builtHelper(), "2", token], {
      cwd: watched.tree.path,
      env: process.env,
    });
    const answer = await new Response(child.stdout).text();
    return !answer.endsWith("\0/\0") && { text: answer, exitCode: await child.exited };
  });
  const [newToken, ...paths] = text.split("\0");
  expect([newToken, paths.pop(), exitCode]).toEqual([expect.stringMatching(/^gity:/), "", 0]);
  // On a slow disk a snapshot is made meanwhile, which reports once more what had just changed.
  const older = new Set(["f", ".gity"]);
  const written = paths.filter((path) => !older.has(path));
  expect(written.toSorted()).toEqual(names.toSorted());
});
