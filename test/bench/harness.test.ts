/** Figures are only as good as the arithmetic behind them. */

import { expect, test } from "bun:test";

import {
  type BenchReport,
  compare,
  figureOfPairs,
  formatReport,
  formatTable,
  isAsHoped,
  pairedRatio,
  ratio,
  ratioOfPairs,
  summarize,
  verdictOf,
} from "../../bench/harness.ts";
import { isTooNoisy, medianOfRatios, quantile, turnsOf } from "../../bench/statistics.ts";

test.each([
  [[3, 1, 2], 0.5, 2],
  [[4, 1, 3, 2], 0.5, 2.5],
  [[1, 2, 3, 4, 5], 0.25, 2],
  [[1, 2, 3, 4, 5], 0, 1],
  [[7], 0.75, 7],
])("quantile(%p, %d) is %d", (samples, share, expected) => {
  expect(quantile(samples, share)).toBe(expected);
});

test("compare() lets contenders take turns, and measures after the warm-ups", () => {
  const turns: string[] = [];
  const contender = (name: string): { name: string; run: () => void } => ({
    name,
    run: () => {
      turns.push(name);
    },
  });
  const measurements = compare([contender("a"), contender("b")], 5);

  expect(turns.join("")).toBe("abababababababab");
  expect(measurements.map(({ name, runs }) => [name, runs])).toEqual([
    ["a", 5],
    ["b", 5],
  ]);
});

test.each([2, 3, 4, 5, 6, 7, 8, 9, 10])(
  "turnsOf() %d contenders gives each one turn a round, and nobody two in succession",
  (count) => {
    const all = Array.from({ length: count }, (_, i) => i);
    const rounds = Array.from({ length: 3 * count + 4 }, (_, i) => turnsOf(all, i - 3));
    const turns = rounds.flat();

    expect(rounds.map((round) => round.toSorted((one, other) => one - other))).toEqual(
      rounds.map(() => all),
    );
    expect(turns.filter((each, i) => each === turns[i + 1])).toEqual([]);
  },
);

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
  ["what is not a number", medianOfRatios([1, 1, 1, 1, 1, Number.NaN], [1, 1, 1, 1, 1, 1]), true],
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

test.each([
  [{ value: 1, atMost: 1.1, interval: { lower: 0.9, upper: 1.1, count: 9 } }, "yes"],
  [{ value: 1, atMost: 1.1, interval: { lower: 0.9, upper: 1.2, count: 9 } }, "undecided"],
  [{ value: 1.15, atMost: 1.1, interval: { lower: 1.05, upper: 1.2, count: 9 } }, "undecided"],
  [{ value: 1.2, atMost: 1.1, interval: { lower: 1.15, upper: 1.3, count: 9 } }, "NO"],
  [{ value: 2, atLeast: 3, interval: { lower: 1, upper: 2.5, count: 9 } }, "NO"],
  [{ value: 2, atLeast: 3, interval: { lower: 1, upper: 3.5, count: 9 } }, "undecided"],
  [{ value: 1, atMost: 1.1, interval: { lower: 1, upper: 1, count: 5 } }, "undecided"],
  [{ value: Number.NaN, atMost: 1, interval: { lower: 0, upper: 1, count: 9 } }, "NO"],
  [{ value: 1, interval: { lower: 0, upper: 1, count: 9 } }, undefined],
] as const)("verdictOf(%p) is %p", (figure, expected) => {
  const whole = { name: "x", unit: "x", ...figure } as const;

  expect(verdictOf(whole)).toBe(expected);
  expect(isAsHoped(whole)).toBe(expected !== "NO");
});

test("pairedRatio() hands on what either side got wrong", () => {
  const right = summarize("right", [1, 1, 1, 1, 1, 1]);
  const wrong = { ...summarize("wrong", [1, 1, 1, 1, 1, 1]), mistake: "it slept" };

  expect(pairedRatio(right, right).mistake).toBeUndefined();
  expect(pairedRatio(right, wrong).mistake).toBe("wrong: it slept");
  expect(pairedRatio(wrong, right).mistake).toBe("wrong: it slept");
});

test("figureOfPairs() has an interval, and is not a number without one of the two", () => {
  const measurements = [
    summarize("slow", [2, 2, 2, 2, 2, 2]),
    summarize("fast", [1, 1, 1, 1, 1, 1]),
  ];

  expect(figureOfPairs(measurements, "slow", "fast", { atMost: 3 })).toEqual({
    name: "slow / fast",
    value: 2,
    unit: "x",
    interval: { lower: 2, upper: 2, count: 6 },
    atMost: 3,
  });
  expect(verdictOf(figureOfPairs(measurements, "slow", "nobody", { atMost: 3 }))).toBe("NO");
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

  expect(formatReport(report)).toMatch(/gity \/ nothing +0\.50 x +of medians +at most 0\.4: NO/);
});

test("ratioOfPairs() lets half as much and twice as much cancel out, and says how certain that is", () => {
  const { mean, lower, upper } = ratioOfPairs([
    [2, 1],
    [1, 2],
  ]);
  expect(mean).toBeCloseTo(1);
  expect(upper).toBeCloseTo(Math.exp(12.706 * Math.LN2));
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
