/** A histogram in plain text. */

import { expect, test } from "bun:test";

import { EMPTY_LATENCY, LatencyHistogram } from "../../../src/base/latency-histogram.ts";
import { drawLatencies } from "../../../src/cli/stats/draw-latencies.ts";

const plain = (text: string): string => text;

function counted(...durations: readonly (readonly [ms: number, times: number])[]) {
  const histogram = new LatencyHistogram();
  for (const [ms, times] of durations) {
    histogram.record(ms, times);
  }
  return histogram.report();
}

const LATENCY = counted([0.05, 1500], [0.064, 500], [0.2, 1000], [0.257, 1]);

test("drawLatencies() draws a line for each power of two, and a sign for one in thousands", () => {
  expect(drawLatencies(LATENCY, { columns: 50, paint: plain })).toEqual([
    " UP TO  ANSWERS  SHARE",
    " 64 µs    2,000  66.6%  #########################",
    "128 µs        0   0.0%",
    "256 µs    1,000  33.3%  #############",
    "512 µs        1  <0.1%  #",
  ]);
});

test.each([1, 30, 40, 80, 1000])("drawLatencies() is as wide as %d columns allow", (columns) => {
  const lines = drawLatencies(LATENCY, { columns, paint: plain });
  const widest = Math.max(...lines.map((line) => line.length));

  expect(widest).toBe(Math.min(84, Math.max(columns - 1, 32)));
});

test("drawLatencies() colours headings and bars, and aligns them as without colours", () => {
  const painted = drawLatencies(LATENCY, {
    columns: 50,
    paint: (text, style) =>
      text === "" ? "" : `\u001B[${style === "good" ? 32 : 2}m${text}\u001B[0m`,
  });

  expect(painted.join("\n")).toContain("\u001B[32m#############\u001B[0m");
  expect(painted.map((line) => Bun.stripANSI(line).trimEnd())).toEqual([
    ...drawLatencies(LATENCY, { columns: 50, paint: plain }),
  ]);
});

test("drawLatencies() of one answer is one bar, and of none nothing", () => {
  expect(drawLatencies(counted([0.0005, 1]), { columns: 40, paint: plain })).toEqual([
    "UP TO  ANSWERS   SHARE",
    " 1 µs        1  100.0%  ###############",
  ]);
  expect(drawLatencies(EMPTY_LATENCY, { columns: 40, paint: plain })).toEqual([]);
});
