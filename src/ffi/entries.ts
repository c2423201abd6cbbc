/**
 * Making, removing and renaming entries of directories, each by the descriptor of its directory and its name
 * in it: no path is followed, so no symbolic link can lead elsewhere.
 *
 * Names are latin1, one character per byte. Where a call may fail for reasons that are part of the work,
 * it returns 0 or a descriptor, or the negated errno, as lookAt() does.
 */

import type { Fd } from "../base/brands.ts";
import { found, type FileTime, lookAt } from "./file-status.ts";
import { ENAMETOOLONG, errno, libc } from "./libc.ts";

// asm-generic/fcntl.h, and arch/arm64's own.
const O_RDONLY = 0;
const O_WRONLY = 1;
const O_RDWR = 2;
const O_CREAT = 0o100;
const O_EXCL = 0o200;
const O_NOCTTY = 0o400;
const O_NONBLOCK = 0o4000;
const O_DIRECTORY = process.arch === "arm64" ? 0o40000 : 0o200000;
const O_NOFOLLOW = process.arch === "arm64" ? 0o100000 : 0o400000;
const O_CLOEXEC = 0o2000000;

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_REMOVEDIR = 0x200;

// linux/fs.h.
const RENAME_NOREPLACE = 1;
const RENAME_EXCHANGE = 2;

/** Only its owner's while it is made. */
const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;

/** utimensat(2): this one stays as it is. */
const UTIME_OMIT = 0x3fff_fffe;

/** What readlink(2) may return: PATH_MAX, linux/limits.h. */
const LINK_BYTES_MAX = 4096;

/** Of a path in the directory, where one of this program's own making is given: PATH_MAX, linux/limits.h. */
const NAME_BYTES_MAX = 4095;
const names = [Buffer.alloc(NAME_BYTES_MAX + 1), Buffer.alloc(NAME_BYTES_MAX + 1)] as const;
const target = Buffer.alloc(LINK_BYTES_MAX + 1);

/** struct timespec[2]: of access and of modification. */
const times = new Uint32Array([0, 0, UTIME_OMIT, 0, 0, 0, 0, 0]);

/** One of two buffers, so that a call can have two names. Undefined for a name no file can have here. */
function nameIn(buffer: Buffer, name: string): Buffer | undefined {
  if (name.length > NAME_BYTES_MAX) {
    return undefined;
  }
  buffer[buffer.write(name, "latin1")] = 0;
  return buffer;
}

function resultOf(result: number): number {
  return result === -1 ? -errno() : result;
}

/** lookAt() by name. */
export function lookAtEntry(directory: Fd, name: string): number {
  const bytes = nameIn(names[0], name);
  return bytes === undefined ? -ENAMETOOLONG : lookAt(directory, bytes);
}

function openEntry(directory: Fd, name: string, flags: number): number {
  const bytes = nameIn(names[0], name);
  return bytes === undefined
    ? -ENAMETOOLONG
    : resultOf(libc.openat(directory, bytes, flags | O_NOFOLLOW | O_CLOEXEC, PRIVATE_FILE));
}

/** A directory in a directory; -ELOOP or -ENOTDIR for anything else. */
export function openDirectoryEntry(directory: Fd, name: string): number {
  return openEntry(directory, name, O_RDONLY | O_DIRECTORY);
}

/** For reading. Never waits, should it have become a pipe or a terminal meanwhile. */
export function openFileEntry(directory: Fd, name: string): number {
  return openEntry(directory, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

/** A new file, for writing. */
export function createFileEntry(directory: Fd, name: string): number {
  return openEntry(directory, name, O_WRONLY | O_CREAT | O_EXCL);
}

/** A file for a lock: made if it is missing. */
export function openLockEntry(directory: Fd, name: string): number {
  return openEntry(directory, name, O_RDWR | O_CREAT);
}

export function makeDirectoryEntry(
  directory: Fd,
  name: string,
  permissions: number = PRIVATE_DIRECTORY,
): number {
  const bytes = nameIn(names[0], name);
  return bytes === undefined
    ? -ENAMETOOLONG
    : resultOf(libc.mkdirat(directory, bytes, permissions));
}

/** Anything but a directory. */
export function removeFileEntry(directory: Fd, name: string): number {
  const bytes = nameIn(names[0], name);
  return bytes === undefined ? -ENAMETOOLONG : resultOf(libc.unlinkat(directory, bytes, 0));
}

/** An empty directory. */
export function removeDirectoryEntry(directory: Fd, name: string): number {
  const bytes = nameIn(names[0], name);
  return bytes === undefined
    ? -ENAMETOOLONG
    : resultOf(libc.unlinkat(directory, bytes, AT_REMOVEDIR));
}

/** An entry's place. */
export interface EntryPlace {
  readonly directory: Fd;
  readonly name: string;
}

/** Another name of the same file. A symbolic link is not followed. */
export function linkEntry(from: EntryPlace, to: EntryPlace): number {
  const source = nameIn(names[0], from.name);
  const place = nameIn(names[1], to.name);
  return source === undefined || place === undefined
    ? -ENAMETOOLONG
    : resultOf(libc.linkat(from.directory, source, to.directory, place, 0));
}

/** What a symbolic link says; the negated errno when that cannot be read. */
export function readLinkEntry(directory: Fd, name: string): string | number {
  const bytes = nameIn(names[0], name);
  const count =
    bytes === undefined
      ? -ENAMETOOLONG
      : resultOf(libc.readlinkat(directory, bytes, target, LINK_BYTES_MAX));
  return count < 0 ? count : target.toString("latin1", 0, count);
}

export function makeLinkEntry(says: string, { directory, name }: EntryPlace): number {
  const bytes = nameIn(names[0], name);
  if (bytes === undefined || says.length > LINK_BYTES_MAX) {
    return -ENAMETOOLONG;
  }
  target[target.write(says, "latin1")] = 0;
  return resultOf(libc.symlinkat(target, directory, bytes));
}

/** "keep": fails with EEXIST when something is there, EINVAL where the file system cannot. "exchange": swaps the two.
 *  "usual": rename(2), which replaces a directory by a directory only if it is empty. */
export function renameEntry(
  from: EntryPlace,
  to: EntryPlace,
  way: "keep" | "exchange" | "usual",
): number {
  const source = nameIn(names[0], from.name);
  const place = nameIn(names[1], to.name);
  if (source === undefined || place === undefined) {
    return -ENAMETOOLONG;
  }
  if (way === "usual") {
    return resultOf(libc.renameat(from.directory, source, to.directory, place));
  }
  const flags = way === "keep" ? RENAME_NOREPLACE : RENAME_EXCHANGE;
  return resultOf(libc.renameat2(from.directory, source, to.directory, place, flags));
}

export function setPermissions(fd: Fd, permissions: number): number {
  return resultOf(libc.fchmod(fd, permissions));
}

/** When the content changed last; the time of access stays. */
export function setModified(fd: Fd, time: FileTime): number {
  return resultOf(libc.futimens(fd, timesOf(time)));
}

/** The same of an entry, a symbolic link itself. */
export function setEntryModified({ directory, name }: EntryPlace, time: FileTime): number {
  const bytes = nameIn(names[0], name);
  return bytes === undefined
    ? -ENAMETOOLONG
    : resultOf(libc.utimensat(directory, bytes, timesOf(time), AT_SYMLINK_NOFOLLOW));
}

/** As it was with the last look on this thread. */
export function modifiedFound(): FileTime {
  const time: FileTime = { seconds: 0, secondsHigh: 0, nanoseconds: 0 };
  found.modifiedInto(time);
  return time;
}

function timesOf({ seconds, secondsHigh, nanoseconds }: FileTime): Uint32Array {
  times[4] = seconds;
  times[5] = secondsHigh;
  times[6] = nanoseconds;
  return times;
}
