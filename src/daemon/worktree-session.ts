/**
 * One worktree as the control thread sees it: its row, what the monitor last said of it, and
 * those who wait for it to become something else.
 */

import type { ErrorCode } from "../base/errors.ts";
import { EMPTY_LATENCY } from "../base/latency-histogram.ts";
import type { StatusMeasurement } from "../protocol/api.ts";
import {
  NO_ANSWERED_PATHS,
  NO_CATCH_UP,
  type WorktreeHealth,
  type WorktreeState,
} from "../protocol/worktree-health.ts";
import { freshToken } from "../protocol/token.ts";
import { NO_UNKNOWN_ANSWERS } from "../protocol/unknown-reason.ts";
import type { WorktreeRow } from "../store/worktrees.ts";

export class WorktreeSession {
  readonly row: WorktreeRow;
  /** False until the monitor serves it, and for good when it cannot. */
  isOpen = false;
  /** Unix time at which the monitor began to watch it, and to count; until then that of this object. */
  countedSinceMs = Date.now();
  /** As the store has it. */
  measurement: StatusMeasurement | null = null;
  #health: WorktreeHealth = unservedHealth("crawling", null, null);
  readonly #waiters = new Set<(isEarly: true) => void>();

  /** Of one that nobody registered: the folder in gity's home where helpers look for it. */
  readonly ownFolder: string | undefined;

  /** When git made it, as far as that has been noticed. Undefined of a main worktree. */
  madeAtMs: number | undefined;

  /** Of its repository; set when it is opened. */
  commonDir: string | undefined;

  constructor(row: WorktreeRow, ownFolder?: string) {
    this.row = row;
    this.ownFolder = ownFolder;
  }

  get health(): WorktreeHealth {
    return this.#health;
  }

  update(health: WorktreeHealth): void {
    const hasLeft = health.state !== this.#health.state;
    this.#health = health;
    if (hasLeft) {
      this.wake();
    }
  }

  /** The monitor does not serve it. */
  markUnserved(reason: string, cure: string, code?: ErrorCode): void {
    this.isOpen = false;
    const health = unservedHealth("degraded", reason, cure);
    this.update(code === undefined ? health : { ...health, code });
  }

  /** A count that grows while a walker is at work. */
  markProgress(crawledDirectories: number): void {
    if (this.#health.state === "crawling" || this.#health.state === "catching-up") {
      this.#health = { ...this.#health, crawledDirectories };
    }
  }

  /** Resolves when the state is another, or after `waitMs`. */
  async leaving(state: WorktreeState, waitMs: number): Promise<void> {
    if (this.#health.state !== state) {
      return;
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => {
      resolve(false);
    }, waitMs);
    this.#waiters.add(resolve);
    await promise;
    this.#waiters.delete(resolve);
    clearTimeout(timer);
  }

  /** Lets everybody who waits look again. */
  wake(): void {
    for (const resolve of this.#waiters) {
      resolve(true);
    }
  }
}

function unservedHealth(
  state: WorktreeState,
  reason: string | null,
  cure: string | null,
): WorktreeHealth {
  return {
    state,
    reason,
    cure,
    token: freshToken(),
    epoch: "0".repeat(16),
    generation: 0,
    oldestGeneration: 0,
    watchedDirectories: 0,
    excludedDirectories: 0,
    linkedEntries: 0,
    blindSpots: [],
    historyPaths: 0,
    historyBytes: 0,
    tableBytes: 0,
    queries: 0,
    unknownAnswers: 0,
    unknownReasons: NO_UNKNOWN_ANSWERS,
    answeredPaths: NO_ANSWERED_PATHS,
    latency: EMPTY_LATENCY,
    eventsRead: 0,
    lastEventAgeMs: null,
    catchUp: NO_CATCH_UP,
    resyncs: 0,
    crawlMs: null,
    watchMs: null,
    crawledDirectories: 0,
  };
}
