/** Jobs that a command leaves to the daemon. */

import { ERRORS, GityError } from "../base/errors.ts";
import type { GityClient } from "../client/gity-client.ts";
import type { JobInfo, JobRequest } from "../protocol/api.ts";
import { printError, printJson, printNote, visible } from "./output.ts";
import { quoteReadable } from "./quote-path.ts";
import { orElsewhere, resultLines } from "./run-jobs.ts";

/** Says what they wait for, and returns the exit code. @throws GityError NOT_REGISTERED, … */
export async function queueForLater(
  client: GityClient,
  request: JobRequest,
  isJson: boolean,
): Promise<number> {
  const { queueJobs } = await import("../client/job-runner.ts");
  const { commonDir, left, dropped, runs } = await orElsewhere(async () =>
    queueJobs(client, request),
  );
  if (isJson) {
    printJson({ commonDir, jobs: left, runs });
  } else {
    for (const line of [...left.map((job) => describeQueued(job)), ...resultLines(runs)]) {
      printNote(line);
    }
  }
  for (const { task } of dropped) {
    // What waits for a quiet moment goes by the settings.
    if (request.when === "idle") {
      printError(`'${task}' is switched off in ${quoteReadable(commonDir)}`, switchHint(task));
    } else {
      printError(`'${task}' was cancelled by somebody else`, undefined);
    }
  }
  return dropped.length > 0 ? ERRORS.INVALID_REQUEST.exitCode : 0;
}

/** @throws GityError INVALID_REQUEST */
export async function cancelJob(client: GityClient, id: number, isJson: boolean): Promise<number> {
  const reply = await client.cancelJob(id);
  if (!reply.cancelled) {
    throw new GityError("INVALID_REQUEST", `there is no job ${id}`, {
      hint: "'gity daemon queue-job' shows those that wait or run",
    });
  }
  if (isJson) {
    printJson(reply);
  } else {
    printNote(`cancelled job ${id}`);
  }
  return 0;
}

function describeQueued({ id, task, commonDir, state, waitsFor }: JobInfo): string {
  const what = `'${task}' in ${quoteReadable(commonDir)} (job ${id})`;
  if (state === "running") {
    return `begun: ${what}`;
  }
  return waitsFor === null
    ? `queued: ${what}`
    : `queued: ${what}; it waits, because ${visible(waitsFor)}`;
}

function switchHint(task: string): string {
  const setting = task === "prefetch" ? "gity.prefetch" : "gity.maintenance";
  return (
    `'git config ${setting}' and 'git config maintenance.${task}.enabled' say so; ` +
    "with --now it is done all the same"
  );
}
