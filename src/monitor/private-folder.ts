/**
 * The folder in which helpers meet the monitor, with the log and the cookies: `<gitdir>/gity/`, or one in
 * gity's home for a worktree that nobody registered.
 *
 * Must never: follow a symbolic link. A git directory may have been unpacked from an archive that
 * somebody else made.
 */

import { lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

import { ENOTDIR, SystemCallError } from "../ffi/libc.ts";

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

  /** Leaves everything as it was before. */
  remove(): void {
    const stat = lstatSync(this.path, { throwIfNoEntry: false });
    if (stat?.isDirectory() === true) {
      removeFolder(this.path);
    }
  }
}

/** A git that works on a copy of the index may make its lock just then; it finds no folder for another. */
function removeFolder(path: string): void {
  try {
    rmSync(path, { force: true, recursive: true });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOTEMPTY")) {
      throw error;
    }
    rmSync(path, { force: true, recursive: true });
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
