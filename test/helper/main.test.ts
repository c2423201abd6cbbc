/** The helper as a program: what it writes, and how it ends. */

import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";

import { builtHelper } from "../support/built.ts";
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
  for (let i = 0; i < 3_000; i += 1) {
    watched.tree.write(`${"n".repeat(100)}-${i}`, "");
  }
  const child = Bun.spawn([builtHelper(), "2", token], {
    cwd: watched.tree.path,
    env: process.env,
  });
  const text = await new Response(child.stdout).text();
  expect(text.split("\0").length).toBe(3_002);
  expect(await child.exited).toBe(0);
});
