import { expect, test } from "bun:test";

import { STATUS_BUDGET_RUNS, STATUS_BUDGET_SHARE } from "../../src/base/limits.ts";
import { StatusBudget } from "../../src/daemon/status-budget.ts";

test("StatusBudget lets single changes through, and gives a build without end its share", () => {
  let nowMs = 0;
  const budget = new StatusBudget(() => nowMs);
  const runMs = 200;
  let spentMs = 0;
  const firstWaits: number[] = [];
  while (nowMs < 600_000) {
    const { waitMs } = budget;
    firstWaits.push(waitMs);
    nowMs += waitMs + runMs;
    budget.spend(runMs);
    spentMs += runMs;
  }

  expect(firstWaits[0]).toBe(0);
  expect(firstWaits[2]).toBeGreaterThan(0);
  const savedMs = runMs * STATUS_BUDGET_RUNS;
  expect(spentMs / nowMs).toBeLessThanOrEqual(STATUS_BUDGET_SHARE + savedMs / nowMs);
  expect(spentMs / nowMs).toBeGreaterThan(STATUS_BUDGET_SHARE * 0.9);
});

test("StatusBudget saves up for some runs, and for no more", () => {
  let nowMs = 0;
  const budget = new StatusBudget(() => nowMs);
  budget.spend(100);
  nowMs = 24 * 3_600_000;
  let runs = 0;
  while (budget.waitMs === 0) {
    budget.spend(100);
    runs += 1;
  }

  // The last one may be begun with next to nothing.
  expect(runs).toBe(STATUS_BUDGET_RUNS + 1);
});
