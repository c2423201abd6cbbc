/**
 * One declared directory of one worktree, in another: built aside, put in its place in one step, or not at all.
 */

import { existsSync } from "node:fs";

import { GityError } from "../base/errors.ts";
import type { Fd } from "../base/brands.ts";
import { SHARE_TURN_LOOK_MS, SHARE_TURN_MS_MAX } from "../base/limits.ts";
import { syncFileSystem } from "../ffi/descriptors.ts";
import { lookAtEntry, setModified, setPermissions } from "../ffi/entries.ts";
import { type FileId, found, lookAtOpen } from "../ffi/file-status.ts";
import { EBUSY, ENOENT } from "../ffi/libc.ts";
import type { PullTally, ShareSize } from "../protocol/share.ts";
import { Aside, type AsidePlace, TREE } from "./aside.ts";
import { shareFailure, shownPath } from "./failure.ts";
import { mountedIn } from "./mounts.ts";
import { findRepository, measureTree } from "./measure-tree.ts";
import { findBelow, makeBelow, namesOn, openBelow, OpenEntry, openFolder } from "./open-below.ts";
import { putInPlace, type Standing, standingOf } from "./put-in-place.ts";
import { removeEntry } from "./remove-tree.ts";
import { TreeCopy } from "./tree-copy.ts";

export interface MirrorProgress {
  readonly tally: PullTally;
  readonly phase: "copying" | "checking";
  readonly size: ShareSize;
}

export interface MirrorRequest {
  /** Below both roots. */
  readonly path: string;
  readonly sourceRoot: string;
  readonly targetRoot: string;
  readonly targetGitDir: string;
  readonly isReplacing: boolean;
  readonly hasHardLinks: boolean;
  readonly onProgress: (progress: MirrorProgress) => void;
  readonly signal: AbortSignal;
  /** Why it does not belong there any more; asked when it is finished, before it is put in its place. */
  readonly refusalNow?: () => Promise<string | undefined>;
  /** How long to wait for another who mirrors into the same worktree; for tests. */
  readonly turnMsMax?: number;
}

export type MirrorOutcome =
  | { readonly kind: "pulled"; readonly tally: PullTally; readonly size: ShareSize }
  /** Something is there, and stays. */
  | { readonly kind: "present"; readonly reason: string }
  /** It does not belong there. */
  | { readonly kind: "refused"; readonly reason: string };

/** Of new folders above the mirror; the user's umask takes from it. */
const FOLDER_PERMISSIONS = 0o777;

/**
 * Waits while another mirrors into the worktree, who may be about to put the same directory there.
 *
 * @throws GityError SHARE_FAILED, INTERRUPTED: everything in the worktree is as it was. What an interruption left aside
 * is gone on with, unless the worktree is gone.
 */
export async function mirror(request: MirrorRequest): Promise<MirrorOutcome> {
  const endsAtMs = performance.now() + (request.turnMsMax ?? SHARE_TURN_MS_MAX);
  for (;;) {
    // Each time from the beginning: what was found out before is of before.
    // oxlint-disable-next-line no-await-in-loop
    const outcome = await mirrorInTurn(request, performance.now() >= endsAtMs);
    if (outcome !== undefined) {
      return outcome;
    }
    // oxlint-disable-next-line no-await-in-loop
    await turnIn(request, endsAtMs);
  }
}

/** Resolves when nobody else mirrors into the worktree, or it is too late. */
async function turnIn({ targetGitDir, signal }: MirrorRequest, endsAtMs: number): Promise<void> {
  while (performance.now() < endsAtMs) {
    if (signal.aborted) {
      throw new GityError("INTERRUPTED", "interrupted");
    }
    // oxlint-disable-next-line no-await-in-loop
    await Bun.sleep(SHARE_TURN_LOOK_MS);
    using aside = Aside.tryOpen(targetGitDir);
    if (aside !== undefined) {
      return;
    }
  }
}

/** Undefined when another is at work there, and this may wait. */
async function mirrorInTurn(
  request: MirrorRequest,
  isLate: boolean,
): Promise<MirrorOutcome | undefined> {
  const { path, sourceRoot, hasHardLinks } = request;
  const { id, size } = sourceFacts(request);
  const obstacle = obstacleTo(request, size);
  if (obstacle !== undefined) {
    return { kind: "present", reason: obstacle };
  }
  using aside = isLate ? Aside.open(request.targetGitDir) : Aside.tryOpen(request.targetGitDir);
  if (aside === undefined) {
    return undefined;
  }
  requireSameFileSystem(request, aside);
  aside.sweep();
  try {
    using place = aside.openPlace({
      path,
      sourcePath: `${sourceRoot}/${path}`,
      sourceId: id,
      hasHardLinks,
    });
    const outcome = await fillAndPlace(request, { aside, place }, { id, size });
    // With what was replaced.
    aside.remove(path);
    return outcome;
  } catch (error) {
    const isInterrupted = error instanceof GityError && error.code === "INTERRUPTED";
    if (!(isInterrupted && existsSync(request.targetRoot)) && aside.remove(path) === -EBUSY) {
      throw keptFailure(error, aside.treePath(path));
    }
    throw error;
  }
}

/** What was replaced, or may be, is never removed after a failure. */
function keptFailure(error: unknown, place: string): GityError {
  const message = error instanceof Error ? error.message : String(error);
  return new GityError("SHARE_FAILED", `${message}; what was there is in '${place}'`, {
    hint: "move it back, or away",
    cause: error,
  });
}

/** What is in the mirror's place now. */
export function standingBelow(rootPath: string, path: string): Standing {
  using root = openFolder(rootPath);
  const names = namesOn(path);
  const parent = findBelow(root.fd, names.slice(0, -1));
  if (parent < 0) {
    return parent === -ENOENT ? "absent" : "blocked";
  }
  using opened = new OpenEntry(parent);
  return standingOf(opened.fd, names.at(-1) ?? "");
}

interface SourceFacts {
  readonly id: FileId;
  readonly size: ShareSize;
}

function sourceFacts({ sourceRoot, path }: MirrorRequest): SourceFacts {
  using root = openFolder(sourceRoot);
  using source = openBelow(root.fd, namesOn(path));
  if (source === undefined || lookAtOpen(source.fd) !== 0) {
    throw new GityError("SHARE_FAILED", `cannot open '${sourceRoot}/${path}'`);
  }
  const { id } = found;
  return { id, size: measureTree(source.fd) };
}

/** Undefined when it is not the directory any more that was chosen. */
function reopenSource(
  { sourceRoot, path }: MirrorRequest,
  { id }: SourceFacts,
): OpenEntry | undefined {
  using root = openFolder(sourceRoot);
  const fd = findBelow(root.fd, namesOn(path));
  if (fd < 0) {
    return undefined;
  }
  using stack = new DisposableStack();
  const source = stack.use(new OpenEntry(fd));
  if (lookAtOpen(source.fd) !== 0 || !found.is(id)) {
    return undefined;
  }
  stack.move();
  return source;
}

/** Why it is not even begun. */
function obstacleTo(
  { targetRoot, path, isReplacing }: MirrorRequest,
  size: ShareSize,
): string | undefined {
  switch (standingBelow(targetRoot, path)) {
    case "absent":
    case "empty":
      return undefined;
    case "blocked":
      return "a file or a link is in its place, or on the way to it";
    case "full":
      break;
  }
  if (!isReplacing) {
    return "it is there already";
  }
  return obstacleToReplacing(targetRoot, path, size);
}

/** What is replaced is gone: a repository may hold what is nowhere else. */
function obstacleToReplacing(
  targetRoot: string,
  path: string,
  { newestMs }: ShareSize,
): string | undefined {
  const mounted = obstacleOfMounts(targetRoot, path);
  if (mounted !== undefined) {
    return mounted;
  }
  using root = openFolder(targetRoot);
  using measured = openBelow(root.fd, namesOn(path));
  if (measured !== undefined && measureTree(measured.fd).newestMs > newestMs) {
    return NEWER;
  }
  using searched = openBelow(root.fd, namesOn(path));
  const repository = searched === undefined ? undefined : findRepository(searched.fd);
  return repository === undefined
    ? undefined
    : `what is there holds a repository, in '${shownPath(repository)}'`;
}

const NEWER = "what is there is newer";

/** With a directory that is moved goes what is mounted in it, and that is not part of it. */
function obstacleOfMounts(targetRoot: string, path: string): string | undefined {
  try {
    const place = mountedIn(`${targetRoot}/${path}`);
    return place === undefined ? undefined : `a file system is mounted there, at '${place}'`;
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return "nothing tells whether a file system is mounted there";
    }
    throw error;
  }
}

/** Folders above it may be missing; they will be on the file system of the one that is there. */
function requireSameFileSystem({ targetRoot, path }: MirrorRequest, aside: Aside): void {
  using root = openFolder(targetRoot);
  const names = namesOn(path).slice(0, -1);
  while (names.length > 0) {
    using folder = openBelow(root.fd, names);
    if (folder !== undefined) {
      return requireOn(folder.fd, aside, targetRoot);
    }
    names.pop();
  }
  return requireOn(root.fd, aside, targetRoot);
}

function requireOn(folder: Fd, aside: Aside, root: string): void {
  if (!aside.isOnSameFileSystemAs(folder)) {
    throw new GityError(
      "SHARE_FAILED",
      `cannot mirror into '${root}': it and its git directory are on different file systems`,
      { hint: "a mirror is built in the git directory, and moved from there in one step" },
    );
  }
}

interface Making {
  readonly aside: Aside;
  readonly place: AsidePlace;
}

async function fillAndPlace(
  request: MirrorRequest,
  { aside, place }: Making,
  facts: SourceFacts,
): Promise<MirrorOutcome> {
  const { path, sourceRoot, signal, hasHardLinks } = request;
  const copy = new TreeCopy(place.tree, {
    openSource: () => reopenSource(request, facts),
    sourcePath: latin1Of(`${sourceRoot}/${path}`),
    sourceRoot: latin1Of(sourceRoot),
    hasHardLinks,
    begunAtMs: place.begunAtMs,
    onProgress: (tally, phase) => {
      request.onProgress({ tally, phase, size: facts.size });
    },
    signal,
  });
  const { permissions, modified } = await copy.run();
  makeDurable(place, path, copy.tally);
  const refusal = await request.refusalNow?.();
  if (refusal !== undefined) {
    return { kind: "refused", reason: refusal };
  }
  requireWhole({ aside, place }, path, copy.tally);
  // Before the two change places: should this process end then, the next must not take the old one for half a mirror
  // [A3].
  place.endRecord();
  const mounted = request.isReplacing ? obstacleOfMounts(request.targetRoot, path) : undefined;
  if (mounted !== undefined) {
    return { kind: "present", reason: mounted };
  }
  if (!isPlaced(request, place, facts)) {
    return { kind: "present", reason: request.isReplacing ? NEWER : "it appeared meanwhile" };
  }
  // Only now: a directory that its owner may not write to cannot be moved.
  const failed = setPermissions(place.tree, permissions) || setModified(place.tree, modified);
  if (failed !== 0) {
    throw shareFailure(`cannot finish '${path}'`, -failed);
  }
  place.endReplacing();
  return { kind: "pulled", tally: copy.tally, size: facts.size };
}

/** A name may get to the disk long before what it stands for: after a loss of power the mirror would be full of empty
 *  files, and there. Content that is shared with the source has been on the disk before. */
function makeDurable(place: AsidePlace, path: string, tally: PullTally): void {
  const hasNewContent = tally.copiedBytes > 0 || tally.resumedFiles > 0;
  const synced = hasNewContent ? syncFileSystem(place.folder) : 0;
  if (synced !== 0) {
    throw shareFailure(`cannot write '${path}' to the disk`, -synced);
  }
}

/** Somebody may have cleared the git directory of it, lock and all. */
function requireWhole({ aside, place }: Making, path: string, tally: PullTally): void {
  using tree = openBelow(place.tree, []);
  const size = tree === undefined ? undefined : measureTree(tree.fd);
  const isComplete =
    size?.files === tally.files + tally.links && size.directories === tally.directories;
  if (!isComplete || !place.hasTree || !aside.isHeld) {
    throw new GityError("SHARE_FAILED", `what was mirrored of '${path}' was removed meanwhile`);
  }
}

function isPlaced(
  { path, targetRoot, isReplacing }: MirrorRequest,
  place: AsidePlace,
  { size }: SourceFacts,
): boolean {
  using root = openFolder(targetRoot);
  const names = namesOn(path);
  using parent = makeBelow(root.fd, names.slice(0, -1), FOLDER_PERMISSIONS);
  const from = { directory: place.folder, name: TREE };
  const to = { directory: parent.fd, name: names.at(-1) ?? "" };
  if (isReplacing) {
    place.beginReplacing();
  }
  const placed = putInPlace(from, to, isReplacing ? size.newestMs : undefined);
  if (placed !== "full" && lookAtEntry(root.fd, ".git") === -ENOENT) {
    place.endReplacing();
    // git deletes the worktree just now: what it does not know of would be left behind.
    removeEntry(to.directory, to.name);
    throw new GityError("SHARE_FAILED", `'${targetRoot}' was removed meanwhile`);
  }
  return placed !== "full";
}

function latin1Of(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
