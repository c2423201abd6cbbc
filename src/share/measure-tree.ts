/** How much is in a directory, and when the newest of it was changed. */

import type { Fd } from "../base/brands.ts";
import { SHARE_DEPTH_MAX } from "../base/limits.ts";
import { lookAtEntry, openDirectoryEntry } from "../ffi/entries.ts";
import { found, lookAtOpen } from "../ffi/file-status.ts";
import type { ShareSize } from "../protocol/share.ts";
import { namesIn, openBelow, OpenEntry } from "./open-below.ts";

/** What goes, or may not be looked into, is not counted; neither is what is deeper than can be mirrored. */
export function measureTree(directory: Fd): ShareSize {
  const size = { files: 0, directories: 0, bytes: 0, newestMs: 0 };
  if (lookAtOpen(directory) === 0) {
    size.newestMs = found.modifiedAtMs;
    measureInto(size, directory, 0);
  }
  return size;
}

function measureInto(
  size: { files: number; directories: number; bytes: number; newestMs: number },
  directory: Fd,
  depth: number,
): void {
  for (const name of depth < SHARE_DEPTH_MAX ? namesIn(directory) : []) {
    if (lookAtEntry(directory, name) !== 0) {
      continue;
    }
    size.newestMs = Math.max(size.newestMs, found.modifiedAtMs);
    if (found.isDirectory) {
      size.directories += 1;
      const fd = openDirectoryEntry(directory, name);
      if (fd >= 0) {
        using opened = new OpenEntry(fd);
        measureInto(size, opened.fd, depth + 1);
      }
    } else {
      size.files += 1;
      size.bytes += found.isRegularFile ? found.sizeBytes : 0;
    }
  }
}

/** Where in it a repository or a worktree of one begins, latin1; undefined when there is none. */
export function findRepository(directory: Fd, depth = 0): string | undefined {
  const names = depth < SHARE_DEPTH_MAX ? namesIn(directory) : [];
  if (names.includes(".git")) {
    return ".";
  }
  for (const name of names) {
    if (lookAtEntry(directory, name) !== 0 || !found.isDirectory) {
      continue;
    }
    using below = openBelow(directory, [name]);
    const place = below === undefined ? undefined : findRepository(below.fd, depth + 1);
    if (place !== undefined) {
      return place === "." ? name : `${name}/${place}`;
    }
  }
  return undefined;
}
