/** Waiting until a worktree is covered, or cannot be, with progress. */

import { COVERAGE_STANDSTILL_MS_MAX } from "../base/limits.ts";
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
  /** How long it may come no further; for tests. */
  readonly standstillMsMax?: number;
}

/** One that cannot be covered is warned of, and so is one that comes no further: nobody waits for ever. @throws GityError INTERRUPTED with the signal, and what the daemon says */
export async function waitForCoverage(
  client: GityClient,
  root: string,
  { openProgress, signal, standstillMsMax = COVERAGE_STANDSTILL_MS_MAX }: CoverageWait,
): Promise<HealthReply> {
  let health = await client.health(root, undefined, signal);
  if (isSettled(health)) {
    warnIfDegraded(health);
    return health;
  }
  using progress = openProgress();
  let movedAtMs = performance.now();
  while (!isSettled(health)) {
    if (performance.now() - movedAtMs > standstillMsMax) {
      printWarning(`${quoteReadable(root)} is not covered yet, and comes no further`);
      printNote("hint: it goes on in the background, see 'gity health'");
      return health;
    }
    progress.update(health.crawledDirectories);
    const { state, crawledDirectories } = health;
    const wait = { leaving: state, waitMs: PROGRESS_MS };
    health = await client.health(root, wait, signal);
    if (health.state !== state || health.crawledDirectories !== crawledDirectories) {
      movedAtMs = performance.now();
    }
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
