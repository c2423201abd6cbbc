/** How many paths answers named. */

import { expect, test } from "bun:test";

import { AnsweredPathsCounter } from "../../src/monitor/answered-paths-counter.ts";
import { NO_ANSWERED_PATHS } from "../../src/protocol/worktree-health.ts";

test("AnsweredPathsCounter counts answers, those without a path, and the longest", () => {
  const counter = new AnsweredPathsCounter();
  const before = counter.report();
  for (const paths of [0, 7, 2, 0]) {
    counter.record(paths);
  }

  expect(before).toEqual(NO_ANSWERED_PATHS);
  expect(counter.report()).toEqual({ answers: 4, empty: 2, paths: 9, most: 7 });
});
