/**
 * Reading git's configuration file, and replacing it under git's own lock protocol.
 *
 * git's lock is the existence of `<file>.lock`; whoever creates it may write the new content
 * there and rename it over the file (lockfile.c). We write the content aside first, as
 * `<file>.gity`, and take the lock by linking it into place: so the lock is held for two system
 * calls, and one that we leave behind by dying in between can be told from anybody else's.
 *
 * INVARIANTS
 *
 *   [C1] The file is replaced only if its content is still what the new content was made from.
 *   [C2] A lock is removed only if it is the same inode as our `<file>.gity`.
 *   [C3] A symlinked file stays a link; what it points to is replaced.
 */

import {
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

import { GityError } from "../base/errors.ts";

/** What git gives a new configuration file, before the umask. */
const NEW_FILE_MODE = 0o644;

/** The real path of a repository's configuration file, which need not exist. [C3] */
export function configurationPath(commonDir: string): string {
  const path = `${commonDir}/config`;
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return isLink ? withFileErrors(path, () => realpathSync(path)) : path;
}

/** Returns null when there is no file. */
export function readConfiguration(path: string): Uint8Array | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") {
      return null;
    }
    throw fileFailure(path, error);
  }
}

/**
 * Puts `replacement` in the place of `expected`; null stands for no file. Returns false, and
 * changes nothing, when something else is there by now. [C1]
 *
 * @throws GityError CONFIGURATION_LOCKED, PERMISSION_DENIED
 */
export function replaceConfiguration(
  path: string,
  expected: Uint8Array | null,
  replacement: Uint8Array | null,
): boolean {
  removeLeftovers(path);
  return withFileErrors(path, () => {
    const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? NEW_FILE_MODE;
    const aside = asidePath(path);
    writeDurably(aside, replacement ?? new Uint8Array(), mode & 0o7777);
    try {
      acquireLock(path, aside);
      if (!isSameContent(readConfiguration(path), expected)) {
        unlinkSync(lockPath(path));
        return false;
      }
      if (replacement === null) {
        rmSync(path, { force: true });
        unlinkSync(lockPath(path));
      } else {
        renameSync(lockPath(path), path);
      }
      syncFolder(dirname(path));
      return true;
    } finally {
      rmSync(aside, { force: true });
    }
  });
}

/** What a gity that died in replaceConfiguration() left behind. [C2] */
export function removeLeftovers(path: string): void {
  withFileErrors(path, () => {
    const aside = lstatSync(asidePath(path), { throwIfNoEntry: false });
    if (aside === undefined) {
      return;
    }
    const lock = lstatSync(lockPath(path), { throwIfNoEntry: false });
    if (lock !== undefined && lock.ino === aside.ino && lock.dev === aside.dev) {
      unlinkSync(lockPath(path));
    }
    unlinkSync(asidePath(path));
  });
}

export function isSameContent(left: Uint8Array | null, right: Uint8Array | null): boolean {
  return left === null || right === null ? left === right : Buffer.compare(left, right) === 0;
}

function asidePath(path: string): string {
  return `${path}.gity`;
}

function lockPath(path: string): string {
  return `${path}.lock`;
}

function acquireLock(path: string, aside: string): void {
  try {
    linkSync(aside, lockPath(path));
  } catch (error) {
    const code = errorCode(error);
    if (code === "EEXIST") {
      throw lockedFailure(path, error);
    }
    if (code !== "EPERM" && code !== "EOPNOTSUPP" && code !== "EMLINK") {
      throw error;
    }
    copyAsLock(path, aside);
  }
}

/** For file systems without hard links. A lock left by a crash here is for people to remove. */
function copyAsLock(path: string, aside: string): void {
  try {
    copyFileSync(aside, lockPath(path), constants.COPYFILE_EXCL);
  } catch (error) {
    throw errorCode(error) === "EEXIST" ? lockedFailure(path, error) : error;
  }
}

function lockedFailure(path: string, cause: unknown): GityError {
  return new GityError("CONFIGURATION_LOCKED", `cannot lock '${path}': '${path}.lock' exists`, {
    cause,
  });
}

/** O_EXCL and O_NOFOLLOW: a link planted at the name is refused, not followed. */
function writeDurably(path: string, content: Uint8Array, mode: number): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const fd = openSync(path, flags, 0o600);
  try {
    for (let at = 0; at < content.length;) {
      at += writeSync(fd, content, at);
    }
    fchmodSync(fd, mode);
    fsyncSync(fd);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

function syncFolder(path: string): void {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function withFileErrors<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw fileFailure(path, error);
  }
}

function fileFailure(path: string, error: unknown): unknown {
  const code = errorCode(error);
  if (error instanceof GityError || code === undefined) {
    return error;
  }
  const isForbidden = code === "EACCES" || code === "EPERM" || code === "EROFS";
  return new GityError(
    isForbidden ? "PERMISSION_DENIED" : "GIT_FAILED",
    `cannot change '${path}': ${code}`,
    { cause: error },
  );
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}
