/**
 * Every call to the system that the monitor makes, counted, and one of them made to fail.
 *
 * Owns: the wrappers around the table in src/ffi/libc.ts and around the functions of node:fs, and
 * the clock. The wrappers stay transparent while nothing is armed, and while the
 * script that plays the rest of the world is on the stage.
 */

import { errnoForTest, libc } from "../../src/ffi/libc.ts";
import { fileError, interceptFiles } from "../support/failing-files.ts";

type LibcName = keyof typeof libc;

/** A failure to come: the `nth` call (from 1) of this name, counted while the monitor runs. */
export interface Failure {
  readonly call: string;
  readonly nth: number;
  readonly errno: number;
  /** How many calls in a row fail; one if not given. */
  readonly times?: number;
}

/** The names of these calls begin with this, to tell them from libc's. */
export const FILE_FUNCTION_PREFIX = "fs.";

/** A descriptor is gone, and a watch is, whatever these calls say (close(2), inotify_rm_watch(2)):
 *  they do their work before they fail. */
const WORKS_ALTHOUGH_FAILED = new Set(["close", "inotify_rm_watch", "fs.closeSync"]);

const realCalls = { ...libc };

export class CallFailures implements Disposable {
  readonly counts = new Map<string, number>();
  readonly #failure: Failure | undefined;
  readonly #realNow = performance.now.bind(performance);
  readonly #files: Disposable;
  #isWatching = false;
  #hasFired = false;
  #nowMs = 1_000_000;

  /** `poll` is what poll(2) does when it does not fail; it gets the real one. */
  constructor(
    failure: Failure | undefined,
    poll: (real: (typeof libc)["poll"], ...args: readonly unknown[]) => number,
  ) {
    this.#failure = failure;
    for (const name of Object.keys(realCalls) as LibcName[]) {
      const real = realCalls[name];
      libc[name] = (...args) => {
        errnoForTest.value = 0;
        const errno = this.#next(name);
        if (errno === undefined) {
          return name === "poll" ? poll(real, ...args) : real(...args);
        }
        if (WORKS_ALTHOUGH_FAILED.has(name)) {
          real(...args);
        }
        errnoForTest.value = errno;
        return -1;
      };
    }
    this.#files = interceptFiles((name, real, args) => {
      const errno = this.#next(`${FILE_FUNCTION_PREFIX}${name}`);
      if (errno === undefined) {
        return real(...args);
      }
      if (WORKS_ALTHOUGH_FAILED.has(`${FILE_FUNCTION_PREFIX}${name}`)) {
        real(...args);
      }
      throw fileError(name, errno);
    });
    performance.now = () => this.#nowMs;
  }

  [Symbol.dispose](): void {
    Object.assign(libc, realCalls);
    errnoForTest.value = 0;
    this.#files[Symbol.dispose]();
    performance.now = this.#realNow;
  }

  get hasFired(): boolean {
    return this.#hasFired;
  }

  /** The only time there is: nothing happens by itself. */
  get nowMs(): number {
    return this.#nowMs;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }

  /** Runs code of gity's: its calls count, and may fail. */
  watching<Result>(run: () => Result): Result {
    return this.#with(true, run);
  }

  /** Runs code of the test's: its calls are nobody's business. */
  unwatched<Result>(run: () => Result): Result {
    return this.#with(false, run);
  }

  #with<Result>(isWatching: boolean, run: () => Result): Result {
    const before = this.#isWatching;
    this.#isWatching = isWatching;
    try {
      return run();
    } finally {
      this.#isWatching = before;
    }
  }

  /** The errno with which this call is to fail. */
  #next(call: string): number | undefined {
    if (!this.#isWatching) {
      return undefined;
    }
    const count = (this.counts.get(call) ?? 0) + 1;
    this.counts.set(call, count);
    const failure = this.#failure;
    if (failure?.call !== call || count < failure.nth) {
      return undefined;
    }
    if (count >= failure.nth + (failure.times ?? 1)) {
      return undefined;
    }
    this.#hasFired = true;
    return failure.errno;
  }
}
