/**
 * The content of one open file, in another, in slices: nothing else may run for the length of a large file.
 *
 * Shared where the file system can; else copied by the kernel, holes left out; else through a buffer. Which of
 * them is found out for each file: a file system may share one file and not another (btrfs: files without
 * checksums; a file of a file system that is mounted below).
 */

import type { Fd } from "../base/brands.ts";
import { SHARE_SLICE_BYTES } from "../base/limits.ts";
import {
  cloneContent,
  copyRange,
  copyThroughBuffer,
  moveTo,
  nextData,
  nextHole,
  setSize,
} from "../ffi/file-content.ts";
import {
  EINTR,
  EINVAL,
  EISDIR,
  ENOSYS,
  ENOTTY,
  ENXIO,
  EOPNOTSUPP,
  EPERM,
  ETXTBSY,
  EXDEV,
} from "../ffi/libc.ts";

/** ioctl_ficlone(2): not here, not these two, not in this kernel. What the disk says of itself is not among them. */
const CANNOT_CLONE: ReadonlySet<number> = new Set([
  EXDEV,
  EOPNOTSUPP,
  EINVAL,
  ENOTTY,
  ENOSYS,
  EISDIR,
  ETXTBSY,
  EPERM,
]);

/** copy_file_range(2): the same. */
const CANNOT_COPY_RANGE: ReadonlySet<number> = new Set([
  EXDEV,
  EOPNOTSUPP,
  EINVAL,
  ENOSYS,
  ETXTBSY,
  EPERM,
]);

export interface CopiedFile {
  readonly source: Fd;
  /** New, and empty. */
  readonly target: Fd;
  readonly sizeBytes: number;
  /** Less is allocated than its size. */
  readonly hasHoles: boolean;
}

/** What became of it: shared, or how many bytes were copied; or the negated errno. */
export type CopyOutcome =
  | { readonly kind: "shared" }
  | { readonly kind: "copied"; readonly bytes: number }
  | { readonly kind: "failed"; readonly errno: number };

/** Yields between slices. A file that becomes shorter meanwhile ends where it ends. */
export function* copyContent(file: CopiedFile): Generator<undefined, CopyOutcome> {
  if (file.sizeBytes === 0) {
    return { kind: "copied", bytes: 0 };
  }
  const cloned = cloneContent(file.source, file.target);
  if (cloned === 0) {
    return { kind: "shared" };
  }
  if (!CANNOT_CLONE.has(-cloned)) {
    return { kind: "failed", errno: -cloned };
  }
  return yield* file.hasHoles ? copyAroundHoles(file) : copyFrom(file, 0, file.sizeBytes);
}

function* copyAroundHoles(file: CopiedFile): Generator<undefined, CopyOutcome> {
  let bytes = 0;
  let place = 0;
  while (place < file.sizeBytes) {
    const start = nextData(file.source, place);
    if (start === -ENXIO) {
      break;
    }
    if (start < 0) {
      // Nobody knows of its holes: they are copied as what they are read as.
      return yield* copyFrom(file, place, file.sizeBytes);
    }
    const hole = nextHole(file.source, start);
    const end = hole > start ? Math.min(hole, file.sizeBytes) : file.sizeBytes;
    const part = yield* copyFrom(file, start, end);
    if (part.kind !== "copied") {
      return part;
    }
    bytes += part.bytes;
    place = end;
  }
  // What is behind the last byte is a hole, too.
  const sized = setSize(file.target, file.sizeBytes);
  return sized === 0 ? { kind: "copied", bytes } : { kind: "failed", errno: -sized };
}

function* copyFrom(
  { source, target }: CopiedFile,
  start: number,
  end: number,
): Generator<undefined, CopyOutcome> {
  // Also for the beginning: looking for holes moves, too.
  const moved = moveTo(source, start) || moveTo(target, start);
  if (moved !== 0) {
    return { kind: "failed", errno: -moved };
  }
  let copy = copyRange;
  let place = start;
  while (place < end) {
    const count = copy(source, target, Math.min(end - place, SHARE_SLICE_BYTES));
    if (count > 0) {
      place += count;
      if (place < end) {
        yield;
      }
    } else if (copy === copyRange && (count === 0 || CANNOT_COPY_RANGE.has(-count))) {
      // Some file systems report no bytes where there are some (copy_file_range(2), "BUGS").
      copy = copyThroughBuffer;
    } else if (count === 0) {
      break;
    } else if (count !== -EINTR) {
      return { kind: "failed", errno: -count };
    }
  }
  return { kind: "copied", bytes: place - start };
}
