/** Figures are only as good as the arithmetic behind them. */

import { expect, test } from "bun:test";

import {
  type BenchReport,
  compare,
  formatReport,
  formatTable,
  isAsHoped,
  quantile,
  ratio,
  ratioOfPairs,
  summarize,
} from "../../bench/harness.ts";

test.each([
  [[3, 1, 2], 0.5, 2],
  [[4, 1, 3, 2], 0.5, 2.5],
  [[1, 2, 3, 4, 5], 0.25, 2],
  [[1, 2, 3, 4, 5], 0, 1],
  [[7], 0.75, 7],
])("quantile(%p, %d) is %d", (samples, share, expected) => {
  expect(quantile(samples, share)).toBe(expected);
});

test("compare() lets contenders take turns and measures after the warm-ups", () => {
  const turns: string[] = [];
  const contender = (name: string): { name: string; run: () => void } => ({
    name,
    run: () => {
      turns.push(name);
    },
  });
  const measurements = compare([contender("a"), contender("b")], 5);

  expect(turns.join("")).toBe("ab".repeat(3 + 5));
  expect(measurements.map(({ name, runs }) => [name, runs])).toEqual([
    ["a", 5],
    ["b", 5],
  ]);
});

test("ratio() divides the medians of two contenders", () => {
  const measurements = [summarize("slow", [10, 12, 11]), summarize("fast", [5, 5.5, 6])];

  expect(ratio(measurements, "slow", "fast")).toBe(2);
});

test.each([
  [{ value: 1, atMost: 1 }, true],
  [{ value: 1.01, atMost: 1 }, false],
  [{ value: 3, atLeast: 3 }, true],
  [{ value: 2.9, atLeast: 3 }, false],
  [{ value: Number.NaN, atMost: 1 }, false],
  [{ value: 5 }, true],
])("isAsHoped(%p) is %p", (figure, expected) => {
  expect(isAsHoped({ name: "x", unit: "", ...figure })).toBe(expected);
});

test("formatTable() aligns the first column to the left and the others to the right", () => {
  expect(
    formatTable([
      ["", "median"],
      ["git", "5 ms"],
      ["longer", "17 ms"],
    ]),
  ).toBe("         median\ngit        5 ms\nlonger    17 ms");
});

test("formatReport() says which figures are not as hoped", () => {
  const report: BenchReport = {
    question: "How long?",
    measurements: [summarize("nothing", [10]), summarize("gity", [5])],
    figures: [{ name: "gity / nothing", value: 0.5, unit: "x", atMost: 0.4 }],
  };

  expect(formatReport(report)).toContain("gity / nothing   0.50 x   at most 0.4: NO");
});

test("ratioOfPairs() lets half as much and twice as much cancel out, and says how certain that is", () => {
  const { mean, lower, upper } = ratioOfPairs([
    [2, 1],
    [1, 2],
  ]);
  expect(mean).toBeCloseTo(1);
  expect(upper).toBeCloseTo(Math.exp(1.96 * Math.LN2));
  expect(lower * upper).toBeCloseTo(1);
  const same = ratioOfPairs([
    [3, 2],
    [6, 4],
    [30, 20],
  ]);
  expect(same.mean).toBeCloseTo(1.5);
  expect(same.lower).toBeCloseTo(1.5);
  expect(same.upper).toBeCloseTo(1.5);
});
