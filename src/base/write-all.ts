/**
 * Writing to a descriptor until everything is written, whatever stands behind it.
 *
 * Not process.stdout: loading it takes as long as starting the runtime does.
 */

import { writeSync } from "node:fs";

/** A pipe that does not block may be full. @throws EPIPE, ENOSPC, … */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) {
        throw error;
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
