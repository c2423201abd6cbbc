/** Waiting until a worktree is covered, or cannot be, with progress. */

import type { GityClient } from "../client/gity-client.ts";
import type { HealthReply } from "../protocol/api.ts";
import { printNote, printWarning } from "./output.ts";
import { quoteReadable } from "./quote-path.ts";

/** Between two looks at the progress; short enough to look alive. */
const PROGRESS_MS = 100;

export interface CoverageProgress extends Disposable {
  update(directories: number): void;
  finish(directories: number): void;
}

export interface CoverageWait {
  /** Called if there is something to wait for. */
  readonly openProgress: () => CoverageProgress;
  readonly signal: AbortSignal;
}

/** One that cannot be covered is warned of. @throws GityError INTERRUPTED with the signal, and what the daemon says */
export async function waitForCoverage(
  client: GityClient,
  root: string,
  { openProgress, signal }: CoverageWait,
): Promise<HealthReply> {
  let health = await client.health(root, undefined, signal);
  if (isSettled(health)) {
    warnIfDegraded(health);
    return health;
  }
  using progress = openProgress();
  while (!isSettled(health)) {
    progress.update(health.crawledDirectories);
    const wait = { leaving: health.state, waitMs: PROGRESS_MS };
    health = await client.health(root, wait, signal);
  }
  if (health.state === "ready") {
    progress.finish(health.watchedDirectories);
  }
  warnIfDegraded(health);
  return health;
}

function isSettled({ state }: HealthReply): boolean {
  return state === "ready" || state === "degraded";
}

function warnIfDegraded({ root, state, reason, cure }: HealthReply): void {
  if (state === "degraded") {
    printWarning(`${quoteReadable(root)} cannot be covered: ${reason ?? "for an unknown reason"}`);
    if (cure !== null) {
      printNote(`hint: ${cure}`);
    }
  }
}
