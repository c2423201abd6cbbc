/**
 * Looks for new worktrees of a repository after a sign of one: a few times, because git makes a
 * worktree in several steps and only the first of them shows.
 *
 * Owns: the waiting. A sign during a search begins it anew.
 */

import { WORKTREE_LOOKS_MS } from "../base/limits.ts";

export class WorktreeFinder implements Disposable {
  /** True when nothing more is to be expected. */
  readonly #find: (repositoryId: number) => Promise<boolean>;
  readonly #timers = new Map<number, Timer>();
  #isEnded = false;

  constructor(find: (repositoryId: number) => Promise<boolean>) {
    this.#find = find;
  }

  /** Signs may still come, as long as the monitor is there. */
  [Symbol.dispose](): void {
    this.#isEnded = true;
    for (const timer of this.#timers.values()) {
      clearTimeout(timer);
    }
    this.#timers.clear();
  }

  look(repositoryId: number): void {
    if (!this.#isEnded) {
      this.#lookAfter(repositoryId, WORKTREE_LOOKS_MS);
    }
  }

  #lookAfter(repositoryId: number, [delayMs, ...later]: readonly number[]): void {
    clearTimeout(this.#timers.get(repositoryId));
    if (delayMs === undefined) {
      this.#timers.delete(repositoryId);
      return;
    }
    const timer = setTimeout(() => {
      void this.#lookNow(repositoryId, timer, later);
    }, delayMs);
    this.#timers.set(repositoryId, timer);
  }

  async #lookNow(repositoryId: number, timer: Timer, later: readonly number[]): Promise<void> {
    const isDone = await this.#find(repositoryId);
    // Another sign came, or everything ends.
    if (this.#timers.get(repositoryId) === timer) {
      this.#lookAfter(repositoryId, isDone ? [] : later);
    }
  }
}
