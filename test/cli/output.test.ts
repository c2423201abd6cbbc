/** Writing for people. */

import { expect, test } from "bun:test";

import {
  alignColumns,
  formatCount,
  formatDuration,
  formatLatency,
  visible,
} from "../../src/cli/output.ts";

test("alignColumns() makes columns as wide as their widest cell on a terminal", () => {
  expect(
    alignColumns([
      ["a", "日本", "x"],
      ["long", "b", "y y"],
    ]),
  ).toEqual(["a     日本  x", "long  b     y y"]);
});

test.each([
  [0, "0"],
  [999, "999"],
  [1000, "1,000"],
  [1234567, "1,234,567"],
])("formatCount(%d) is %s", (count, text) => {
  expect(formatCount(count)).toBe(text);
});

test.each([
  [3.4, "3 ms"],
  [-3_600_000, "0 ms"],
  [1500, "1.5 s"],
  [61_000, "1 min 1 s"],
  [3_660_000, "1 h 1 min"],
  [90_000_000, "1 d 1 h"],
])("formatDuration(%d) is %s", (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text);
});

test.each([
  [0, "0 µs"],
  [56, "56 µs"],
  [1250, "1.3 ms"],
  [98_000, "98.0 ms"],
  [2_500_000, "2.5 s"],
])("formatLatency(%d) is %s", (durationUs, text) => {
  expect(formatLatency(durationUs)).toBe(text);
});

test("visible() leaves nothing that breaks a line or steers a terminal", () => {
  expect(visible("a\nb\u001B[2J\u009Bé")).toBe("a\\nb\\x1b[2J\\x9bé");
});
