/**
 * Sees to it that git's socket of each registered worktree stays the monitor's: before it is bound,
 * after another server took it, and after somebody told gity to leave it.
 *
 * Owns: the waiting. The monitor binds and notices; making others leave takes time, which the monitor
 * has not.
 */

import { existsSync } from "node:fs";
import { join } from "node:path";

import { SOCKET_QUIT_REST_MS, SOCKET_RECLAIM_MS, SOCKET_STUBBORN_MS } from "../base/limits.ts";
import type { WorktreeLocation } from "../git/discover.ts";
import type { SocketLoss } from "../monitor/messages.ts";
import type { Log } from "./log-file.ts";
import { type Outcome, takeOver } from "./take-over.ts";
import { GIT_SOCKET_NAME } from "../protocol/way.ts";

/** In milliseconds; see base/limits.ts. */
export interface SocketDelays {
  readonly taken: number;
  readonly quit: number;
  readonly stubborn: number;
}

const REASONS = {
  busy: "it is being bound, or its folder cannot be written to",
  gity: "another gity serves it",
  stubborn: "its server does not leave",
} as const;

const DELAYS: SocketDelays = {
  taken: SOCKET_RECLAIM_MS,
  quit: SOCKET_QUIT_REST_MS,
  stubborn: SOCKET_STUBBORN_MS,
};

interface Wait {
  readonly timer: Timer;
  readonly step: () => Promise<void>;
}

export class SocketKeeper implements Disposable {
  readonly #log: Log;
  readonly #delays: SocketDelays;
  readonly #waits = new Map<number, Wait>();

  constructor(log: Log, delays: SocketDelays = DELAYS) {
    this.#log = log;
    this.#delays = delays;
  }

  [Symbol.dispose](): void {
    for (const { timer } of this.#waits.values()) {
      clearTimeout(timer);
    }
    this.#waits.clear();
  }

  /** True when the monitor can bind it; then its lock is taken, and for the monitor to release. */
  async free({ gitDir, root }: WorktreeLocation): Promise<boolean> {
    return existsSync(root) && (await this.#takeOver(gitDir)) === "locked";
  }

  async #takeOver(gitDir: string): Promise<Outcome> {
    const path = join(gitDir, GIT_SOCKET_NAME);
    const outcome = await takeOver(path);
    if (outcome !== "locked") {
      this.#log.write("warn", "cannot serve git's socket", { path, reason: REASONS[outcome] });
    }
    return outcome;
  }

  /** `serve` is called when the monitor may bind it again. One wait at a time for a worktree. */
  lost(worktreeId: number, place: WorktreeLocation, loss: SocketLoss, serve: () => void): void {
    const { gitDir, root } = place;
    this.#log.write("info", "git's socket was lost", { gitDir, loss });
    this.#after(worktreeId, this.#delays[loss], async () => {
      // A git directory that is being deleted must not get a new file.
      if (!existsSync(root) || !existsSync(join(gitDir, "HEAD"))) {
        return;
      }
      const outcome = await this.#takeOver(gitDir);
      if (outcome === "locked") {
        serve();
      } else if (outcome === "busy") {
        this.lost(worktreeId, place, "taken", serve);
      } else {
        this.#after(worktreeId, this.#delays.stubborn, async () => {
          this.lost(worktreeId, place, loss, serve);
        });
      }
    });
  }

  /** The user wants it to be served: now, if it is waited for. */
  async hurry(worktreeId: number): Promise<void> {
    const wait = this.#waits.get(worktreeId);
    this.forget(worktreeId);
    await wait?.step();
  }

  /** The worktree is no longer served. */
  forget(worktreeId: number): void {
    clearTimeout(this.#waits.get(worktreeId)?.timer);
    this.#waits.delete(worktreeId);
  }

  #after(worktreeId: number, delayMs: number, step: () => Promise<void>): void {
    this.forget(worktreeId);
    const timer = setTimeout(() => {
      this.#waits.delete(worktreeId);
      void step();
    }, delayMs);
    this.#waits.set(worktreeId, { timer, step });
  }
}
