/** The words of background work. */

import { expect, test } from "bun:test";

import { isLastOutcome, JOB_SETTINGS, RUN_OUTCOMES } from "../../src/protocol/job.ts";

test("isLastOutcome() is false for what is queued again", () => {
  expect(RUN_OUTCOMES.filter((outcome) => !isLastOutcome(outcome))).toEqual([
    "yielded",
    "interrupted",
  ]);
});

test("the settings are spelled as git spells them, and each once", () => {
  const keys = Object.values(JOB_SETTINGS).map(({ key }) => key.toLowerCase());
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys.filter((key) => !/^gity\.[a-z]+$/.test(key))).toEqual([]);
});
