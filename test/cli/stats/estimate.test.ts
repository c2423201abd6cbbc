/** How much time was saved, from counts. */

import { expect, test } from "bun:test";

import { estimate, type EstimateBasis } from "../../../src/cli/stats/estimate.ts";

const KNOWN: EstimateBasis = {
  queries: 110,
  unknownAnswers: 10,
  via: "socket",
  measurement: null,
  indexEntries: 100_000,
};

test.each([
  ["entries of the index", {}, { perAnswerMs: 99, savedMs: 9890, basis: "entries" }],
  ["the hook", { via: "hook" }, { perAnswerMs: 88, savedMs: 8680, basis: "entries" }],
  [
    "what was measured",
    { measurement: { atMs: 1, runs: 10, withMs: 43, withoutMs: 126 } },
    { perAnswerMs: 83, savedMs: 8290, basis: "measured" },
  ],
  [
    "what was measured, without an index",
    { indexEntries: null, measurement: { atMs: 1, runs: 10, withMs: 43, withoutMs: 126 } },
    { perAnswerMs: 83, savedMs: 8290, basis: "measured" },
  ],
  [
    "a small worktree, where git alone is faster",
    { via: "hook", indexEntries: 2000 },
    { perAnswerMs: -10, savedMs: -1120, basis: "entries" },
  ],
  [
    "nobody having asked",
    { queries: 0, unknownAnswers: 0 },
    { perAnswerMs: 99, savedMs: 0, basis: "entries" },
  ],
] as const)("estimate() goes by %s", (_, known, expected) => {
  expect(estimate({ ...KNOWN, ...known })).toEqual(expected);
});

test("estimate() of what nothing is known of is none", () => {
  expect(estimate({ ...KNOWN, indexEntries: null })).toBeUndefined();
});
