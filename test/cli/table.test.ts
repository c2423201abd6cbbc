/** Columns for people. */

import { expect, test } from "bun:test";

import { describeOverLimits, paintState, tableLines } from "../../src/cli/table.ts";

const mark = (text: string, style: string): string => `<${style}>${text}`;
const dim = (text: string): string => `\u001B[2m${text}\u001B[0m`;
const plain = (text: string): string => text;

test("tableLines() aligns numbers to the right, and cuts nothing", () => {
  const long = "/a/".repeat(100);
  expect(
    tableLines(
      ["STATE", "COUNT", "WHERE"],
      [
        ["ready", "1,000", "/a"],
        ["catching-up", "2", long],
      ],
      { numbers: new Set(["COUNT"]), paint: plain },
    ),
  ).toEqual(["STATE        COUNT  WHERE", "ready        1,000  /a", `catching-up      2  ${long}`]);
});

test("tableLines() does not count what colours", () => {
  expect(
    tableLines(["A", "B"], [["long", "x"]], { paint: dim }).map((line) => Bun.stripANSI(line)),
  ).toEqual(["A     B", "long  x"]);
});

test("paintState() tells what needs somebody from what does not", () => {
  expect(paintState("ready", mark)).toBe("<good>ready");
  expect(paintState("catching-up", mark)).toBe("<doubtful>catching-up");
  expect(paintState("degraded", mark)).toBe("<bad>degraded");
});

test("describeOverLimits() is a line for each, under one name", () => {
  const standing = { resource: "log", value: 2, limit: 1, isOver: true } as const;
  expect(
    describeOverLimits([
      { ...standing, message: "one" },
      { ...standing, message: "two" },
    ]),
  ).toEqual([
    ["over a limit", "one"],
    ["", "two"],
  ]);
});
