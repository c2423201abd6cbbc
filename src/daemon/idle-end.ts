/**
 * Ends a daemon that nobody asks.
 *
 * Looks now and then while there is an end to look for, and has no timer otherwise.
 */

import { GityError } from "../base/errors.ts";

export interface IdleEndOptions {
  /** How long nobody may have asked, as things are now; undefined: for ever. */
  readonly idleMs: () => number | undefined;
  /** Another number than before when git has asked meanwhile. */
  readonly queryCount: () => Promise<number>;
  /** Somebody listens, and is asked nothing. */
  readonly isListenedTo: () => boolean;
  readonly onIdle: () => void;
}

/** The end comes later than it could by one part of this many at most. */
const LOOKS = 4;

/** The longest a timer can wait; with more it fires at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

export class IdleEnd implements Disposable {
  readonly #options: IdleEndOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;
  #askedAtMs = performance.now();
  #queryCount = 0;

  constructor(options: IdleEndOptions) {
    this.#options = options;
    this.#arm();
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  /** Somebody has asked the daemon itself, and may have changed what there is to look for. */
  touch(): void {
    this.#askedAtMs = performance.now();
    this.#arm();
  }

  #arm(): void {
    const idleMs = this.#options.idleMs();
    if (this.#timer !== undefined || this.#isOver || idleMs === undefined) {
      return;
    }
    this.#timer = setTimeout(
      () => {
        void this.#look();
      },
      Math.min(idleMs / LOOKS, TIMER_MS_MAX),
    );
  }

  /** A monitor that does not say how often is at work: nobody calls that idle. */
  async #countQueries(): Promise<number> {
    try {
      return await this.#options.queryCount();
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      return Number.NaN;
    }
  }

  async #look(): Promise<void> {
    const { idleMs, onIdle } = this.#options;
    const count = await this.#countQueries();
    if (this.#isOver) {
      return;
    }
    this.#timer = undefined;
    if (count !== this.#queryCount || this.#options.isListenedTo()) {
      this.#queryCount = count;
      this.#askedAtMs = performance.now();
    }
    const limitMs = idleMs();
    if (limitMs !== undefined && performance.now() - this.#askedAtMs >= limitMs) {
      this.#isOver = true;
      onIdle();
      return;
    }
    this.#arm();
  }
}
