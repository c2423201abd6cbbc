/**
 * How many names a file has: its link count, asked for with statx(2).
 *
 * Looking allocates nothing, because a crawl looks at every file of a tree: the answer is a number,
 * and the rest is read from the one buffer only where that number is of interest. statx(2) and not
 * fstatat(2), because the layout of its result is the same on every architecture.
 */

import type { Pointer } from "bun:ffi";

import type { Fd } from "../base/brands.ts";
import { EACCES, ENOENT, ENOTDIR, EPERM, errno, libc } from "./libc.ts";

// linux/fcntl.h.
/** Stands for the current directory, which absolute paths do not need. */
export const AT_FDCWD = -100 as Fd;
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_NO_AUTOMOUNT = 0x800;

/** Not AT_STATX_DONT_SYNC: it costs nothing on local file systems, and elsewhere counts are old. */
const FLAGS = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;

// linux/stat.h.
const STATX_TYPE = 0x001;
const STATX_NLINK = 0x004;
const STATX_CTIME = 0x080;
const STATX_INO = 0x100;
const WANTED = STATX_TYPE | STATX_NLINK | STATX_CTIME | STATX_INO;

/** sizeof(struct statx), and where its fields are, in words of 32 bits (linux/stat.h). */
const STATX_BYTES = 256;
const NLINK_WORD = 4;
/** The lower half of this word: u16 stx_mode. */
const MODE_WORD = 7;
const INO_WORD = 8;
const CTIME_SECONDS_WORD = 24;
const CTIME_NANOSECONDS_WORD = 26;
const DEVICE_MAJOR_WORD = 34;
const DEVICE_MINOR_WORD = 35;

// inode(7), "The file type and mode".
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;

const words = new Uint32Array(STATX_BYTES / Uint32Array.BYTES_PER_ELEMENT);

/** Not a regular file: what it holds does not change, or does not interest git. Also what may not
 *  be looked at, which git may not either; the change of permissions is an event. */
export const NO_LINKS = 0;
/** Nothing has this name (any more). */
export const NAME_IS_GONE = -1;
/** There is something, and what it is cannot be found out (EIO, ENOMEM, …). */
export const LINKS_UNKNOWN = -2;

/**
 * The number of names of the regular file `name` in `directory`, a symbolic link not followed; or
 * one of the values above. `name` ends with NUL.
 */
export function countLinks(directory: Fd, name: Uint8Array | Pointer): number {
  if (libc.statx(directory, name, FLAGS, WANTED, words) === -1) {
    return meaningOf(errno());
  }
  return (word(MODE_WORD) & S_IFMT) === S_IFREG ? word(NLINK_WORD) : NO_LINKS;
}

function meaningOf(code: number): number {
  switch (code) {
    case ENOENT:
    case ENOTDIR:
      return NAME_IS_GONE;
    case EACCES:
    case EPERM:
      return NO_LINKS;
    default:
      return LINKS_UNKNOWN;
  }
}

/** The file behind a name. */
export interface LinkedFile {
  /** Of how many names; LINKS_UNKNOWN when that could not be found out. */
  readonly links: number;
  /** Equal for two names of one file; empty with LINKS_UNKNOWN. */
  readonly identity: string;
  /** When content, permissions or the number of names changed last, by the file system's clock. */
  readonly changedAtMs: number;
}

/** What the last look on this thread found out. `links` is what it returned. */
export function lastLook(links: number): LinkedFile {
  if (links < 0) {
    return { links, identity: "", changedAtMs: Number.POSITIVE_INFINITY };
  }
  const device = `${word(DEVICE_MAJOR_WORD)}:${word(DEVICE_MINOR_WORD)}`;
  const seconds = word(CTIME_SECONDS_WORD) + word(CTIME_SECONDS_WORD + 1) * 2 ** 32;
  return {
    links,
    identity: `${device}:${word(INO_WORD)}:${word(INO_WORD + 1)}`,
    changedAtMs: seconds * 1000 + word(CTIME_NANOSECONDS_WORD) / 1e6,
  };
}

function word(index: number): number {
  return words[index] ?? 0;
}
