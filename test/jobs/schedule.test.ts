/** When work is due. */

import { expect, test } from "bun:test";

import {
  JOB_FAILURES_MAX,
  JOB_RETRY_MS,
  JOB_RETRY_MS_MAX,
  OVERDUE_INTERVALS,
  SCHEDULE_JITTER,
} from "../../src/base/limits.ts";
import { dueAtMs, isOverdue, retryDelayMs, withJitter } from "../../src/jobs/schedule.ts";

const RHYTHM = { isEnabled: true, idleMs: 10, intervalMs: 1_000 };
const never = (): number => 0;
const always = (): number => 1;

test("dueAtMs() is an interval after the last time, and at once where there was none", () => {
  const due = [undefined, 0, 5_000].map((settled) => dueAtMs(settled, RHYTHM, 9_000));

  expect(due).toEqual([0, 1_000, 6_000]);
});

test("dueAtMs() of what was done in the future, before the clock was set back, is an interval from now", () => {
  expect(dueAtMs(9_000_000, RHYTHM, 9_000)).toBe(10_000);
});

test("isOverdue() after so many intervals", () => {
  const lateMs = OVERDUE_INTERVALS * RHYTHM.intervalMs;

  expect([lateMs - 1, lateMs].map((age) => isOverdue(500, RHYTHM, 500 + age))).toEqual([
    false,
    true,
  ]);
  expect(isOverdue(500, RHYTHM, 0)).toBe(false);
});

test("withJitter() never shortens, and lengthens a little", () => {
  expect([withJitter(1_000, never), withJitter(1_000, always)]).toEqual([
    1_000,
    1_000 * (1 + SCHEDULE_JITTER),
  ]);
});

test("retryDelayMs() grows with each failure, up to its bound, and half of it is certain", () => {
  const delays = Array.from({ length: 50 }, (_, failures) => retryDelayMs(failures, always));

  expect(delays.slice(0, 3)).toEqual([JOB_RETRY_MS, JOB_RETRY_MS, 4 * JOB_RETRY_MS]);
  expect(delays).toEqual(delays.toSorted((a, b) => a - b));
  expect(delays.at(-1)).toBe(JOB_RETRY_MS_MAX);
  expect(retryDelayMs(2_000, never)).toBe(JOB_RETRY_MS_MAX / 2);
  expect(retryDelayMs(1, never)).toBe(JOB_RETRY_MS / 2);
  expect(retryDelayMs(JOB_FAILURES_MAX, Math.random)).toBeLessThanOrEqual(JOB_RETRY_MS_MAX);
});
