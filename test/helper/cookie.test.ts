/** The cookie: made, seen, given up, taken away. */

import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";

import type { LogReader } from "../../src/log/reader.ts";
import { proveCaughtUp } from "../../src/helper/cookie.ts";
import { tempDir } from "../support/temp-dir.ts";

/** A log in which cookies count as acknowledged at the n-th look. */
function logAfter(looks: number, seen: string[] = []): LogReader {
  let count = 0;
  return {
    isAcknowledged: (cookie: string) => {
      seen.push(cookie);
      count += 1;
      return count >= looks;
    },
  } as LogReader;
}

test("proveCaughtUp() makes a cookie with 16 hex digits, and takes it away again", () => {
  using dir = tempDir("cookie");
  const seen: string[] = [];
  expect(proveCaughtUp(logAfter(3, seen), dir.path, 1000)).toBe(true);
  expect(seen[0]).toMatch(/^[0-9a-f]{16}$/);
  expect(new Set(seen).size).toBe(1);
  expect(readdirSync(dir.path)).toEqual([]);
});

test("proveCaughtUp() gives up in time, and takes its cookie away", () => {
  using dir = tempDir("cookie");
  const startMs = performance.now();
  expect(proveCaughtUp(logAfter(Number.POSITIVE_INFINITY), dir.path, 20)).toBe(false);
  expect(performance.now() - startMs).toBeLessThan(60);
  expect(readdirSync(dir.path)).toEqual([]);
});

test("proveCaughtUp() throws when there is no folder for cookies", () => {
  using dir = tempDir("cookie");
  expect(() => proveCaughtUp(logAfter(1), dir.join("missing"), 20)).toThrow("ENOENT");
});
