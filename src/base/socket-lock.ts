/**
 * The lock beside git's socket: whoever binds the path holds it, git's own daemon included
 * (unix-stream-server.c), so that of two servers one gets it.
 */

import { closeSync, constants, lstatSync, openSync, rmSync, unlinkSync } from "node:fs";

import { SOCKET_LOCK_STALE_MS } from "./limits.ts";

const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * False when somebody else holds it. A lock that nobody holds any more, of a process that was killed,
 * is taken over.
 *
 * @throws EROFS, EACCES, ENOENT, …
 */
export function takeSocketLock(socketPath: string): boolean {
  const path = lockOf(socketPath);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  // One from the future is older than the moment when the clock was set back.
  if (stat !== undefined && Math.abs(Date.now() - stat.mtimeMs) > SOCKET_LOCK_STALE_MS) {
    unlinkSync(path);
  }
  try {
    const fd = openSync(path, FLAGS, 0o600);
    // Nothing was written: what close(2) may complain of is of no matter.
    withoutComplaint(() => {
      closeSync(fd);
    });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") {
      return false;
    }
    throw error;
  }
}

/** Only by who took it. One that cannot be removed is in the way until it is stale. */
export function releaseSocketLock(socketPath: string): void {
  withoutComplaint(() => {
    rmSync(lockOf(socketPath), { force: true });
  });
}

function lockOf(socketPath: string): string {
  return `${socketPath}.lock`;
}

function withoutComplaint(step: () => void): void {
  try {
    step();
  } catch {
    // See the callers.
  }
}
