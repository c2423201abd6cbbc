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
import type { SocketLoss } from "../monitor/messages.ts";
import type { Log } from "./log-file.ts";
import { takeOver } from "./take-over.ts";

/** fsmonitor-ipc.c, fsmonitor_ipc__get_path(). */
const SOCKET_NAME = "fsmonitor--daemon.ipc";

/** In milliseconds; see base/limits.ts. */
export interface SocketDelays {
  readonly taken: number;
  readonly quit: number;
  readonly stubborn: number;
}

const DELAYS: SocketDelays = {
  taken: SOCKET_RECLAIM_MS,
  quit: SOCKET_QUIT_REST_MS,
  stubborn: SOCKET_STUBBORN_MS,
};

export class SocketKeeper implements Disposable {
  readonly #log: Log;
  readonly #delays: SocketDelays;
  readonly #timers = new Map<number, Timer>();

  constructor(log: Log, delays: SocketDelays = DELAYS) {
    this.#log = log;
    this.#delays = delays;
  }

  [Symbol.dispose](): void {
    for (const timer of this.#timers.values()) {
      clearTimeout(timer);
    }
    this.#timers.clear();
  }

  /** Before the monitor binds it for the first time. True when it can. */
  async free(gitDir: string): Promise<boolean> {
    const path = join(gitDir, SOCKET_NAME);
    const occupant = await takeOver(path);
    if (occupant !== "free") {
      const reason = occupant === "gity" ? "another gity serves it" : "its server does not leave";
      this.#log.write("warn", "cannot serve git's socket", { path, reason });
    }
    return occupant === "free";
  }

  /** `serve` is called when the monitor may bind it again. One wait at a time for a worktree. */
  lost(worktreeId: number, gitDir: string, loss: SocketLoss, serve: () => void): void {
    this.#log.write("info", "git's socket was lost", { gitDir, loss });
    this.#after(worktreeId, this.#delays[loss], async () => {
      // A git directory that is being deleted must not get a new file.
      if (!existsSync(join(gitDir, "HEAD"))) {
        return;
      }
      if (await this.free(gitDir)) {
        serve();
      } else {
        this.#after(worktreeId, this.#delays.stubborn, async () => {
          this.lost(worktreeId, gitDir, loss, serve);
        });
      }
    });
  }

  /** The worktree is no longer served. */
  forget(worktreeId: number): void {
    clearTimeout(this.#timers.get(worktreeId));
    this.#timers.delete(worktreeId);
  }

  #after(worktreeId: number, delayMs: number, step: () => Promise<void>): void {
    clearTimeout(this.#timers.get(worktreeId));
    const timer = setTimeout(() => {
      this.#timers.delete(worktreeId);
      void step();
    }, delayMs);
    this.#timers.set(worktreeId, timer);
  }
}
