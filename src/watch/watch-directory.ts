/**
 * Putting one directory under watch: the mask, and paths that are too long for the kernel.
 */

import type { Fd } from "../base/brands.ts";
import { closeDescriptor } from "../ffi/descriptors.ts";
import { openDirectory } from "../ffi/directory.ts";
import {
  addWatch,
  IN_ATTRIB,
  IN_CLOSE_WRITE,
  IN_CREATE,
  IN_DELETE,
  IN_DELETE_SELF,
  IN_DONT_FOLLOW,
  IN_MASK_ADD,
  IN_MODIFY,
  IN_MOVE_SELF,
  IN_MOVED_FROM,
  IN_MOVED_TO,
  IN_ONLYDIR,
} from "../ffi/inotify.ts";
import { EACCES, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EPERM } from "../ffi/libc.ts";

const ONLY_REAL_DIRECTORIES = IN_ONLYDIR | IN_DONT_FOLLOW;

/**
 * IN_MODIFY sees a write while the file stays open; IN_CLOSE_WRITE sees the end of a mapping that
 * was written to, which causes no other event (a mapping keeps the file open until it is unmapped,
 * also after close(2)).
 *
 * IN_MASK_ADD: a root that is mounted below itself is watched once more from there, and must keep
 * what only the root's mask has.
 */
export const DIRECTORY_MASK =
  IN_MODIFY |
  IN_ATTRIB |
  IN_CLOSE_WRITE |
  IN_MOVED_FROM |
  IN_MOVED_TO |
  IN_CREATE |
  IN_DELETE |
  IN_MASK_ADD |
  ONLY_REAL_DIRECTORIES;

/** Of a directory below the root its parent says that it went; nobody else says so of the root. */
export const ROOT_MASK = DIRECTORY_MASK | IN_DELETE_SELF | IN_MOVE_SELF;

export const COOKIE_MASK = IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | ONLY_REAL_DIRECTORIES;

/** Returns the watch descriptor, or the negated errno. `path` ends with NUL. */
export function watchDirectory(inotifyFd: Fd, path: Uint8Array, mask: number): number {
  const wd = addWatch(inotifyFd, path, mask);
  return wd === -ENAMETOOLONG ? watchLongPath(inotifyFd, path, mask) : wd;
}

/** inotify_add_watch(2) has no variant for a descriptor; /proc has a short name for one. */
function watchLongPath(inotifyFd: Fd, path: Uint8Array, mask: number): number {
  const directory = openDirectory(path);
  if (directory < 0) {
    return directory;
  }
  const wd = addWatch(inotifyFd, Buffer.from(`/proc/self/fd/${directory}/.\0`, "latin1"), mask);
  closeDescriptor(directory as Fd);
  return wd;
}

/**
 * What it means that a directory could not be watched or listed.
 *
 * - `gone`: no directory (any more); its parent's events say so, or have said so.
 * - `forbidden`: there is one that we may not read. git may still reach files in it by name.
 * - `failure`: anything else, limits among them: the tree is not covered.
 */
export type Refusal = "gone" | "forbidden" | "failure";

export function refusalOf(errno: number): Refusal {
  switch (errno) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
      return "gone";
    case EACCES:
    case EPERM:
      return "forbidden";
    default:
      return "failure";
  }
}
