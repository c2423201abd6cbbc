/**
 * Sees the monitor thread hang, and turns away those who wait for it: git has no read timeout, and would
 * wait for ever. A connection that ends makes git look for itself, which is slow and right.
 *
 * Owns: nothing of the monitor's. Its descriptors belong to the process; what is done to them here
 * takes the connections from it, and leaves it everything to go on with when it wakes up.
 */

import type { Fd } from "../base/brands.ts";
import type { Heartbeat } from "../base/heartbeat.ts";
import { HANG_GUARD_REST_MS, HANG_LOOK_MS, HANG_MS, HANG_MS_MAX } from "../base/limits.ts";
import { closeDescriptor } from "../ffi/descriptors.ts";
import { acceptClient, shutDown } from "../ffi/unix-socket.ts";

export interface HangGuardOptions {
  readonly heartbeat: Heartbeat;
  /** Once for each time it hangs, and when it goes on. */
  readonly onHang: () => void;
  readonly onWake: () => void;
  /** It has hung for HANG_MS_MAX: nothing is to be hoped for. */
  readonly onLost: () => void;
  /** In milliseconds, see base/limits.ts. */
  readonly hangMs?: number;
  readonly lostMs?: number;
}

export class HangGuard implements Disposable {
  readonly #options: HangGuardOptions;
  #isOver = false;
  #wake: (() => void) | undefined;

  constructor(options: HangGuardOptions) {
    this.#options = options;
    void this.#watch();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#wake?.();
  }

  async #watch(): Promise<void> {
    const { heartbeat } = this.#options;
    while (!this.#isOver) {
      // oxlint-disable-next-line no-await-in-loop
      await heartbeat.awake();
      // oxlint-disable-next-line no-await-in-loop
      await this.#followTurns();
    }
  }

  /** Until there has been none for a while. */
  async #followTurns(): Promise<void> {
    const { heartbeat } = this.#options;
    let turn = heartbeat.turn;
    let lastTurnMs = performance.now();
    while (!this.#isOver && performance.now() - lastTurnMs < HANG_GUARD_REST_MS) {
      // oxlint-disable-next-line no-await-in-loop
      await (turn > 0 ? this.#followTurn(turn) : this.#pause(HANG_LOOK_MS));
      if (heartbeat.turn !== turn) {
        turn = heartbeat.turn;
        lastTurnMs = performance.now();
      }
    }
  }

  /**
   * Until the turn has another number, looking now and then. What lies between two looks counts for no
   * more than two: while the whole process stands still (SIGSTOP, a frozen container) nobody hangs, and
   * whoever has asked meanwhile is answered a moment later.
   */
  async #followTurn(turn: number): Promise<void> {
    const { heartbeat, onHang, onWake, onLost } = this.#options;
    const { hangMs = HANG_MS, lostMs = HANG_MS_MAX } = this.#options;
    const lookMs = Math.min(HANG_LOOK_MS, hangMs / 2);
    let hungMs = 0;
    let isHanging = false;
    const isSameTurn = (): boolean => !this.#isOver && heartbeat.turn === turn;
    while (isSameTurn()) {
      // oxlint-disable-next-line no-await-in-loop
      hungMs += Math.min(await this.#pause(lookMs), 2 * lookMs);
      if (!isSameTurn() || hungMs < hangMs) {
        continue;
      }
      if (!isHanging) {
        isHanging = true;
        onHang();
      }
      if (hungMs > lostMs) {
        this.#isOver = true;
        onLost();
        return;
      }
      this.#turnAway();
    }
    if (isHanging && !this.#isOver) {
      onWake();
    }
  }

  /** Those whose requests were accepted, and those who still wait for that. */
  #turnAway(): void {
    const { clients, listeners } = this.#options.heartbeat;
    for (const fd of clients) {
      shutDown(fd);
    }
    for (const listener of listeners) {
      for (let fd = tryAccept(listener); fd !== undefined; fd = tryAccept(listener)) {
        closeDescriptor(fd);
      }
    }
  }

  /** Returns how long it was. */
  async #pause(ms: number): Promise<number> {
    const startMs = performance.now();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = setTimeout(resolve, ms);
    await promise;
    clearTimeout(timer);
    return performance.now() - startMs;
  }
}

/** Without a free descriptor they wait for the next look. */
function tryAccept(listener: Fd): Fd | undefined {
  try {
    return acceptClient(listener);
  } catch {
    return undefined;
  }
}
