/**
 * What `gity stats` knows: the daemon's counts of each worktree, with what follows from them. This is the
 * shape of `gity stats --json`; fields may be added.
 */

import { type LatencyReport, mergeLatencies } from "../../base/latency-histogram.ts";
import type { GityClient } from "../../client/gity-client.ts";
import { GityError } from "../../base/errors.ts";
import { countIndexEntries } from "../../git/index-facts.ts";
import type {
  DaemonInfo,
  HealthReply,
  RepositoryList,
  StatusMeasurement,
} from "../../protocol/api.ts";
import type { UnknownCounts } from "../../protocol/unknown-reason.ts";
import type { Way } from "../../protocol/way.ts";
import type { AnsweredPaths, WorktreeState } from "../../protocol/worktree-health.ts";
import type { BenchReport } from "./bench.ts";
import { type Estimate, estimate } from "./estimate.ts";

export interface StatsReport {
  readonly daemon: {
    /** Unix time in ms: every count begins anew then. */
    readonly startedAtMs: number;
    /** Of the whole process. */
    readonly residentBytes: number;
  };
  readonly total: StatsTotal;
  readonly worktrees: readonly WorktreeStats[];
  /** With `--bench` only. */
  readonly bench?: BenchReport;
}

/** Of all worktrees that are in `worktrees`. */
export interface StatsTotal {
  readonly queries: number;
  /** Of these, answered with `/`. */
  readonly unknownAnswers: number;
  readonly latency: LatencyReport;
  /** Estimated; of those worktrees for which there is an estimate. */
  readonly savedMs: number;
  readonly eventsRead: number;
  readonly watchedDirectories: number;
}

export interface WorktreeStats {
  readonly root: string;
  readonly state: WorktreeState;
  /** How git asks. */
  readonly via: Way;
  /** Unix time in ms. */
  readonly countedSinceMs: number;
  readonly queries: number;
  readonly unknownAnswers: number;
  readonly unknownReasons: UnknownCounts;
  /** Of the answers on the socket; what helpers read from the log only they know. */
  readonly answeredPaths: AnsweredPaths;
  /** Microseconds; `buckets` count each for itself. */
  readonly latency: LatencyReport;
  readonly eventsRead: number;
  readonly watchedDirectories: number;
  /** For directories and history: an estimate from their numbers. */
  readonly memoryBytes: number;
  /** Of the index; null where it cannot be read. */
  readonly indexEntries: number | null;
  /** What `--bench` has measured last; null where it never has. */
  readonly measurement: StatusMeasurement | null;
  /** Null where neither the index can be read nor was anything measured. */
  readonly estimate: Estimate | null;
}

/** What is asked of the daemon. */
export type StatsSource = Pick<GityClient, "daemonInfo" | "list" | "health">;

/** Of the worktree a path is in, or of all that are registered. @throws GityError NOT_REGISTERED, … */
export async function collectStats(
  client: StatsSource,
  path: string | undefined,
): Promise<StatsReport> {
  const daemon = await client.daemonInfo();
  const list = await client.list();
  const healths = path === undefined ? await healthsOf(client, list) : [await client.health(path)];
  return toReport(
    daemon,
    healths.map((health) => toStats(health, wayOf(health, list))),
  );
}

/** Each looks at its worktree, so one after the other. */
async function healthsOf(
  client: StatsSource,
  { repositories }: RepositoryList,
): Promise<readonly HealthReply[]> {
  const healths: HealthReply[] = [];
  for (const { root } of repositories.flatMap(({ worktrees }) => worktrees)) {
    try {
      // oxlint-disable-next-line no-await-in-loop
      healths.push(await client.health(root));
    } catch (error) {
      // It may have been unregistered since.
      if (!(error instanceof GityError && error.code === "NOT_REGISTERED")) {
        throw error;
      }
    }
  }
  return healths;
}

/** One that nobody registered is asked about by the hook: the socket is in no git directory. */
function wayOf({ gitDir }: HealthReply, { repositories }: RepositoryList): Way {
  const repository = repositories.find(({ worktrees }) =>
    worktrees.some((worktree) => worktree.gitDir === gitDir),
  );
  return repository?.via ?? "hook";
}

function toStats(health: HealthReply, via: Way): WorktreeStats {
  const { queries, unknownAnswers, measurement } = health;
  // Who looks at a worktree that cannot be watched may wait for a server that is away.
  const indexEntries =
    health.state === "degraded" ? null : (countIndexEntries(health.gitDir) ?? null);
  const known = { queries, unknownAnswers, via, measurement, indexEntries };
  return {
    root: health.root,
    state: health.state,
    via,
    countedSinceMs: health.countedSinceMs,
    queries,
    unknownAnswers,
    unknownReasons: health.unknownReasons,
    answeredPaths: health.answeredPaths,
    latency: health.latency,
    eventsRead: health.eventsRead,
    watchedDirectories: health.watchedDirectories,
    memoryBytes: health.tableBytes + health.historyBytes,
    indexEntries,
    measurement,
    estimate: estimate(known) ?? null,
  };
}

function toReport(
  { startedAtMs, residentBytes }: Pick<DaemonInfo, "startedAtMs" | "residentBytes">,
  worktrees: readonly WorktreeStats[],
): StatsReport {
  const sum = (value: (worktree: WorktreeStats) => number): number =>
    worktrees.reduce((total, worktree) => total + value(worktree), 0);
  return {
    daemon: { startedAtMs, residentBytes },
    total: {
      queries: sum(({ queries }) => queries),
      unknownAnswers: sum(({ unknownAnswers }) => unknownAnswers),
      latency: mergeLatencies(worktrees.map(({ latency }) => latency)),
      savedMs: sum((worktree) => worktree.estimate?.savedMs ?? 0),
      eventsRead: sum(({ eventsRead }) => eventsRead),
      watchedDirectories: sum(({ watchedDirectories }) => watchedDirectories),
    },
    worktrees,
  };
}
