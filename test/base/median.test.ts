/** The middle of some numbers, and how sure it is. */

import { expect, test } from "bun:test";

import { medianInterval, medianOf } from "../../src/base/median.ts";

const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => last - i);

test.each([
  [[3], 3],
  [[4, 1], 2.5],
  [[9, 1, 5], 5],
  [upTo(10), 5.5],
])("medianOf(%p) is %d", (numbers, median) => {
  expect(medianOf(numbers)).toBe(median);
});

test("medianOf() without numbers is none", () => {
  expect(medianOf([])).toBeNaN();
});

// The ranks are those of the tables of the sign test.
test.each([
  [6, 1, 6, 0.969],
  [10, 2, 9, 0.979],
  [20, 6, 15, 0.959],
  [1000, 469, 532, 0.954],
])("medianInterval() of %d numbers is from rank %d to %d", (count, lower, upper, confidence) => {
  const interval = medianInterval(upTo(count), 0.95);

  expect(interval).toEqual({ lower, upper, confidence: expect.closeTo(confidence, 3) });
});

test.each([0, 1, 5])("medianInterval() of %d numbers cannot be that sure", (count) => {
  expect(medianInterval(upTo(count), 0.95)).toBeUndefined();
});
