/** The histogram of latencies. */

import { expect, test } from "bun:test";

import {
  EMPTY_LATENCY,
  LatencyHistogram,
  mergeLatencies,
  quantileOf,
} from "../../src/base/latency-histogram.ts";

function recorded(...durationsUs: readonly number[]): LatencyHistogram {
  const histogram = new LatencyHistogram();
  for (const us of durationsUs) {
    histogram.record(us / 1000);
  }
  return histogram;
}

test("LatencyHistogram has nothing to say before something was recorded", () => {
  expect(new LatencyHistogram().report()).toEqual(EMPTY_LATENCY);
});

test("LatencyHistogram counts each value in a bucket that is at most a quarter too high", () => {
  let us = 0.5;
  while (us < 2 ** 27) {
    const { buckets, maxUs, count } = recorded(us).report();
    const bound = buckets[0]?.upToUs ?? 0;
    expect(count).toBe(1);
    expect(buckets).toHaveLength(1);
    expect(bound).toBeGreaterThanOrEqual(us);
    expect(bound).toBeLessThanOrEqual(Math.max(us + 1, us * 1.25 + 1));
    expect(maxUs).toBe(Math.ceil(us));
    us *= 1.07;
  }
});

test("LatencyHistogram counts a bound in its own bucket, and what is above it in the next", () => {
  for (let us = 1; us < 2 ** 27; us *= 2) {
    const { buckets } = recorded(us, us + 0.5).report();
    expect(buckets.map(({ count }) => count)).toEqual([1, 1]);
    expect(buckets[0]?.upToUs).toBe(us);
  }
});

test("LatencyHistogram knows the median, the slowest hundredth and the slowest", () => {
  const histogram = recorded(...Array.from({ length: 985 }, () => 100), 5000, 5000, 7000);
  histogram.record(5, 12);
  const { count, sumUs, p50Us, p99Us, maxUs } = histogram.report();

  expect({ count, sumUs, maxUs }).toEqual({ count: 1000, sumUs: 175_500, maxUs: 7000 });
  expect(p50Us).toBe(112);
  expect(p99Us).toBe(5120);
});

test.each([
  [Number.NaN, 0],
  [-1, 0],
  [0, 0],
  [1e9, 1e12],
  [Number.MAX_VALUE, Number.POSITIVE_INFINITY],
])("LatencyHistogram takes %d ms without harm", (durationMs, maxUs) => {
  const histogram = new LatencyHistogram();
  histogram.record(durationMs);
  const report = histogram.report();

  expect(report).toMatchObject({ count: 1, maxUs });
  expect(report.buckets).toEqual([{ upToUs: maxUs === 0 ? 1 : 2 ** 27, count: 1 }]);
});

test("mergeLatencies() counts as one histogram that was given all of it", () => {
  const [one, other, both] = [
    new LatencyHistogram(),
    new LatencyHistogram(),
    new LatencyHistogram(),
  ];
  for (const [i, durationMs] of [0.05, 0.07, 1, 0.05, 12, 0.3, 0.0005].entries()) {
    (i % 2 === 0 ? one : other).record(durationMs);
    both.record(durationMs);
  }

  expect(mergeLatencies([one.report(), EMPTY_LATENCY, other.report()])).toEqual(both.report());
  expect(mergeLatencies([])).toEqual(EMPTY_LATENCY);
});

test.each([
  [0, 1],
  [0.5, 64],
  [0.75, 64],
  [0.9, 1024],
  [1, 1000],
] as const)("quantileOf() %p is within %d µs", (share, withinUs) => {
  const histogram = new LatencyHistogram();
  histogram.record(0.001);
  histogram.record(0.06, 7);
  histogram.record(1, 2);

  expect(quantileOf(histogram.report(), share)).toBe(Math.min(withinUs, 1000));
});

test("quantileOf() of nothing is null", () => {
  expect(quantileOf(EMPTY_LATENCY, 0.5)).toBeNull();
});
