/**
 * The folder in which helpers meet the monitor, with the log and the cookies: `<gitdir>/gity/`, or one in
 * gity's home for a worktree that nobody registered.
 *
 * Must never: follow a symbolic link. A git directory may have been unpacked from an archive that
 * somebody else made. Nor remove what `gity share` has in the folder: it may be at work just then, and has a lock of its own.
 */

import { lstatSync, mkdirSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { ENOTDIR, SystemCallError } from "../ffi/libc.ts";

/** Of share/aside.ts. */
const SHARE_FOLDERS: readonly string[] = ["share", "share-worktrees"];

export class PrivateFolder {
  readonly path: string;
  readonly cookies: string;
  readonly log: string;

  /** The folder above it must exist. */
  constructor(path: string) {
    this.path = path;
    this.cookies = join(this.path, "cookies");
    this.log = join(this.path, "log");
  }

  /** Makes the folders where they are missing, and removes cookies that nobody waits for.
   *  @throws EROFS, EACCES, ENOSPC, …, or ENOTDIR when something else is in their place. */
  prepare(): void {
    makeFolder(this.path);
    makeFolder(this.cookies);
    for (const name of readdirSync(this.cookies)) {
      rmSync(join(this.cookies, name), { force: true, recursive: true });
    }
  }

  /** Leaves everything as it was before, but for what `gity share` has there. */
  remove(): void {
    const stat = lstatSync(this.path, { throwIfNoEntry: false });
    if (stat?.isDirectory() === true) {
      removeOwn(this.path);
    }
  }
}

/** A git that works on a copy of the index may make its lock just then; it finds no folder for another. */
function removeOwn(path: string): void {
  if (!isRemoved(path)) {
    isRemoved(path);
  }
}

/** False when something has appeared in it meanwhile, or belongs to `gity share`. */
function isRemoved(path: string): boolean {
  for (const name of readdirSync(path)) {
    if (!SHARE_FOLDERS.includes(name)) {
      rmSync(join(path, name), { force: true, recursive: true });
    }
  }
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOTEMPTY") {
      return false;
    }
    throw error;
  }
}

function makeFolder(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) {
    mkdirSync(path, { mode: 0o700 });
  } else if (!stat.isDirectory()) {
    throw new SystemCallError("mkdir", ENOTDIR, path);
  }
}
