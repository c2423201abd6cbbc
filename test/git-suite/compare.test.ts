import { expect, test } from "bun:test";

import { failuresOnlyIn } from "./compare.ts";
import type { ScriptRun } from "./run-script.ts";
import { parseTap } from "./tap.ts";

function scriptRun(tap: string, exitCode = 0): ScriptRun {
  const isTimedOut = exitCode === 124;
  return { script: "t0000-a.sh", report: parseTap(tap), exitCode, isTimedOut, seconds: 1 };
}

function onlyIn(run: ScriptRun, reference: ScriptRun): string[] {
  return failuresOnlyIn(run, reference).map(({ number, title }) => `${number}: ${title}`);
}

const GOOD = scriptRun("ok 1 - a\nok 2 - b\n1..2\n");

test.each([
  ["nothing when both fail", "not ok 1 - a\n1..1\n", "not ok 1 - a\n1..1\n", []],
  ["a test that fails", "ok 1 - a\nnot ok 2 - b\n1..2\n", undefined, ["2: b"]],
  ["a script that ends early", "ok 1 - a\n", undefined, ["0: ended after test 1"]],
  ["a test that is left out", "ok 1 - a\nok 2 # skip b\n1..2\n", undefined, ["2: b (skipped)"]],
])("failuresOnlyIn() reports %s", (_, tap, reference, expected) => {
  const other = reference === undefined ? GOOD : scriptRun(reference, 1);
  expect(onlyIn(scriptRun(tap), other)).toEqual([...expected]);
});

test("failuresOnlyIn() reports a script that ran out of time, or failed beside its tests", () => {
  expect(onlyIn(scriptRun("ok 1 - a\n", 124), GOOD)).toEqual(["0: timed out after test 1"]);
  expect(onlyIn(scriptRun("ok 1 - a\nok 2 - b\n1..2\n", 1), GOOD)).toEqual([
    "0: exit code 1 without a failed test",
  ]);
});
