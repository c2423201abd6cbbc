/** The lock beside git's socket. */

import { expect, test } from "bun:test";
import { readdirSync, utimesSync } from "node:fs";

import { SOCKET_LOCK_STALE_MS } from "../../src/base/limits.ts";
import { releaseSocketLock, takeSocketLock } from "../../src/base/socket-lock.ts";
import { tempDir } from "../support/temp-dir.ts";

test("P7 of two that bind git's socket one gets the lock, until it is released", () => {
  using dir = tempDir("lock");
  expect(takeSocketLock(dir.join("s"))).toBe(true);
  expect(takeSocketLock(dir.join("s"))).toBe(false);
  releaseSocketLock(dir.join("s"));
  expect(readdirSync(dir.path)).toEqual([]);
  expect(takeSocketLock(dir.join("s"))).toBe(true);
});

test.each([
  ["that was killed", -2 * SOCKET_LOCK_STALE_MS],
  ["that was killed before the clock was set back", 3_600_000],
])("a lock of a process %s is taken over", (_, ageMs) => {
  using dir = tempDir("lock");
  takeSocketLock(dir.join("s"));
  const then = (Date.now() + ageMs) / 1000;
  utimesSync(dir.join("s.lock"), then, then);
  expect(takeSocketLock(dir.join("s"))).toBe(true);
});

test("takeSocketLock() says why there is no lock to take", () => {
  using dir = tempDir("lock");
  expect(() => takeSocketLock(dir.join("missing/s"))).toThrow("ENOENT");
});
