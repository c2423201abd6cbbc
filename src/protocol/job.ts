/**
 * What the daemon does in the background: the words for it, shared by queue, API, events and commands.
 *
 * Words are public: they are in the API, in `--json` and on the command line. Add freely, never rename.
 */

import {
  MAINTENANCE_IDLE_S,
  MAINTENANCE_INTERVAL_S,
  PREFETCH_IDLE_S,
  PREFETCH_INTERVAL_S,
} from "../base/limits.ts";

/** git's own maintenance, by the names of `git maintenance run --task=…` (git-maintenance(1)). */
export const MAINTENANCE_TASKS = [
  "prefetch",
  "commit-graph",
  "loose-objects",
  "incremental-repack",
  "pack-refs",
  "gc",
] as const;

export type MaintenanceTask = (typeof MAINTENANCE_TASKS)[number];

/** What keeps a repository fast in small pieces, in the order in which they help each other. */
export const ROUTINE_TASKS = [
  "loose-objects",
  "incremental-repack",
  "commit-graph",
  "pack-refs",
] as const satisfies readonly MaintenanceTask[];

/** And what the daemon does by itself. */
export const JOB_TASKS = [...MAINTENANCE_TASKS, "catch-up"] as const;

export type JobTask = (typeof JOB_TASKS)[number];

/** `schedule`: it was due. `user`: somebody asked for it, and waits for nothing but its turn. */
export const JOB_ORIGINS = ["schedule", "user"] as const;

export type JobOrigin = (typeof JOB_ORIGINS)[number];

export const JOB_STATES = ["queued", "running"] as const;

export type JobState = (typeof JOB_STATES)[number];

/** How a run has ended. */
export const RUN_OUTCOMES = [
  "finished",
  "failed",
  /** It took too long, and was killed with all its children. */
  "timed-out",
  /** Somebody asked for its end. */
  "cancelled",
  /** The user's git wanted the repository; the job is queued again. */
  "yielded",
  /** The daemon ended in the middle of it; the job is queued again. */
  "interrupted",
  /** The git of that time has no such task. */
  "unavailable",
] as const;

export type RunOutcome = (typeof RUN_OUTCOMES)[number];

/** After these there is nothing more to come of the job. */
export function isLastOutcome(outcome: RunOutcome): boolean {
  return outcome !== "yielded" && outcome !== "interrupted";
}

/** git's own words on how far it is (progress.c). */
export interface JobProgress {
  /** What is counted: "Receiving objects", "Writing commit graph in 3 passes". */
  readonly title: string;
  readonly percent: number | null;
  readonly done: number | null;
  readonly total: number | null;
  /** Received or written so far. */
  readonly bytes: number | null;
  readonly bytesPerSecond: number | null;
}

export interface JobSetting {
  readonly key: string;
  readonly kind: "boolean" | "seconds";
  /** What goes without a setting. */
  readonly usual: boolean | number;
  readonly says: string;
}

/** What the user may say about background work, in git's configuration: for all repositories, or for one. */
export const JOB_SETTINGS = {
  prefetch: {
    key: "gity.prefetch",
    kind: "boolean",
    usual: true,
    says: "whether what others have pushed is fetched in the background",
  },
  prefetchIdle: {
    key: "gity.prefetchIdle",
    kind: "seconds",
    usual: PREFETCH_IDLE_S,
    says: "for how many seconds nobody must have used the repository before that",
  },
  prefetchInterval: {
    key: "gity.prefetchInterval",
    kind: "seconds",
    usual: PREFETCH_INTERVAL_S,
    says: "after how many seconds, 60 at least, that is due again",
  },
  maintenance: {
    key: "gity.maintenance",
    kind: "boolean",
    usual: true,
    says:
      "whether git's maintenance is done in the background. A single task is switched off by git's own " +
      "maintenance.<task>.enabled, and all of it rests where git's own schedule (maintenance.repo) looks " +
      "after the repository",
  },
  maintenanceIdle: {
    key: "gity.maintenanceIdle",
    kind: "seconds",
    usual: MAINTENANCE_IDLE_S,
    says: "for how many seconds nobody must have used the repository before that",
  },
  maintenanceInterval: {
    key: "gity.maintenanceInterval",
    kind: "seconds",
    usual: MAINTENANCE_INTERVAL_S,
    says: "after how many seconds, 60 at least, that is due again",
  },
  runWhenBusy: {
    key: "gity.runWhenBusy",
    kind: "boolean",
    usual: false,
    says: "whether background work is done on a machine that is busy, or on battery",
  },
} as const satisfies Readonly<Record<string, JobSetting>>;
