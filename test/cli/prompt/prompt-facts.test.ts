/** What a prompt can say, of now and of before. */

import { expect, test } from "bun:test";

import { factsOfNow, factsOfThen } from "../../../src/cli/prompt/prompt-facts.ts";
import { SUMMARY } from "./prompt-samples.ts";

const MERGE = { kind: "merge", step: null, total: null } as const;
const NOTHING = {
  upstream: null,
  ahead: null,
  behind: null,
  stash: null,
  staged: null,
  unstaged: null,
  untracked: null,
  conflicts: null,
};

test("factsOfNow() are what was counted", () => {
  expect(factsOfNow(SUMMARY)).toEqual({ ...SUMMARY, isOld: false });
});

test("factsOfThen() are what was counted on this branch, with the operation of now", () => {
  const head = { branch: "main", commit: null };

  expect(factsOfThen(SUMMARY, head, MERGE)).toEqual({ ...SUMMARY, operation: MERGE, isOld: true });
});

test("factsOfThen() count nothing for another branch", () => {
  const head = { branch: "other", commit: null };

  expect(factsOfThen(SUMMARY, head, null)).toEqual({
    ...NOTHING,
    ...head,
    operation: null,
    isOld: true,
  });
});

test("factsOfThen() tell commits apart where HEAD is detached", () => {
  const [here, there] = ["a".repeat(40), "b".repeat(40)];
  const detached = { ...SUMMARY, branch: null, commit: here };

  expect(factsOfThen(detached, { branch: null, commit: here }, null)?.staged).toBe(SUMMARY.staged);
  expect(factsOfThen(detached, { branch: null, commit: there }, null)).toMatchObject({
    commit: there,
    staged: null,
  });
  expect(factsOfThen(detached, { branch: "main", commit: null }, null)?.staged).toBeNull();
});

test("factsOfThen() know nothing but what there is", () => {
  expect(factsOfThen(undefined, { branch: "main", commit: null }, null)).toMatchObject({
    branch: "main",
    isOld: true,
  });
  expect(factsOfThen(SUMMARY, undefined, null)).toEqual({
    ...SUMMARY,
    operation: null,
    isOld: true,
  });
  expect(factsOfThen(undefined, undefined, null)).toBeUndefined();
});
