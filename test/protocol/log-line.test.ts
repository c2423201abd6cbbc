/** A line of the log, as text. */

import { expect, test } from "bun:test";

import { formatLogText, isAtLeast, isLogLevel } from "../../src/protocol/log-line.ts";

test.each([
  ["a", {}, "a"],
  ["a\nb", {}, "a\\nb"],
  ["a", { path: "/x/y", n: 1, ok: true, none: null }, "a path=/x/y n=1 ok=true none=null"],
  ["a", { path: 'x y\n"' }, String.raw`a path="x y\n\""`],
  ["a", { path: "" }, 'a path=""'],
])("formatLogText(%j, %j) is one line", (message, fields, line) => {
  expect(formatLogText(message, fields)).toBe(line);
});

test("isLogLevel() knows the four levels, isAtLeast() their order", () => {
  expect(["debug", "info", "warn", "error"].every(isLogLevel)).toBe(true);
  expect(["trace", "", undefined, 1].some(isLogLevel)).toBe(false);
  expect(isAtLeast("warn", "info")).toBe(true);
  expect(isAtLeast("info", "info")).toBe(true);
  expect(isAtLeast("debug", "info")).toBe(false);
});
