/** Telling refusals of the system from bugs. */

import { expect, test } from "bun:test";
import { openSync } from "node:fs";

import { SystemCallError } from "../../src/ffi/libc.ts";
import { systemFailureOf } from "../../src/monitor/system-failure.ts";

test("systemFailureOf() returns what the system refused, and lets bugs fly", () => {
  expect(systemFailureOf(() => {})).toBeUndefined();
  const failure = new SystemCallError("open", 2);
  expect(systemFailureOf(fail(failure))).toBe(failure);
  expect(systemFailureOf(() => openSync("/nowhere/at/all", "r"))?.message).toContain("ENOENT");
  expect(() => systemFailureOf(fail(new TypeError("bug")))).toThrow("bug");
});

function fail(error: Error): () => never {
  return () => {
    throw error;
  };
}
