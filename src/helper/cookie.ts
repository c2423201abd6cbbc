/**
 * Proves that the monitor has seen everything that happened before now.
 *
 * A file made in the cookie folder travels through the same queue of events as all changes do.
 * When the monitor acknowledges it, every earlier change is in the log [L4].
 */

import { closeSync, openSync, unlinkSync } from "node:fs";
import { join } from "node:path";

import type { LogReader } from "../log/reader.ts";

/** A look costs nothing, a sleep at least 50 µs: most acknowledgements come before the first. */
const LOOKS_BEFORE_SLEEP = 200;
const SLEEP_MS = 0.1;

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** True when acknowledged within `waitMs`. @throws ENOENT, EROFS, EACCES, ENOSPC, … */
export function proveCaughtUp(log: LogReader, folder: string, waitMs: number): boolean {
  const cookie = crypto.getRandomValues(new Uint8Array(8)).toHex();
  const path = join(folder, cookie);
  const endMs = performance.now() + waitMs;
  closeSync(openSync(path, "wx", 0o600));
  try {
    for (let looks = 0; performance.now() < endMs; looks += 1) {
      if (log.isAcknowledged(cookie)) {
        return true;
      }
      if (looks >= LOOKS_BEFORE_SLEEP) {
        Atomics.wait(sleeper, 0, 0, SLEEP_MS);
      }
    }
    return false;
  } finally {
    removeCookie(path);
  }
}

/** The monitor may have swept the folder in the meantime. */
function removeCookie(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) {
      throw error;
    }
  }
}
