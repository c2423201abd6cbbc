/**
 * What the monitor knows of a worktree, as it is reported to people and tools.
 *
 * Shared by the monitor, which fills it in, and by the API, which shows it.
 */

import type { ErrorCode } from "../base/errors.ts";

/**
 * - `crawling`: the tree is being covered for the first time.
 * - `catching-up`: coverage was lost and is being restored.
 * - `ready`: every change is seen; answers are exact.
 * - `degraded`: the tree cannot be covered; every answer is `/`, with the reason and the cure.
 */
export type WorktreeState = (typeof WORKTREE_STATES)[number];

export const WORKTREE_STATES = ["crawling", "catching-up", "ready", "degraded"] as const;

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
  readonly queries: number;
  /** How many of them were answered with `/`. */
  readonly unknownAnswers: number;
  readonly eventsRead: number;
  /** Times coverage was lost and restored. */
  readonly resyncs: number;
  /** The last crawl of the whole tree, in milliseconds; null before the first has ended. */
  readonly crawlMs: number | null;
  /** Of these, spent in inotify_add_watch(2). */
  readonly watchMs: number | null;
  /** Directories found so far while the state is `crawling` or `catching-up`. */
  readonly crawledDirectories: number;
}
