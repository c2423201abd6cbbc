/**
 * One worktree, followed by several who do not know each other: the monitor is told to stop when the last of them
 * has let it go. What moves is told to all; each asks with a token of its own.
 */

import type { MonitorChanges } from "./monitor-thread.ts";

/** What is needed of the monitor; MonitorThread has it. */
export interface FollowableMonitor {
  follow(worktreeId: number, commonDir: string, since: string): Promise<MonitorChanges | undefined>;
  unfollow(worktreeId: number): void;
}

export class SharedFollowing {
  readonly #monitor: FollowableMonitor;
  /** Who follows, by worktree. */
  readonly #holders = new Map<number, Set<FollowableMonitor>>();

  constructor(monitor: FollowableMonitor) {
    this.#monitor = monitor;
  }

  /** For one of those who follow. */
  share(): FollowableMonitor {
    const holder: FollowableMonitor = {
      follow: async (worktreeId, commonDir, since) => {
        const holders = this.#holders.get(worktreeId) ?? new Set();
        this.#holders.set(worktreeId, holders.add(holder));
        return this.#monitor.follow(worktreeId, commonDir, since);
      },
      unfollow: (worktreeId) => {
        const holders = this.#holders.get(worktreeId);
        if (holders?.delete(holder) === true && holders.size === 0) {
          this.#holders.delete(worktreeId);
          this.#monitor.unfollow(worktreeId);
        }
      },
    };
    return holder;
  }
}
