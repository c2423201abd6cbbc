/**
 * What a path leads to: statx(2), without allocating.
 *
 * A query is answered in a few dozen microseconds, and a crawl looks at every file of a tree: objects
 * with twenty fields, half of them bigints, would cost more than the system calls. So a look leaves its
 * result in one buffer, and what is of interest is read from there. statx(2) and not fstatat(2), because
 * the layout of its result is the same on every architecture.
 */

import type { Pointer } from "bun:ffi";

import type { Fd } from "../base/brands.ts";
import { errno, libc } from "./libc.ts";

// linux/fcntl.h.
/** Stands for the current directory, which absolute paths do not need. */
export const AT_FDCWD = -100 as Fd;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_NO_AUTOMOUNT = 0x800;
const AT_EMPTY_PATH = 0x1000;

// linux/stat.h.
const STATX_TYPE = 0x001;
const STATX_MODE = 0x002;
const STATX_NLINK = 0x004;
const STATX_UID = 0x008;
const STATX_MTIME = 0x040;
const STATX_CTIME = 0x080;
const STATX_INO = 0x100;
const STATX_SIZE = 0x200;
const STATX_BLOCKS = 0x400;
/** Since Linux 5.8; older ones leave it out. */
const STATX_MNT_ID = 0x1000;
const WANTED =
  STATX_TYPE |
  STATX_MODE |
  STATX_NLINK |
  STATX_UID |
  STATX_MTIME |
  STATX_CTIME |
  STATX_INO |
  STATX_SIZE |
  STATX_BLOCKS |
  STATX_MNT_ID;

/** sizeof(struct statx), and where its fields are, in words of 32 bits (linux/stat.h). */
const STATX_BYTES = 256;
const MASK_WORD = 0;
const NLINK_WORD = 4;
const UID_WORD = 5;
/** The lower half of this word: u16 stx_mode. */
const MODE_WORD = 7;
const INO_WORD = 8;
const SIZE_WORD = 10;
const BLOCKS_WORD = 12;
const CTIME_SECONDS_WORD = 24;
const CTIME_NANOSECONDS_WORD = 26;
const MTIME_SECONDS_WORD = 28;
const MTIME_NANOSECONDS_WORD = 30;
const DEVICE_MAJOR_WORD = 34;
const DEVICE_MINOR_WORD = 35;
const MOUNT_ID_WORD = 36;

// inode(7), "The file type and mode".
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
const S_IFDIR = 0o040000;
const S_IFLNK = 0o120000;
/** What chmod(2) sets. */
const PERMISSION_BITS = 0o7777;

/** stat(2): `st_blocks` counts these, whatever the file system's blocks are. */
const BLOCK_BYTES = 512;

/** Odd, so that two states which differ in one word only never have the same digest. */
const LOW_FACTOR = 0x85eb_ca6b;
const HIGH_FACTOR = 0xc2b2_ae35;

/** What a digest is made of, besides the mode. */
const FILE_WORDS = [
  INO_WORD,
  INO_WORD + 1,
  SIZE_WORD,
  SIZE_WORD + 1,
  MTIME_SECONDS_WORD,
  MTIME_SECONDS_WORD + 1,
  MTIME_NANOSECONDS_WORD,
  CTIME_SECONDS_WORD,
  CTIME_SECONDS_WORD + 1,
  CTIME_NANOSECONDS_WORD,
  DEVICE_MAJOR_WORD,
  DEVICE_MINOR_WORD,
] as const;

/** A number holds 53 bits, and one is for being added. */
const HIGH_BITS_DROPPED = 12;
const scratch: Digest = { low: 0, high: 0 };

const words = new Uint32Array(STATX_BYTES / Uint32Array.BYTES_PER_ELEMENT);
const NO_NAME = Uint8Array.of(0);

/**
 * Looks at `name` in `directory`, or at an absolute path; both end with NUL. A symbolic link is looked
 * at itself. Not AT_STATX_DONT_SYNC: it costs nothing on local file systems, and elsewhere what is said
 * would be old. Returns 0, or the negated errno.
 */
export function lookAt(directory: Fd, name: Uint8Array | Pointer): number {
  return look(directory, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT);
}

/** Looks at what an absolute path, ended by NUL, leads to. Returns 0, or the negated errno. */
export function lookThrough(path: Uint8Array): number {
  return look(AT_FDCWD, path, AT_NO_AUTOMOUNT);
}

/** Looks at an open file. Returns 0, or the negated errno. */
export function lookAtOpen(fd: Fd): number {
  return look(fd, NO_NAME, AT_EMPTY_PATH);
}

function look(directory: Fd, name: Uint8Array | Pointer, flags: number): number {
  return libc.statx(directory, name, flags, WANTED, words) === -1 ? -errno() : 0;
}

/** Which file it is, whatever its name: its device and its inode, two words each. */
export type FileId = readonly [number, number, number, number];

/** A time in full, as unsigned words. */
export interface FileTime {
  seconds: number;
  secondsHigh: number;
  nanoseconds: number;
}

/** A file's state in 64 bits, as two unsigned words. */
export interface Digest {
  low: number;
  high: number;
}

/** Of what the last look on this thread has found. */
export const found = {
  get isRegularFile(): boolean {
    return (word(MODE_WORD) & S_IFMT) === S_IFREG;
  },

  get isDirectory(): boolean {
    return (word(MODE_WORD) & S_IFMT) === S_IFDIR;
  },

  get isSymbolicLink(): boolean {
    return (word(MODE_WORD) & S_IFMT) === S_IFLNK;
  },

  /** With the bits for set-user-ID, set-group-ID and sticky. */
  get permissions(): number {
    return word(MODE_WORD) & PERMISSION_BITS;
  },

  /** The number of the user it belongs to. */
  get owner(): number {
    return word(UID_WORD);
  },

  get sizeBytes(): number {
    return word(SIZE_WORD) + word(SIZE_WORD + 1) * 2 ** 32;
  },

  /** What is allocated for it; less than its size where it has holes. */
  get allocatedBytes(): number {
    return (word(BLOCKS_WORD) + word(BLOCKS_WORD + 1) * 2 ** 32) * BLOCK_BYTES;
  },

  /** How many names it has. */
  get links(): number {
    return word(NLINK_WORD);
  },

  get id(): FileId {
    return [word(DEVICE_MAJOR_WORD), word(DEVICE_MINOR_WORD), word(INO_WORD), word(INO_WORD + 1)];
  },

  get inode(): bigint {
    return BigInt(word(INO_WORD)) | (BigInt(word(INO_WORD + 1)) << 32n);
  },

  /** Of the mount it was reached through, as in proc_pid_mountinfo(5); undefined where the kernel does not say. */
  get mountId(): number | undefined {
    return (word(MASK_WORD) & STATX_MNT_ID) === 0
      ? undefined
      : word(MOUNT_ID_WORD) + word(MOUNT_ID_WORD + 1) * 2 ** 32;
  },

  is([major, minor, inode, inodeHigh]: FileId): boolean {
    return (
      word(INO_WORD) === inode &&
      word(INO_WORD + 1) === inodeHigh &&
      word(DEVICE_MAJOR_WORD) === major &&
      word(DEVICE_MINOR_WORD) === minor
    );
  },

  /**
   * Writes the digest of type, permissions, inode, size, and the times of content and state: as far as
   * the file system can tell, the file is as it was while this is the same. Never 0 in both words.
   */
  digestInto(digest: Digest): void {
    let low = word(MODE_WORD) & 0xffff;
    let high = low;
    for (const index of FILE_WORDS) {
      low = Math.imul(low ^ word(index), LOW_FACTOR);
      low ^= low >>> 15;
      high = Math.imul(high ^ word(index), HIGH_FACTOR);
      high ^= high >>> 13;
    }
    digest.low = low === 0 && high === 0 ? 1 : low >>> 0;
    digest.high = high >>> 0;
  },

  /** The same in one number, never 0. Fewer bits: for comparing what one name stands for with itself. */
  get state(): number {
    this.digestInto(scratch);
    return (scratch.high >>> HIGH_BITS_DROPPED) * 2 ** 32 + scratch.low + 1;
  },

  /** When the content changed last, to be given to another file: struct timespec in words, nanoseconds last. */
  modifiedInto(time: FileTime): void {
    time.seconds = word(MTIME_SECONDS_WORD);
    time.secondsHigh = word(MTIME_SECONDS_WORD + 1);
    time.nanoseconds = word(MTIME_NANOSECONDS_WORD);
  },

  wasModifiedAt({ seconds, secondsHigh, nanoseconds }: FileTime): boolean {
    return (
      word(MTIME_SECONDS_WORD) === seconds &&
      word(MTIME_SECONDS_WORD + 1) === secondsHigh &&
      word(MTIME_NANOSECONDS_WORD) === nanoseconds
    );
  },

  /** When the content changed last, as the file system or a program that set the time has it. */
  get modifiedAtMs(): number {
    // Signed: a time may be set to before 1970.
    const seconds = word(MTIME_SECONDS_WORD) + (word(MTIME_SECONDS_WORD + 1) | 0) * 2 ** 32;
    return seconds * 1000 + word(MTIME_NANOSECONDS_WORD) / 1e6;
  },

  /** Whether the file system counts in whole seconds, as far as this file can tell. */
  get hasWholeSeconds(): boolean {
    return word(CTIME_NANOSECONDS_WORD) === 0;
  },

  /** The same of type and inode alone. */
  identityInto(digest: Digest): void {
    digest.low = (word(INO_WORD) ^ (word(MODE_WORD) & S_IFMT)) >>> 0;
    digest.high = (word(INO_WORD + 1) | 0x8000_0000) >>> 0;
  },

  /** The later one of the times of content and state, in milliseconds; a clock may have been set back
   *  between the two. */
  get latestMs(): number {
    const seconds = word(MTIME_SECONDS_WORD) + word(MTIME_SECONDS_WORD + 1) * 2 ** 32;
    const modifiedAtMs = seconds * 1000 + word(MTIME_NANOSECONDS_WORD) / 1e6;
    return Math.max(modifiedAtMs, this.changedAtMs);
  },

  /** When content, permissions or the number of names changed last, by the file system's clock. */
  get changedAtMs(): number {
    const seconds = word(CTIME_SECONDS_WORD) + word(CTIME_SECONDS_WORD + 1) * 2 ** 32;
    return seconds * 1000 + word(CTIME_NANOSECONDS_WORD) / 1e6;
  },
} as const;

function word(index: number): number {
  return words[index] ?? 0;
}
