/**
 * Writes the generation log of one worktree. The format and its invariants are in layout.ts.
 *
 * Owns: the file. Called by the monitor thread only; every call is a few system calls on local
 * files and never waits.
 */

import { lstatSync, openSync, renameSync, unlinkSync } from "node:fs";
import { dirname } from "node:path";

import type { Fd, Generation } from "../base/brands.ts";
import { closeDescriptor, readAt, writeAt } from "../ffi/descriptors.ts";
import { found, lookAtOpen } from "../ffi/file-status.ts";
import { lockFile } from "../ffi/file-lock.ts";
import { ENOTDIR, SystemCallError } from "../ffi/libc.ts";
import {
  BATCHES_OFFSET,
  COOKIE_NAME,
  cookieSlotOffset,
  encodeBatch,
  encodeHeader,
  HEADER_BYTES,
  type LogHeader,
  type RootIdentity,
  STATE_RETIRED,
} from "./layout.ts";

/** Both copies of a header. */
const readBack = Buffer.alloc(2 * HEADER_BYTES);

export interface LogBatch {
  readonly generation: Generation;
  /** Each closed by NUL. */
  readonly paths: Uint8Array;
  readonly pathCount: number;
}

/** What the header says besides where the batches end and who writes. */
export type LogClaim = Pick<
  LogHeader,
  "state" | "epoch" | "generation" | "oldestGeneration" | "oldestDirectGeneration"
>;

/** Who writes, and about what: the same for every header of a file. */
export interface LogOrigin {
  /** First 16 hex digits of the boot id. */
  readonly bootId: string;
  readonly root: RootIdentity;
}

export class LogWriter implements Disposable {
  readonly #path: string;
  readonly #origin: LogOrigin;
  readonly #fd: Fd;
  readonly #inode: bigint;
  #endOffset = BATCHES_OFFSET;
  /** As it was written last. */
  #header: Uint8Array = new Uint8Array(0);

  /**
   * Starts a log with these batches in the place of whatever log is at `path`; readers of that
   * one are told.
   *
   * @throws ENOSPC, EROFS, EACCES, … and leaves the old log, if any, as it was.
   */
  constructor(
    path: string,
    start: { origin: LogOrigin; claim: LogClaim; batches: readonly LogBatch[] },
  ) {
    this.#path = path;
    this.#origin = start.origin;
    if (!isFolder(dirname(path))) {
      throw new SystemCallError("open", ENOTDIR, path);
    }
    const aside = `${path}.new`;
    removeIfThere(aside);
    // "wx+" does not follow a symbolic link that somebody planted here.
    this.#fd = openSync(aside, "wx+", 0o600) as Fd;
    try {
      this.#inode = inodeOf(this.#fd);
      // [L6] Nobody else can have it: the file is new.
      lockFile(this.#fd);
      writeAt(this.#fd, new Uint8Array(BATCHES_OFFSET), 0);
      for (const batch of start.batches) {
        this.#append(batch);
      }
      this.#writeHeader(start.claim);
      renameSync(aside, path);
    } catch (error) {
      closeDescriptor(this.#fd);
      removeIfThere(aside);
      throw error;
    }
  }

  [Symbol.dispose](): void {
    closeDescriptor(this.#fd);
  }

  get bytes(): number {
    return this.#endOffset;
  }

  /** False when somebody removed or replaced the file: readers no longer see what is written. Also
   *  when that cannot be found out. */
  isInPlace(): boolean {
    return lookAtOpen(this.#fd) === 0 && found.links > 0;
  }

  /**
   * Whether readers see what was written last. Somebody who copies an older log over this one (`cp -R` of a
   * backup) leaves the file where it is, and what it says is whole, and of the past.
   */
  isIntact(): boolean {
    return (
      readAt(this.#fd, readBack, 0) === readBack.length &&
      Buffer.compare(readBack.subarray(0, HEADER_BYTES), this.#header) === 0 &&
      Buffer.compare(readBack.subarray(HEADER_BYTES), this.#header) === 0
    );
  }

  /**
   * Publishes a generation: the batch first, then the header that includes it [L1].
   *
   * @throws SystemCallError ENOSPC, …; what was published before stays valid.
   */
  publish(claim: LogClaim, batch: LogBatch | undefined): void {
    if (batch !== undefined) {
      this.#append(batch);
    }
    this.#writeHeader(claim);
  }

  /** Tells the reader waiting on this cookie that it may look [L4]. */
  acknowledge(cookie: string): void {
    if (COOKIE_NAME.test(cookie)) {
      writeAt(this.#fd, Buffer.from(cookie, "hex"), cookieSlotOffset(cookie));
    }
  }

  /** Sends readers that have this file mapped to the path again [L2]. The file is replaced, about to
   *  go, or left for whoever goes on with it. */
  retire(claim: LogClaim): void {
    this.#writeHeader({ ...claim, state: STATE_RETIRED });
  }

  /** Removes the log. Readers that hold it are sent away first, where that can be written.
   *  @throws EROFS, EACCES, …: it is still there */
  remove(claim: LogClaim): void {
    try {
      this.retire(claim);
    } catch (error) {
      if (!(error instanceof SystemCallError)) {
        throw error;
      }
    } finally {
      if (isFolder(dirname(this.#path))) {
        removeIfThere(this.#path);
      }
    }
  }

  #append(batch: LogBatch): void {
    const bytes = encodeBatch(batch.generation, batch.paths, batch.pathCount);
    writeAt(this.#fd, bytes, this.#endOffset);
    this.#endOffset += bytes.length;
  }

  #writeHeader(claim: LogClaim): void {
    const header = encodeHeader({
      ...claim,
      endOffset: this.#endOffset,
      writerPid: process.pid,
      inode: this.#inode,
      ...this.#origin,
    });
    this.#header = header;
    // LOG-ORDER: second copy, then first.
    writeAt(this.#fd, header, HEADER_BYTES);
    writeAt(this.#fd, header, 0);
  }
}

/** @throws SystemCallError EIO, … */
function inodeOf(fd: Fd): bigint {
  const result = lookAtOpen(fd);
  if (result !== 0) {
    throw new SystemCallError("statx", -result);
  }
  return found.inode;
}

/** Behind a link that was planted there is nothing of ours. */
function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) {
      throw error;
    }
  }
}
