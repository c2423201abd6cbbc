/** All of them, one after the other; with real trouble in test/e2e/uninstall.test.ts. */

import { expect, test } from "bun:test";

import { exitCodeOf } from "../../src/cli/unregister-all.ts";

const done = { commonDir: "/a/.git", removed: true, warnings: [], error: null };
const failed = {
  commonDir: "/b/.git",
  removed: false,
  warnings: [],
  error: { code: "WORKTREE_GONE", message: "m", hint: null },
} as const;

test("exitCodeOf() is that of the first that failed", () => {
  expect(exitCodeOf([])).toBe(0);
  expect(exitCodeOf([done])).toBe(0);
  const locked = { ...failed, error: { ...failed.error, code: "CONFIGURATION_LOCKED" } } as const;
  expect(exitCodeOf([done, failed, locked])).toBe(16);
  expect(exitCodeOf([locked, failed])).toBe(10);
});
