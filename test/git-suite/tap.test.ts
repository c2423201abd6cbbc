import { expect, test } from "bun:test";

import { parseTap } from "./tap.ts";

test("parseTap() tells passed, failed, skipped and known breakages apart", () => {
  const text = [
    "ok 1 - setup",
    "not ok 2 - does it",
    "#\tok 9 - what a test printed",
    "ok 3 # skip for others (missing MINGW)",
    "not ok 4 - some day # TODO known breakage",
    "ok 5 - sooner # TODO known breakage vanished",
    "# failed 1 among 5 test(s)",
    "1..5",
  ].join("\n");
  const { tests, isComplete } = parseTap(text);
  expect(isComplete).toBe(true);
  expect(tests.map(({ number, state }) => `${number} ${state}`)).toEqual([
    "1 passed",
    "2 failed",
    "3 skipped",
    "4 known-breakage",
    "5 passed",
  ]);
  expect(tests[1]?.title).toBe("does it");
});

test("parseTap() says that a script without its plan did not end", () => {
  expect(parseTap("ok 1 - setup\nFATAL: Unexpected exit with code 1\n").isComplete).toBe(false);
});
