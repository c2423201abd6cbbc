/** What is wrong in one run of a script and not in another. Pure. */

import type { ScriptRun } from "./run-script.ts";

export interface SuiteFailure {
  readonly script: string;
  /** Of the test; 0 for the script as a whole. */
  readonly number: number;
  readonly title: string;
}

/** Failures of `run` that `reference` does not have. */
export function failuresOnlyIn(run: ScriptRun, reference: ScriptRun): SuiteFailure[] {
  const { script } = run;
  const known = new Set(failuresOf(reference).map(({ number }) => number));
  const failures = failuresOf(run).filter(({ number }) => !known.has(number));
  const states = new Map(run.report.tests.map(({ number, state }) => [number, state]));
  for (const { number, title, state } of reference.report.tests) {
    if (state === "passed" && states.get(number) === "skipped") {
      failures.push({ script, number, title: `${title} (skipped)` });
    }
  }
  return failures;
}

/** Everything that went wrong in one run. A script that did not get to its end fails as a whole. */
export function failuresOf({ script, report, exitCode, isTimedOut }: ScriptRun): SuiteFailure[] {
  const failures = report.tests
    .filter(({ state }) => state === "failed")
    .map(({ number, title }) => ({ script, number, title }));
  if (isTimedOut) {
    failures.push({ script, number: 0, title: `timed out after test ${report.tests.length}` });
  } else if (!report.isComplete) {
    failures.push({ script, number: 0, title: `ended after test ${report.tests.length}` });
  } else if (exitCode !== 0 && failures.length === 0) {
    // For example: what the tests made could not be removed.
    failures.push({ script, number: 0, title: `exit code ${exitCode} without a failed test` });
  }
  return failures;
}
