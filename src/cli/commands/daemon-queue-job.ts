/** `gity daemon queue-job`: give the daemon something to do, see what it does, or have it leave it. */

import { resolve } from "node:path";

import type { GityClient } from "../../client/gity-client.ts";
import type { JobInfo, JobRun } from "../../protocol/api.ts";
import { MAINTENANCE_TASKS } from "../../protocol/job.ts";
import { gityCommand, JSON_ARGUMENT, PATH_ARGUMENT, usageError } from "../command.ts";
import { reachDaemon } from "../reach-daemon.ts";
import { describeRun, describeState } from "../job-text.ts";
import { formatDuration, printJson, printLines, printNote, visible } from "../output.ts";
import { cancelJob, queueForLater } from "../queue-jobs.ts";
import { quoteReadable } from "../quote-path.ts";
import { tableLines } from "../table.ts";
import { paintFor, STDOUT } from "../terminal.ts";

const RUNS_SHOWN = 10;

export default gityCommand({
  name: "daemon queue-job",
  description:
    "Have the daemon do one of its jobs, at the next quiet moment, and do not wait for it.\n" +
    "Without a task: show what waits or runs, and what was done last.",
  args: {
    task: {
      type: "positional",
      required: false,
      options: [...MAINTENANCE_TASKS],
      description: `as git names it: ${MAINTENANCE_TASKS.join(", ")}`,
      valueHint: "TASK",
    },
    path: PATH_ARGUMENT,
    now: { type: "boolean", default: false, description: "do not wait for a quiet moment" },
    cancel: {
      type: "string",
      description: "end the job with this number, or have it never begun",
      valueHint: "ID",
    },
    json: JSON_ARGUMENT,
  },
  examples: [
    { line: "gity daemon queue-job", says: "the jobs that wait or run, and the last that ended" },
    { line: "gity daemon queue-job gc ~/src/big", says: "packs everything, when nobody is there" },
    { line: "gity daemon queue-job --cancel 7", says: "no longer" },
  ],
  run: async ({ task, path, now, cancel, json }, context) => {
    if (cancel !== undefined && (task !== undefined || now)) {
      throw usageError("--cancel goes with no task, and not with --now");
    }
    if (task === undefined && now) {
      throw usageError("--now needs a task", `it is one of ${MAINTENANCE_TASKS.join(", ")}`);
    }
    const id = cancel === undefined ? undefined : parseId(cancel);
    const client = reachDaemon(context);
    if (id !== undefined) {
      return cancelJob(client, id, json);
    }
    const tasks = MAINTENANCE_TASKS.filter((each) => each === task);
    return tasks.length === 0
      ? show(client, json)
      : queueForLater(client, { path: resolve(path), tasks, when: now ? "now" : "idle" }, json);
  },
});

/** @throws GityError INVALID_REQUEST */
function parseId(text: string): number {
  if (!/^\d{1,15}$/.test(text)) {
    throw usageError(`'${text}' is not the number of a job`);
  }
  return Number(text);
}

async function show(client: GityClient, isJson: boolean): Promise<number> {
  const list = await client.jobs({ limit: RUNS_SHOWN });
  if (isJson) {
    printJson(list);
    return 0;
  }
  const { jobs, runs } = list;
  if (jobs.length === 0) {
    printNote("nothing waits or runs");
  }
  printLines([
    ...jobLines(jobs),
    ...(jobs.length > 0 && runs.length > 0 ? [""] : []),
    ...runLines(runs),
  ]);
  return 0;
}

function jobLines(jobs: readonly JobInfo[]): readonly string[] {
  const rows = jobs.map((job) => [
    // What the daemon does without git has no number that could be named.
    job.id < 0 ? "-" : String(job.id),
    job.task,
    quoteReadable(job.commonDir),
    describeState(job),
    job.waitsFor === null ? "" : visible(job.waitsFor),
  ]);
  return table(["ID", "TASK", "REPOSITORY", "STATE", "WAITS, BECAUSE"], rows);
}

function runLines(runs: readonly JobRun[]): readonly string[] {
  const rows = runs.map((run) => [
    new Date(run.startedAtMs).toISOString(),
    run.task,
    quoteReadable(run.commonDir),
    run.outcome,
    formatDuration(run.durationMs),
    describeRun(run),
  ]);
  return table(["BEGUN", "TASK", "REPOSITORY", "OUTCOME", "TOOK", "RESULT"], rows);
}

function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  return rows.length === 0
    ? []
    : tableLines(headings, rows, { paint: paintFor(STDOUT) }).map((line) => line.trimEnd());
}
