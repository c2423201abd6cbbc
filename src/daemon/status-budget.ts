/**
 * How much time may go into renewing a status that nobody waits for: a small share of what passes, some of which can
 * be saved up, so that single changes are seen at once and a build that never ends hardly notices.
 */

import { STATUS_BUDGET_RUNS, STATUS_BUDGET_SHARE } from "../base/limits.ts";

/** What is saved up for a status that takes no time to speak of. */
const SAVED_MS_MIN = 50;

export class StatusBudget {
  readonly #now: () => number;
  #lastRunMs = 0;
  /** Below zero: spent before it was there. */
  #savedMs = SAVED_MS_MIN * STATUS_BUDGET_RUNS;
  #atMs: number;

  /** `now` is in milliseconds, and never goes back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#atMs = now();
  }

  /** How long until the next run may begin, in milliseconds. */
  get waitMs(): number {
    this.#accrue();
    return this.#savedMs >= 0 ? 0 : Math.ceil(-this.#savedMs / STATUS_BUDGET_SHARE);
  }

  /** A run has taken so long. */
  spend(runMs: number): void {
    this.#accrue();
    this.#lastRunMs = runMs;
    this.#savedMs -= runMs;
  }

  #accrue(): void {
    const nowMs = this.#now();
    const savedMax = Math.max(SAVED_MS_MIN, this.#lastRunMs) * STATUS_BUDGET_RUNS;
    const earnedMs = (nowMs - this.#atMs) * STATUS_BUDGET_SHARE;
    this.#savedMs = Math.min(savedMax, this.#savedMs + earnedMs);
    this.#atMs = nowMs;
  }
}
