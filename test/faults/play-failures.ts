/**
 * The ordinary day with one call failing, and what must not come of it.
 */

import type { Failure } from "./call-failures.ts";
import { ordinaryDay, type Recovery } from "./script.ts";
import { playScript, type Run } from "./scripted-monitor.ts";

/** What a failure may cost before an answer is more than "/" again. */
const RETRIES_ALLOWED = 1;

export interface Day {
  readonly counts: ReadonlyMap<string, number>;
  /** What was wrong, for people; empty when all is well. */
  readonly problems: readonly string[];
}

/** Plays the day once. Never throws: what flies out of the monitor's loop is a problem. */
export function playOrdinaryDay(failure?: Failure): Day {
  const recoveries = new Map<number, Recovery>();
  let run: Run;
  try {
    run = playScript((stage) => ordinaryDay(stage, recoveries), failure);
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { counts: new Map(), problems: [describe(failure, text)] };
  }
  const problems = [...problemsOf(run, failure), ...problemsOfRecoveries(recoveries)];
  return { counts: run.counts, problems: problems.map((problem) => describe(failure, problem)) };
}

/** The problems of many days. */
export function problemsOfDays(failures: readonly Failure[]): string[] {
  return failures.flatMap((failure) => playOrdinaryDay(failure).problems);
}

function describe(failure: Failure | undefined, problem: string): string {
  const what =
    failure === undefined
      ? "nothing fails"
      : `${failure.call}, call ${failure.nth}, errno ${failure.errno}`;
  return `${what}: ${problem}`;
}

function* problemsOf(run: Run, failure: Failure | undefined): Generator<string> {
  if (failure !== undefined && !run.hasFired) {
    yield "the call was not made so often";
  }
  for (const descriptor of run.leakedDescriptors) {
    yield `left open: ${descriptor}`;
  }
  const inDoubt = run.subjects.filter(({ unknownAnswers }) => unknownAnswers > 0);
  if (inDoubt.length > (failure === undefined ? 0 : 1)) {
    yield `${inDoubt.length} worktrees were answered with "/"`;
  }
}

function* problemsOfRecoveries(recoveries: ReadonlyMap<number, Recovery>): Generator<string> {
  if (recoveries.size !== 2) {
    yield "the day did not come to its end";
  }
  for (const [id, { retries, logRetries }] of recoveries) {
    if (retries === undefined || retries > RETRIES_ALLOWED) {
      yield `worktree ${id} is answered only after ${retries ?? "too many"} retries`;
    }
    if (logRetries === undefined || logRetries > RETRIES_ALLOWED) {
      yield `worktree ${id}'s log answers only after ${logRetries ?? "too many"} retries`;
    }
  }
}
