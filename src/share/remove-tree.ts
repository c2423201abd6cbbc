/**
 * Removes a tree that this program has made, or put aside. A symbolic link in it is removed, never followed; what
 * is mounted in it stays, with everything above it.
 */

import type { Fd } from "../base/brands.ts";
import {
  lookAtEntry,
  openDirectoryEntry,
  removeDirectoryEntry,
  removeFileEntry,
  setPermissions,
} from "../ffi/entries.ts";
import { found } from "../ffi/file-status.ts";
import { ENOENT, EXDEV } from "../ffi/libc.ts";
import { mountOf } from "./mounts.ts";
import { namesIn, OpenEntry } from "./open-below.ts";

/** For its owner everything is permitted. */
const OWNERS = 0o700;

/** Returns 0, also when there is no such entry, or the negated errno of what could not be removed: -EXDEV where
 *  something is mounted. */
export function removeEntry(directory: Fd, name: string): number {
  const mount = mountOf(directory);
  return mount === undefined ? -EXDEV : removeOn(mount, directory, name);
}

function removeOn(mount: string, directory: Fd, name: string): number {
  const looked = lookAtEntry(directory, name);
  if (looked !== 0) {
    return unlessGone(looked);
  }
  if (!found.isDirectory) {
    return unlessGone(removeFileEntry(directory, name));
  }
  const fd = openDirectoryEntry(directory, name);
  if (fd < 0) {
    return unlessGone(fd);
  }
  using opened = new OpenEntry(fd);
  if (mountOf(opened.fd) !== mount) {
    return -EXDEV;
  }
  // What is in it cannot be removed otherwise. Somebody else's stays as it is, and then says so.
  setPermissions(opened.fd, OWNERS);
  for (const each of namesIn(opened.fd)) {
    const removed = removeOn(mount, opened.fd, each);
    if (removed !== 0) {
      return removed;
    }
  }
  return unlessGone(removeDirectoryEntry(directory, name));
}

function unlessGone(result: number): number {
  return result === -ENOENT ? 0 : result;
}
