/**
 * A finished mirror, put where it belongs in one step: at no moment is there half of it, and nothing that was there is
 * lost.
 */

import type { Fd } from "../base/brands.ts";
import { GityError } from "../base/errors.ts";
import { type EntryPlace, lookAtEntry, openDirectoryEntry, renameEntry } from "../ffi/entries.ts";
import { found } from "../ffi/file-status.ts";
import { EEXIST, EINVAL, ENOENT, ENOSYS, ENOTDIR, ENOTEMPTY, EXDEV } from "../ffi/libc.ts";
import { shareFailure } from "./failure.ts";
import { measureTree } from "./measure-tree.ts";
import { namesIn, OpenEntry } from "./open-below.ts";

/** What is where a mirror would go. */
export type Standing = "absent" | "empty" | "full" | "blocked";

export function standingOf(parent: Fd, name: string): Standing {
  const looked = lookAtEntry(parent, name);
  if (looked !== 0) {
    return looked === -ENOENT ? "absent" : "blocked";
  }
  if (!found.isDirectory) {
    return "blocked";
  }
  const fd = openDirectoryEntry(parent, name);
  if (fd < 0) {
    return "blocked";
  }
  using directory = new OpenEntry(fd);
  return namesIn(directory.fd).length === 0 ? "empty" : "full";
}

/**
 * "placed": it is there now. "exchanged": it is there, and what was there is where it came from. "full": something is
 * there, and stays.
 *
 * @throws GityError SHARE_FAILED; what was there may then be where the mirror came from
 */
export function putInPlace(
  from: EntryPlace,
  to: EntryPlace,
  /** Replaces what is there and was not changed after this; undefined: nothing. */
  replacedUntilMs: number | undefined,
): "placed" | "exchanged" | "full" {
  const first = renameEntry(from, to, "keep");
  // Not every file system can keep what is there; of a directory rename(2) replaces an empty one only.
  const code = isRefusal(first) ? renameEntry(from, to, "usual") : first;
  if (code === 0) {
    return "placed";
  }
  if (code !== -ENOTEMPTY && code !== -EEXIST) {
    throw placeFailure(to, -code);
  }
  return replacedUntilMs === undefined ? "full" : exchange(from, to, replacedUntilMs);
}

function isRefusal(code: number): boolean {
  return code === -EEXIST || code === -EINVAL || code === -ENOSYS;
}

function exchange(from: EntryPlace, to: EntryPlace, replacedUntilMs: number): "exchanged" | "full" {
  const exchanged = renameEntry(from, to, "exchange");
  if (exchanged !== 0) {
    throw exchanged === -EINVAL || exchanged === -ENOSYS
      ? new GityError(
          "SHARE_FAILED",
          `cannot replace '${to.name}' in one step on this file system`,
          {
            hint: "remove it first",
          },
        )
      : placeFailure(to, -exchanged);
  }
  // Somebody may have gone on with it until this moment.
  let hasGoneOn = true;
  try {
    hasGoneOn = newestIn(from) > replacedUntilMs;
  } finally {
    // After a failure, too: nobody knows then.
    if (hasGoneOn) {
      exchangeBack(from, to);
    }
  }
  return hasGoneOn ? "full" : "exchanged";
}

function exchangeBack(from: EntryPlace, to: EntryPlace): void {
  const back = renameEntry(from, to, "exchange");
  if (back !== 0) {
    throw placeFailure(to, -back);
  }
}

function newestIn({ directory, name }: EntryPlace): number {
  const fd = openDirectoryEntry(directory, name);
  if (fd < 0) {
    return Number.POSITIVE_INFINITY;
  }
  using opened = new OpenEntry(fd);
  return measureTree(opened.fd).newestMs;
}

function placeFailure({ name }: EntryPlace, code: number): GityError {
  switch (code) {
    case EXDEV:
      return new GityError(
        "SHARE_FAILED",
        `cannot put '${name}' in its place: its worktree and its git directory are on different file systems`,
      );
    case ENOTDIR:
      return new GityError("SHARE_FAILED", `cannot put '${name}' in its place: a file is there`);
    default:
      return shareFailure(`cannot put '${name}' in its place`, code);
  }
}
