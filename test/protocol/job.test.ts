/** The words for background work. */

import { expect, test } from "bun:test";

import {
  isLastOutcome,
  JOB_TASKS,
  MAINTENANCE_TASKS,
  RUN_OUTCOMES,
} from "../../src/protocol/job.ts";

test("isLastOutcome() of all but what is done again", () => {
  expect(RUN_OUTCOMES.filter((outcome) => !isLastOutcome(outcome))).toEqual([
    "yielded",
    "interrupted",
  ]);
});

test("MAINTENANCE_TASKS are among JOB_TASKS, each once", () => {
  expect(new Set(JOB_TASKS).size).toBe(JOB_TASKS.length);
  expect(JOB_TASKS).toEqual(expect.arrayContaining([...MAINTENANCE_TASKS]));
});
