/**
 * What a file holds, in another file: shared by both where the file system can, else copied by the kernel, else
 * through a buffer. And its extended attributes.
 *
 * Must never: decide what a failure means. Calls return 0 or a count, or the negated errno.
 */

import type { Fd } from "../base/brands.ts";
import { EINTR, EIO, ENODATA, EOPNOTSUPP, errno, libc } from "./libc.ts";

/** linux/fs.h: _IOW(0x94, 9, int). */
const FICLONE = 0x4004_9409;

// lseek(2).
const SEEK_SET = 0;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;

/** Bytes that go through this process where the kernel cannot copy by itself. */
const BUFFER_BYTES = 256 << 10;
let buffer: Buffer | undefined;

/** XATTR_LIST_MAX and XATTR_SIZE_MAX, linux/limits.h. */
const ATTRIBUTE_BYTES_MAX = 64 << 10;
/** Stands for those of a file that does not tell their names. */
const UNKNOWN_ATTRIBUTES = "user.*";
let attributeNames: Buffer | undefined;
let attributeValue: Buffer | undefined;

/** Both files then share what the source holds, until one is written to (ioctl_ficlone(2)). 0, or the negated errno. */
export function cloneContent(source: Fd, target: Fd): number {
  return libc.ioctl(target, FICLONE, source) === -1 ? -errno() : 0;
}

/** At most `bytes` from where both files stand, by the kernel: how many, 0 at the end, or the negated errno. */
export function copyRange(source: Fd, target: Fd, bytes: number): number {
  const count = libc.copy_file_range(source, null, target, null, bytes, 0);
  return count === -1 ? -errno() : count;
}

/** The same through a buffer. */
export function copyThroughBuffer(source: Fd, target: Fd, bytes: number): number {
  buffer ??= Buffer.allocUnsafe(BUFFER_BYTES);
  const count = libc.read(source, buffer, Math.min(bytes, BUFFER_BYTES));
  if (count === -1) {
    return -errno();
  }
  let done = 0;
  while (done < count) {
    const written = libc.write(target, buffer.subarray(done, count), count - done);
    if (written > 0) {
      done += written;
      continue;
    }
    const code = written === 0 ? EIO : errno();
    if (code !== EINTR) {
      return -code;
    }
  }
  return count;
}

/** Where the next byte is that is not in a hole; -ENXIO when there is none, -EINVAL where nobody knows. */
export function nextData(fd: Fd, offset: number): number {
  const place = libc.lseek(fd, offset, SEEK_DATA);
  return place === -1 ? -errno() : place;
}

/** Where the next hole begins, which may be the end of the file. */
export function nextHole(fd: Fd, offset: number): number {
  const place = libc.lseek(fd, offset, SEEK_HOLE);
  return place === -1 ? -errno() : place;
}

/** From where on copyRange() and copyThroughBuffer() go. */
export function moveTo(fd: Fd, offset: number): number {
  return libc.lseek(fd, offset, SEEK_SET) === -1 ? -errno() : 0;
}

/** Cut, or prolonged by a hole. */
export function setSize(fd: Fd, sizeBytes: number): number {
  return libc.ftruncate(fd, sizeBytes) === -1 ? -errno() : 0;
}

/** Copies those attributes that `isWanted`. Returns the names of what could not be. */
export function copyAttributes(
  source: Fd,
  target: Fd,
  isWanted: (name: string) => boolean,
): readonly string[] {
  attributeNames ??= Buffer.allocUnsafe(ATTRIBUTE_BYTES_MAX);
  const count = libc.flistxattr(source, attributeNames, ATTRIBUTE_BYTES_MAX);
  if (count === -1) {
    return errno() === EOPNOTSUPP ? [] : [UNKNOWN_ATTRIBUTES];
  }
  if (count === 0) {
    return [];
  }
  const names = attributeNames.toString("latin1", 0, count).split("\0").slice(0, -1);
  return names.filter((name) => isWanted(name) && !copyAttribute(source, target, name));
}

function copyAttribute(source: Fd, target: Fd, name: string): boolean {
  attributeValue ??= Buffer.allocUnsafe(ATTRIBUTE_BYTES_MAX);
  const text = Buffer.from(`${name}\0`, "latin1");
  const size = libc.fgetxattr(source, text, attributeValue, ATTRIBUTE_BYTES_MAX);
  if (size === -1) {
    // Removed meanwhile: the file is looked at again.
    return errno() === ENODATA;
  }
  return libc.fsetxattr(target, text, attributeValue, size, 0) === 0;
}
