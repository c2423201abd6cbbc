/** Why answers were '/', for people. */

import { expect, test } from "bun:test";

import { describeReasons } from "../../src/cli/unknown-answers.ts";
import { NO_UNKNOWN_ANSWERS } from "../../src/protocol/unknown-reason.ts";

test("describeReasons() names those that were one, the most frequent first", () => {
  const counts = { ...NO_UNKNOWN_ANSWERS, crawling: 2, "no-token": 1, degraded: 1234 };

  expect(describeReasons(counts)).toEqual([
    ["'/' because", expect.stringMatching(/^1,234 degraded: /)],
    ["", expect.stringMatching(/^2 crawling: /)],
    ["", expect.stringMatching(/^1 no-token: /)],
  ]);
  expect(describeReasons(NO_UNKNOWN_ANSWERS)).toEqual([]);
});
