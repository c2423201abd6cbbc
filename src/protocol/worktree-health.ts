/**
 * What the monitor knows of a worktree, as it is reported to people and tools.
 *
 * Shared by the monitor, which fills it in, and by the API, which shows it.
 */

import type { ErrorCode } from "../base/errors.ts";
import type { LatencyReport } from "../base/latency-histogram.ts";
import type { UnknownCounts } from "./unknown-reason.ts";

/**
 * - `crawling`: the tree is being covered for the first time.
 * - `catching-up`: coverage was lost and is being restored.
 * - `ready`: every change is seen; answers are exact.
 * - `degraded`: the tree cannot be covered; every answer is `/`, with the reason and the cure.
 */
export type WorktreeState = "crawling" | "catching-up" | "ready" | "degraded";

export interface WorktreeHealth {
  readonly state: WorktreeState;
  /** Why the state is what it is, where that is not the normal course. */
  readonly reason: string | null;
  /** What a person can do about it. */
  readonly cure: string | null;
  /** The reason for programs; a worktree refused with UNSUPPORTED_FILE_SYSTEM is not registered. */
  readonly code?: ErrorCode;
  /** The newest token, also valid as "since" of a later question. */
  readonly token: string;
  /** Under which generations are comparable. */
  readonly epoch: string;
  readonly generation: number;
  /** Tokens below this generation are answered with `/`. */
  readonly oldestGeneration: number;
  readonly watchedDirectories: number;
  /** Ignored directories without a tracked file: neither they nor what is below is watched. */
  readonly excludedDirectories: number;
  /** Names of files that have several: they are part of every answer. */
  readonly linkedEntries: number;
  /**
   * What gity cannot see in this worktree, each in a sentence, and what it does about it. What it can
   * see nowhere is in the README, "Limits".
   */
  readonly blindSpots: readonly string[];
  /** Distinct paths in the history. */
  readonly historyPaths: number;
  /** Of the history, in memory: an estimate from the number of paths. */
  readonly historyBytes: number;
  /** Of the table of watched directories: an estimate from their number. */
  readonly tableBytes: number;
  /** Questions of git and of tools. A helper that reads the log has asked once, also when it goes by
   *  itself to another answer than the monitor would have given: with too old a token, to `/`. */
  readonly queries: number;
  /** How many of them were answered with `/`, as far as the monitor knows: see `queries`. */
  readonly unknownAnswers: number;
  /** The same by reason. */
  readonly unknownReasons: UnknownCounts;
  /** From the turn in which a client was accepted, or a helper's cookie read, until the reply was
   *  handed to the kernel, whole or in part. */
  readonly latency: LatencyReport;
  readonly eventsRead: number;
  /** How long ago the last event was noticed; null before the first. */
  readonly lastEventAgeMs: number | null;
  readonly catchUp: CatchUpHealth;
  /** Times coverage was lost and restored. */
  readonly resyncs: number;
  /** The last crawl of the whole tree, in milliseconds; null before the first has ended. */
  readonly crawlMs: number | null;
  /** Of these, spent in inotify_add_watch(2). */
  readonly watchMs: number | null;
  /** Directories found so far while the state is `crawling` or `catching-up`. */
  readonly crawledDirectories: number;
}

/** What became of the tokens from before the last interruption, and what the next one will go by. */
export interface CatchUpHealth {
  /**
   * - `none`: there was no interruption in this epoch.
   * - `running`: it is being found out what has changed meanwhile.
   * - `caught-up`: it is known; older tokens are answered.
   * - `forgotten`: it is not known; older tokens get `/`.
   */
  readonly outcome: "none" | "running" | "caught-up" | "forgotten";
  /** Tokens below this generation are answered to those only who use the index of then; null: there
   *  are none. */
  readonly oldestDirectGeneration: number | null;
  /** The newest snapshot on disk is of this generation; null: there is none of this epoch. */
  readonly snapshotGeneration: number | null;
}

export const NO_CATCH_UP: CatchUpHealth = {
  outcome: "none",
  oldestDirectGeneration: null,
  snapshotGeneration: null,
};
