/**
 * Proves that the monitor has seen everything that happened before now.
 *
 * A file made in the cookie folder travels through the same queue of events as all changes do.
 * When the monitor acknowledges it, every earlier change is in the log [L4].
 */

import { closeSync, openSync, unlinkSync } from "node:fs";

/**
 * The monitor needs about 0.1 ms. Each look in between asks the kernel something, 2 µs, so that
 * the loop stays cold: a hot one has the runtime start a compiler thread, which costs more than
 * the wait. A pause costs 0.1 ms at least; it is for when the monitor has other things to do.
 */
const LOOKS_BEFORE_PAUSE = 60;
const PAUSE_MS = 0.05;

export class Cookie implements Disposable {
  readonly name = cookieName();
  readonly #path: string;

  /** @throws ENOENT, EROFS, EACCES, ENOSPC, … */
  constructor(folder: string) {
    this.#path = `${folder}/${this.name}`;
    closeSync(openSync(this.#path, "wx", 0o600));
  }

  /** The monitor may have swept the folder in the meantime. */
  [Symbol.dispose](): void {
    try {
      unlinkSync(this.#path);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) {
        throw error;
      }
    }
  }
}

/**
 * Differs from every other helper's at this moment by the process id, whose low byte is also the
 * slot in the log, and from every earlier one's by chance. It is no secret: real randomness would
 * have the runtime set up its cryptography, which takes longer than the cookie.
 */
function cookieName(): string {
  const chance = Math.floor(Math.random() * 2 ** 32);
  return hex32(chance) + hex32(process.pid);
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, "0").slice(-8);
}

/**
 * True when acknowledged before `endMs` on the clock of performance.now(); false also as soon as
 * there is nobody left who could.
 */
export function waitForAcknowledgement(
  isAcknowledged: () => boolean,
  isWriterAlive: () => boolean,
  endMs: number,
): boolean {
  for (let looks = 0; !isAcknowledged(); looks += 1) {
    if (!isWriterAlive() || performance.now() > endMs) {
      return false;
    }
    if (looks > LOOKS_BEFORE_PAUSE) {
      pause();
    }
  }
  return true;
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
}
