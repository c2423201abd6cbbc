/**
 * Names of files: given, taken away, and moved. Paths end with NUL; each call returns 0, or the negated errno.
 *
 * Not node:fs: what is done here is done while others wait, and must not allocate.
 */

import { errno, libc } from "./libc.ts";

/** Another name for a file, where there must be nothing; a symbolic link is not followed. */
export function linkFile(path: Uint8Array, newPath: Uint8Array): number {
  return libc.link(path, newPath) === -1 ? -errno() : 0;
}

/** In the place of whatever has that name. */
export function renameFile(path: Uint8Array, newPath: Uint8Array): number {
  return libc.rename(path, newPath) === -1 ? -errno() : 0;
}

export function removeFile(path: Uint8Array): number {
  return libc.unlink(path) === -1 ? -errno() : 0;
}
