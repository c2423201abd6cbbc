/** Figures are only as good as the arithmetic behind them. */

import { expect, test } from "bun:test";

import {
  type BenchReport,
  compare,
  formatReport,
  formatTable,
  isAsHoped,
  ratio,
  ratioOfPairs,
  summarize,
} from "../../bench/harness.ts";
import { isTooNoisy, medianOfRatios, quantile } from "../../bench/statistics.ts";

test.each([
  [[3, 1, 2], 0.5, 2],
  [[4, 1, 3, 2], 0.5, 2.5],
  [[1, 2, 3, 4, 5], 0.25, 2],
  [[1, 2, 3, 4, 5], 0, 1],
  [[7], 0.75, 7],
])("quantile(%p, %d) is %d", (samples, share, expected) => {
  expect(quantile(samples, share)).toBe(expected);
});

test("compare() lets contenders take turns, turned round each time, and measures after the warm-ups", () => {
  const turns: string[] = [];
  const contender = (name: string): { name: string; run: () => void } => ({
    name,
    run: () => {
      turns.push(name);
    },
  });
  const measurements = compare([contender("a"), contender("b")], 5);

  expect(turns.join("")).toBe("baabbaabbaabbaab");
  expect(measurements.map(({ name, runs }) => [name, runs])).toEqual([
    ["a", 5],
    ["b", 5],
  ]);
});

test("compare() says of a contender that it was wrong, and how often", () => {
  const [right, wrong] = compare(
    [
      { name: "right", run: () => {}, check: () => undefined },
      { name: "wrong", run: () => {}, check: (round) => (round < 2 ? "it slept" : undefined) },
    ],
    5,
  );

  expect([right?.mistake, wrong?.mistake]).toEqual([undefined, "5 of 8 times: it slept"]);
});

test.each([
  // Of so many coins, none beside the interval, then one on each side, then two: tables of the sign test.
  [6, 1, 6],
  [9, 2, 8],
  [12, 3, 10],
  [41, 14, 28],
])(
  "medianOfRatios() of %d pairs leaves out as many as the sign test allows",
  (count, lower, upper) => {
    const numerators = Array.from({ length: count }, (_, i) => 10 * (i + 1));
    const interval = medianOfRatios(
      numerators,
      numerators.map(() => 10),
    );

    expect(interval).toEqual({ median: (count + 1) / 2, lower, upper, count });
  },
);

test("medianOfRatios() goes by pairs: what slows both down at once shows in neither", () => {
  const { median, lower, upper } = medianOfRatios([2, 20, 200, 4, 6, 8], [1, 10, 100, 2, 3, 4]);

  expect([median, lower, upper]).toEqual([2, 2, 2]);
});

test.each([
  ["a narrow interval", { median: 1, lower: 0.95, upper: 1.05, count: 9 }, false],
  ["a wide interval", { median: 1, lower: 0.95, upper: 1.15, count: 9 }, true],
  ["fewer pairs than an interval takes", { median: 1, lower: 1, upper: 1, count: 5 }, true],
])("isTooNoisy() of %s", (_what, interval, expected) => {
  expect(isTooNoisy(interval)).toBe(expected);
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

  expect(formatReport(report)).toMatch(/gity \/ nothing +0\.50 x +at most 0\.4: NO/);
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
