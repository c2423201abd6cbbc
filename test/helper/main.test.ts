/** The helper as a program: what it writes, and how it ends. */

import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";

import { builtHelper } from "../support/built.ts";
import { tempDir } from "../support/temp-dir.ts";

test("gity-helper writes its answer at once and exits 0", () => {
  using dir = tempDir("helper");
  mkdirSync(dir.join(".git"));
  const child = Bun.spawnSync([builtHelper(), "2", "token"], { cwd: dir.path });
  expect(child.stdout.toString("latin1")).toMatch(/^gity:[0-9a-f]{16}:0\0\/\0$/);
  expect([child.exitCode, child.stderr.toString()]).toEqual([0, ""]);
});

test("gity-helper whose reader has gone ends without a word", () => {
  using dir = tempDir("helper");
  const script = '"$1" 2 token 2>&1 >&- | cat';
  const child = Bun.spawnSync(["sh", "-c", script, "sh", builtHelper()], { cwd: dir.path });
  expect(child.stdout.toString()).toBe("");
});
