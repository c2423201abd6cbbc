/**
 * When work is due, and when a repository has been left alone for long enough to do it. Values only: no
 * clock, no store.
 */

import {
  JOB_RETRY_FACTOR,
  JOB_RETRY_MS,
  JOB_RETRY_MS_MAX,
  OVERDUE_INTERVALS,
  SCHEDULE_JITTER,
} from "../base/limits.ts";
import type { Rhythm } from "./job-settings.ts";

/** Between 0 and 1; Math.random() but for tests. */
export type Chance = () => number;

/**
 * When a task that was settled then is due; Unix time in ms. What was never done is due at once. What was done
 * in the future was done before the clock was set back.
 */
export function dueAtMs(
  settledAtMs: number | undefined,
  { intervalMs }: Rhythm,
  nowMs: number,
): number {
  return settledAtMs === undefined ? 0 : Math.min(settledAtMs, nowMs) + intervalMs;
}

/** So late that questions alone no longer keep it waiting. */
export function isOverdue(queuedAtMs: number, { intervalMs }: Rhythm, nowMs: number): boolean {
  return nowMs - queuedAtMs >= OVERDUE_INTERVALS * intervalMs;
}

export function withJitter(durationMs: number, chance: Chance): number {
  return durationMs * (1 + SCHEDULE_JITTER * chance());
}

/** How long to wait after so many failures in a row: longer each time, and never quite the same. */
export function retryDelayMs(failures: number, chance: Chance): number {
  const delayMs = Math.min(
    JOB_RETRY_MS * JOB_RETRY_FACTOR ** Math.max(0, failures - 1),
    JOB_RETRY_MS_MAX,
  );
  // Half of it is certain.
  return delayMs * (0.5 + 0.5 * chance());
}
