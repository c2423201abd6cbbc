/** What the worktrees of a repository have of one declared directory, and which of them is best to take it from. */

import { basename, dirname } from "node:path";

import { lookAtEntry } from "../ffi/entries.ts";
import { found, lookAtOpen } from "../ffi/file-status.ts";
import type { ShareCopy } from "../protocol/share.ts";
import { computeKey, type KeyRule } from "./keys.ts";
import { measureTree } from "./measure-tree.ts";
import { standingBelow } from "./mirror.ts";
import { namesIn, namesOn, openBelow, openFolder } from "./open-below.ts";

/** `hereKey`: what the key is compared with; undefined for the worktree itself. Counts only when `isMeasured`. */
export function findCopy(
  root: string,
  path: string,
  rule: KeyRule | undefined,
  options: { readonly hereKey?: string | null; readonly isMeasured: boolean },
): ShareCopy {
  const key = computeKey(root, path, rule?.files ?? []);
  const digest = key.digest ?? null;
  const state = standingBelow(root, path);
  const facts =
    state === "full"
      ? factsOf(root, path, marksFor(path, rule, key.files), options.isMeasured)
      : undefined;
  const modifiedAtMs = facts?.modifiedAtMs ?? null;
  const { hereKey } = options;
  return {
    root,
    state,
    key: digest,
    keyFiles: key.files,
    hasSameKey: hereKey === undefined ? true : compareKeys(hereKey, digest),
    modifiedAtMs,
    // Only of tools that write down when they were done.
    isOlderThanKey:
      facts?.isFinished === true && modifiedAtMs !== null && modifiedAtMs < key.modifiedAtMs,
    size: facts?.size ?? null,
    isFinished: facts?.isFinished ?? null,
  };
}

function compareKeys(here: string | null, there: string | null): boolean | null {
  return here === null && there === null ? null : here === there;
}

/** What else may be taken than what was finished and made from the same files. */
export interface CopyTolerance {
  readonly isAnyKey: boolean;
  /** The user has named the worktree. */
  readonly isNamed: boolean;
}

/** Best first: finished before unfinished, then the one that is not older than its key, then the newest. */
export function rankCopies(
  copies: readonly ShareCopy[],
  { isAnyKey, isNamed }: CopyTolerance,
): readonly ShareCopy[] {
  return copies
    .filter(
      ({ state, hasSameKey, isFinished }) =>
        state === "full" &&
        (isAnyKey || (hasSameKey === true && (isNamed || isFinished !== false))),
    )
    .toSorted(
      (left, right) =>
        Number(right.hasSameKey === true) - Number(left.hasSameKey === true) ||
        Number(right.isFinished ?? false) - Number(left.isFinished ?? false) ||
        Number(left.isOlderThanKey) - Number(right.isOlderThanKey) ||
        (right.modifiedAtMs ?? 0) - (left.modifiedAtMs ?? 0),
    );
}

/** Of the tools whose files are there; a worktree may have changed from one to another. Only where the file is beside the
 *  directory: of several in one workspace, the tool marks the topmost. */
function marksFor(
  path: string,
  rule: KeyRule | undefined,
  keyFiles: readonly string[],
): readonly string[] {
  return keyFiles
    .filter((file) => dirname(file) === dirname(path))
    .flatMap((file) => rule?.finishMarks[basename(file)] ?? []);
}

function factsOf(root: string, path: string, marks: readonly string[], isMeasured: boolean) {
  using folder = openFolder(root);
  using directory = openBelow(folder.fd, namesOn(path));
  if (directory === undefined || lookAtOpen(directory.fd) !== 0) {
    return undefined;
  }
  let modifiedAtMs = found.modifiedAtMs;
  const isMarked = marks.some((name) => lookAtEntry(directory.fd, name) === 0);
  const size = isMeasured ? measureTree(directory.fd) : null;
  using listed = openBelow(directory.fd, []);
  for (const name of listed === undefined ? [] : namesIn(listed.fd)) {
    if (lookAtEntry(directory.fd, name) === 0) {
      modifiedAtMs = Math.max(modifiedAtMs, found.modifiedAtMs);
    }
  }
  return { modifiedAtMs, size, isFinished: marks.length === 0 ? null : isMarked };
}
