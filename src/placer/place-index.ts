/**
 * Puts a copy of a worktree's index, brought up to date, in the place of the index. A process of its own: should
 * it be killed or stopped in the middle, the daemon clears up, and should the daemon be, it goes on.
 *
 * Two things must be impossible, wherever this process is interrupted and for however long: that somebody's change of
 * the index is lost, and that somebody's command fails because `index.lock` is ours for a moment.
 *
 * INVARIANTS
 *
 *   [I1] Nothing is lost. As every writer of an index does, we make `index.lock` where there is none (link(2)
 *        fails with EEXIST), look under the lock, and rename the lock into place. Whoever keeps to git's own
 *        rule changes the index only while the lock is his. Under our lock the index is the very file that the
 *        copy was made of: that file is held open, so that its number is nobody else's, and by its times nobody
 *        has written to it. A change before the lock is seen by this look; one after it finds the new index.
 *   [I2] No git fails. Every git opens HEAD and the configuration of its repository before it makes an
 *        `index.lock` (setup.c; no git without). One that takes the lock while it is ours would have opened both
 *
 *        (a) before we began to watch them (inotify(7), IN_OPEN): then it has been running ever since, and
 *            we find it in /proc, where we look after that (running-gits.ts); or
 *        (b) between that and the leases: then there is an event, which is queued before its open(2) returns, and
 *            we look for events after we have the leases; the kernel grants none while an open file, or one that is
 *            being opened, is somebody else's; or
 *        (c) under the leases, which is impossible: its open(2) waits until we have given them back, and then
 *            the lock is gone. HEAD and configuration are compared with the leased files by then, so that it is
 *            these that it opens.
 *
 *        In all doubt nothing is placed, and it is tried again later.
 *   [I3] It is short. All that takes time comes before the leases; under them there are eight system calls. A
 *        git that starts just then waits for less than a millisecond.
 *   [I4] It leaves nothing. Leases go with the process. An `index.lock` that it leaves is another name of the copy,
 *        which no other program's is; so it is known, and removed (recoverLock()).
 *
 * What does not open HEAD and configuration for each command, a program with a git of its own inside, may meet the lock
 * in that millisecond, as it may meet git's. [I1] holds for it all the same.
 */

import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";

import type { Fd } from "../base/brands.ts";
import { PLACING_MS_MAX, PLACING_PAUSE_MS_MAX, PLACING_PAUSE_MS_MIN } from "../base/limits.ts";
import { PollSet } from "../ffi/descriptors.ts";
import { lockFile } from "../ffi/file-lock.ts";
import { linkFile, removeFile, renameFile } from "../ffi/file-names.ts";
import {
  AT_FDCWD,
  type Digest,
  type FileId,
  found,
  lookAt,
  lookAtOpen,
} from "../ffi/file-status.ts";
import { addWatch, EVENT_BYTES_MAX, IN_OPEN, openInotify, readEvents } from "../ffi/inotify.ts";
import { giveLeaseBack, takeWriteLease } from "../ffi/lease.ts";
import { cString, EEXIST, errnoName, SystemCallError } from "../ffi/libc.ts";
import {
  indexIdentity,
  type PlacingRequest,
  type PlacingResult,
} from "../protocol/index-placing.ts";
import { findRunningGit, hiddenBecause } from "./running-gits.ts";

const PERMISSION_BITS = 0o7777n;

/** Never through a link: what is locked is to be what git opens, and git replaces links' targets. */
const LOOKING = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Tries for so long. Removes the copy's own name when it is in place. */
export function placeIndex(request: PlacingRequest, patienceMs = PLACING_MS_MAX): PlacingResult {
  const hidden = hiddenBecause();
  if (hidden !== undefined) {
    return { outcome: "refused", detail: hidden };
  }
  try {
    using stack = new DisposableStack();
    const index = openFor(stack, join(request.gitDir, "index"));
    const copy = openFor(stack, request.copy);
    return (
      obstacle(request, index, copy) ??
      attemptUntilPlaced(request, new Places(request, index), patienceMs)
    );
  } catch (error) {
    if (error instanceof SystemCallError || (error instanceof Error && "code" in error)) {
      return { outcome: "failed", detail: error.message };
    }
    throw error;
  }
}

/** What makes every attempt useless. */
function obstacle({ identity }: PlacingRequest, index: Fd, copy: Fd): PlacingResult | undefined {
  const [theirs, ours] = [index, copy].map((fd) => fstatSync(fd, { bigint: true }));
  if (theirs === undefined || ours === undefined || indexIdentity(theirs) !== identity) {
    return { outcome: "moved", detail: "the index is another" };
  }
  const isAlike =
    ours.isFile() &&
    theirs.isFile() &&
    ours.nlink === 1n &&
    ours.dev === theirs.dev &&
    ours.uid === theirs.uid &&
    ours.gid === theirs.gid &&
    (ours.mode & PERMISSION_BITS) === (theirs.mode & PERMISSION_BITS);
  if (!isAlike) {
    return { outcome: "refused", detail: "the copy would have another owner or other permissions" };
  }
  // For recoverLock(): somebody is at it.
  if (!lockFile(copy)) {
    return { outcome: "refused", detail: "the copy is in use" };
  }
  // Before it is anybody's only index.
  fsyncSync(copy);
  return undefined;
}

function attemptUntilPlaced(
  request: PlacingRequest,
  places: Places,
  patienceMs: number,
): PlacingResult {
  const endMs = performance.now() + patienceMs;
  const nothing = new PollSet();
  for (let pauseMs = PLACING_PAUSE_MS_MIN; ; pauseMs *= 2) {
    const result = attempt(request, places);
    if (result.outcome === "placed") {
      unlinkSync(request.copy);
    }
    if (result.outcome !== "busy" || performance.now() > endMs) {
      return result;
    }
    nothing.wait(Math.min(pauseMs, PLACING_PAUSE_MS_MAX));
  }
}

/** One [I2]. */
function attempt({ gitDir, commonDir, root }: PlacingRequest, places: Places): PlacingResult {
  if (!places.isIndexSame()) {
    return { outcome: "moved", detail: "the index is another" };
  }
  using gate = Gate.open(places);
  const pid = findRunningGit({ gitDir, commonDir, root });
  if (pid !== undefined) {
    return { outcome: "busy", detail: `process ${pid} may write the index` };
  }
  const startedAtMs = performance.now();
  const outcome = gate.holdAnd(() => places.place());
  const heldMicroseconds = Math.round(1000 * (performance.now() - startedAtMs));
  return typeof outcome === "string"
    ? { outcome, detail: outcome === "placed" ? `held ${heldMicroseconds}` : DETAILS[outcome] }
    : { outcome: "failed", detail: errnoName(outcome) };
}

/** Of what may come of it under the leases. A number is an errno. */
type Outcome = "placed" | "busy" | "moved" | "refused" | number;

const DETAILS = {
  busy: "git has begun to work, or somebody holds the lock",
  moved: "the index is another",
  refused: "this file system gives no leases, or HEAD or the configuration is another user's",
};

/** All paths and numbers, made before they are needed [I3]. */
class Places {
  readonly head: Buffer;
  readonly configuration: Buffer;
  readonly #index: Buffer;
  readonly #lock: Buffer;
  readonly #copy: Buffer;
  readonly #indexId: FileId;
  readonly #indexState: Digest = { low: 0, high: 0 };
  readonly #seen: Digest = { low: 0, high: 0 };

  /** `index` is held open as long as these are used [I1]. */
  constructor({ gitDir, commonDir, copy }: PlacingRequest, index: Fd) {
    this.head = cString(join(gitDir, "HEAD"), "utf8");
    this.configuration = cString(join(commonDir, "config"), "utf8");
    this.#index = cString(join(gitDir, "index"), "utf8");
    this.#lock = cString(join(gitDir, "index.lock"), "utf8");
    this.#copy = cString(copy, "utf8");
    lookAtOpen(index);
    this.#indexId = found.id;
    found.digestInto(this.#indexState);
  }

  isIndexSame(): boolean {
    if (lookAt(AT_FDCWD, this.#index) !== 0 || !found.is(this.#indexId)) {
      return false;
    }
    found.digestInto(this.#seen);
    return this.#seen.low === this.#indexState.low && this.#seen.high === this.#indexState.high;
  }

  /** [I1]. */
  place(): Outcome {
    const linked = linkFile(this.#copy, this.#lock);
    if (linked !== 0) {
      return linked === -EEXIST ? "busy" : -linked;
    }
    if (!this.isIndexSame()) {
      removeFile(this.#lock);
      return "moved";
    }
    const renamed = renameFile(this.#lock, this.#index);
    if (renamed !== 0) {
      removeFile(this.#lock);
      return -renamed;
    }
    return "placed";
  }
}

/** HEAD and configuration: watched from the beginning, and kept shut for a moment. */
class Gate implements Disposable {
  readonly #stack: DisposableStack;
  readonly #files: readonly GateFile[];
  readonly #inotify: Fd;
  readonly #events = Buffer.alloc(EVENT_BYTES_MAX);

  private constructor(stack: DisposableStack, files: readonly GateFile[], inotify: Fd) {
    this.#stack = stack;
    this.#files = files;
    this.#inotify = inotify;
  }

  /** @throws SystemCallError; ENOENT, ELOOP, … where there is no such file */
  static open({ head, configuration }: Places): Gate {
    using stack = new DisposableStack();
    const files = [head, configuration].map((path) => GateFile.open(stack, path));
    const inotify = openInotify();
    stack.defer(() => {
      closeSync(inotify);
    });
    for (const { path } of files) {
      const result = addWatch(inotify, path, IN_OPEN);
      if (result < 0) {
        throw new SystemCallError("inotify_add_watch", -result);
      }
    }
    return new Gate(stack.move(), files, inotify);
  }

  [Symbol.dispose](): void {
    this.#stack[Symbol.dispose]();
  }

  /** `step` while nobody can open any of the files, if nobody has since open(). */
  holdAnd(step: () => Outcome): Outcome {
    try {
      for (const { fd } of this.#files) {
        const lease = takeWriteLease(fd);
        if (lease !== "granted") {
          return lease === "in-use" ? "busy" : "refused";
        }
      }
      const isUntouched =
        readEvents(this.#inotify, this.#events) === 0 &&
        this.#files.every((file) => file.isInPlace());
      return isUntouched ? step() : "busy";
    } finally {
      for (const { fd } of this.#files) {
        giveLeaseBack(fd);
      }
    }
  }
}

class GateFile {
  readonly path: Buffer;
  readonly fd: Fd;
  readonly #id: FileId;

  private constructor(path: Buffer, fd: Fd) {
    this.path = path;
    this.fd = fd;
    lookAtOpen(fd);
    this.#id = found.id;
  }

  static open(stack: DisposableStack, path: Buffer): GateFile {
    return new GateFile(path, openFor(stack, path.toString("utf8", 0, path.length - 1)));
  }

  /** Whether whoever opens the path opens this file. */
  isInPlace(): boolean {
    return lookAt(AT_FDCWD, this.path) === 0 && found.is(this.#id);
  }
}

/**
 * Removes what a process like this one has left when it was killed: the copy, and `index.lock` if that is another
 * name of it [I4]. Not while such a process is still at it.
 */
export function recoverLock(gitDir: string, copy: string): PlacingResult {
  try {
    using stack = new DisposableStack();
    const fd = openFor(stack, copy);
    if (!lockFile(fd)) {
      return { outcome: "busy", detail: "the copy is in use" };
    }
    const lock = join(gitDir, "index.lock");
    const [ours, theirs] = [
      fstatSync(fd, { bigint: true }),
      lstatSync(lock, { bigint: true, throwIfNoEntry: false }),
    ];
    const isOurs = ours.dev === theirs?.dev && ours.ino === theirs.ino;
    if (isOurs) {
      unlinkSync(lock);
    }
    unlinkSync(copy);
    return {
      outcome: "placed",
      detail: isOurs ? "index.lock was removed" : "the copy was removed",
    };
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return { outcome: "failed", detail: error.message };
    }
    throw error;
  }
}

function openFor(stack: DisposableStack, path: string): Fd {
  const fd = openSync(path, LOOKING);
  stack.defer(() => {
    closeSync(fd);
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The number of an open one.
  return fd as Fd;
}
