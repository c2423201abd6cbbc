/** Jobs that a command waits for: their progress, their results, and their end on Ctrl-C. */

import { ERRORS, GityError } from "../base/errors.ts";
import type { GityClient } from "../client/gity-client.ts";
import type { JobsOutcome } from "../client/job-runner.ts";
import type { JobRequest, JobRun } from "../protocol/api.ts";
import { untilInterrupted } from "./interrupt.ts";
import { JobProgressLine } from "./job-progress.ts";
import { describeRun, gitWords, moreGitWords } from "./job-text.ts";
import {
  alignColumns,
  formatDuration,
  printError,
  printJson,
  printLines,
  printNote,
} from "./output.ts";

/** Resolves with the exit code. @throws GityError NOT_REGISTERED, NOT_A_REPOSITORY, … */
export async function runJobsToEnd(
  client: GityClient,
  request: JobRequest,
  isJson: boolean,
): Promise<number> {
  return untilInterrupted(async (signal) => {
    const outcome = await withProgress(client, request, signal);
    if (isJson) {
      const { commonDir, runs } = outcome;
      printJson({ commonDir, runs });
    } else if (isNothing(outcome)) {
      printNote("nothing is due");
    } else {
      printLines(resultLines(outcome.runs));
    }
    return tellFailures(outcome, signal.aborted);
  });
}

async function withProgress(
  client: GityClient,
  request: JobRequest,
  signal: AbortSignal,
): Promise<JobsOutcome> {
  using progress = new JobProgressLine();
  return await orElsewhere(async () =>
    client.runJobs(request, {
      signal,
      onProgress: (jobs) => {
        progress.update(jobs);
      },
    }),
  );
}

/** What is not registered can be worked on all the same, once. */
export async function orElsewhere<Value>(step: () => Promise<Value>): Promise<Value> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof GityError && error.code === "NOT_REGISTERED") {
      throw new GityError("NOT_REGISTERED", error.message, {
        hint:
          "register it with 'gity register PATH', or have all that is due done once with " +
          "'gity daemon oneshot PATH'",
        cause: error,
      });
    }
    throw error;
  }
}

/** One for each task that is done. */
export function resultLines(runs: readonly JobRun[]): readonly string[] {
  return alignColumns(
    runs
      .filter(({ outcome }) => outcome === "finished" || outcome === "unavailable")
      .map((run) => [run.task, formatDuration(run.durationMs), describeRun(run)]),
  ).map((line) => line.trimEnd());
}

function isNothing({ runs, dropped, left }: JobsOutcome): boolean {
  return runs.length + dropped.length + left.length === 0;
}

function tellFailures({ runs, dropped, left }: JobsOutcome, isInterrupted: boolean): number {
  const failed = runs.filter(({ outcome }) => outcome === "failed" || outcome === "timed-out");
  for (const run of failed) {
    const words =
      run.outcome === "timed-out" ? "it took too long" : (gitWords(run) ?? "git failed");
    printError(`'${run.task}' has failed: ${words}`, moreGitWords(run));
  }
  const cancelled = [...runs.filter(({ outcome }) => outcome === "cancelled"), ...dropped];
  for (const { task } of cancelled) {
    if (isInterrupted) {
      printNote(`cancelled '${task}'`);
    } else {
      printError(`'${task}' was cancelled by somebody else`, undefined);
    }
  }
  for (const { task } of left) {
    printNote(`'${task}' goes on: it was asked for before`);
  }
  if (failed.length > 0) {
    return ERRORS.GIT_FAILED.exitCode;
  }
  return cancelled.length > 0 ? ERRORS.INTERRUPTED.exitCode : 0;
}
