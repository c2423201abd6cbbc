/**
 * Listing directories with getdents64(2), into one reused buffer, and looking at the files in them.
 *
 * `readdir` of the runtime decodes names as UTF-8, which loses bytes, and makes an object an
 * entry. Here a name stays bytes, and only directories (the entries the tree is made of) become
 * strings unless more is asked for.
 */

import { type Pointer, ptr } from "bun:ffi";

import type { Fd } from "../base/brands.ts";
import { countLinks, LINKS_UNKNOWN, lastLook, type LinkedFile } from "./file-links.ts";
import { checkSyscall, ENAMETOOLONG, errno, libc } from "./libc.ts";

const O_RDONLY = 0;
const O_DIRECTORY = process.arch === "arm64" ? 0o40000 : 0o200000;
const O_NOFOLLOW = process.arch === "arm64" ? 0o100000 : 0o400000;
const O_CLOEXEC = 0o2000000;
const O_PATH = 0o10000000;

const OPEN_LISTING = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

/** A path longer than the kernel takes is walked in parts of at most this many bytes. */
const PATH_PART_BYTES_MAX = 4000;

// dirent(3): d_type.
const DT_UNKNOWN = 0;
const DT_DIR = 4;
const DT_REG = 8;

/** struct linux_dirent64: u64 d_ino; s64 d_off; u16 d_reclen; u8 d_type; char d_name[]. */
const RECLEN_OFFSET = 16;
const TYPE_OFFSET = 18;
const NAME_OFFSET = 19;
const RECORD_ALIGNMENT = 8;
const DOT = 0x2e;

const buffer = Buffer.alloc(64 << 10);
/** So large a buffer stays where it is: names in it can be handed to the kernel as they are. */
const bufferAddress = ptr(buffer);

/**
 * Opens a directory for listing; a symbolic link to one is refused.
 *
 * `path` ends with NUL. Returns the negated errno instead of throwing, as addWatch() does.
 */
export function openDirectory(path: Uint8Array): number {
  const fd = libc.open(path, OPEN_LISTING, 0);
  if (fd !== -1) {
    return fd;
  }
  const code = errno();
  return code === ENAMETOOLONG ? openInParts(path) : -code;
}

/** Paths beyond PATH_MAX exist: they are made, and opened, step by step. */
function openInParts(path: Uint8Array): number {
  const bytes = Buffer.from(path.buffer, path.byteOffset, path.indexOf(0));
  let at = 0;
  let parent = -1;
  while (at < bytes.length) {
    let end = bytes.length;
    if (end - at > PATH_PART_BYTES_MAX) {
      end = bytes.lastIndexOf(0x2f, at + PATH_PART_BYTES_MAX);
      if (end <= at) {
        break;
      }
    }
    const part = Buffer.concat([bytes.subarray(at, end), Buffer.of(0)]);
    const flags = end === bytes.length ? OPEN_LISTING : O_PATH | O_DIRECTORY | O_CLOEXEC;
    const fd = parent === -1 ? libc.open(part, flags, 0) : libc.openat(parent, part, flags, 0);
    const code = fd === -1 ? errno() : 0;
    if (parent !== -1) {
      libc.close(parent);
    }
    if (fd === -1) {
      return -code;
    }
    if (end === bytes.length) {
      return fd;
    }
    parent = fd;
    at = end + 1;
  }
  return -ENAMETOOLONG;
}

/** An entry of a directory, as it lies in the buffer of this module: valid until the visit is over. */
export interface RawEntry {
  kind: "directory" | "file" | "other" | "unknown";
  /** Where the kernel finds the name, ended by NUL. */
  address: Pointer;
  /** The name's place in `entryBytes`. */
  start: number;
  end: number;
}

/** Holds the names of the entries that are being visited. */
export const entryBytes: Uint8Array = buffer;

/** The entry's name, latin1. */
export function nameOf({ start, end }: RawEntry): string {
  return buffer.toString("latin1", start, end);
}

/**
 * Lists an open directory, `.` and `..` left out, in the file system's order. The object is reused.
 *
 * @throws SystemCallError ENOENT when the directory was removed after it was opened, EIO, …
 */
export function visitEntries(fd: Fd, visit: (entry: RawEntry) => void): void {
  const entry: RawEntry = { kind: "unknown", address: bufferAddress, start: 0, end: 0 };
  for (;;) {
    const count = checkSyscall(libc.getdents64(fd, buffer, buffer.length), "getdents64");
    if (count === 0) {
      return;
    }
    for (let at = 0; at < count;) {
      const start = at + NAME_OFFSET;
      const next = at + buffer.readUInt16LE(at + RECLEN_OFFSET);
      if (!isDotOrDotDot(start)) {
        entry.kind = kindOf(buffer[at + TYPE_OFFSET] ?? DT_UNKNOWN);
        entry.address = (bufferAddress + start) as Pointer;
        entry.start = start;
        entry.end = endOfName(start, next);
        visit(entry);
      }
      at = next;
    }
  }
}

function kindOf(type: number): RawEntry["kind"] {
  switch (type) {
    case DT_DIR:
      return "directory";
    case DT_REG:
      return "file";
    case DT_UNKNOWN:
      return "unknown";
    default:
      return "other";
  }
}

/** Records are padded with up to seven bytes behind the name's NUL (getdents64(2)). */
function endOfName(start: number, next: number): number {
  let end = Math.max(start, next - RECORD_ALIGNMENT);
  while (buffer[end] !== 0) {
    end += 1;
  }
  return end;
}

export interface DirectoryVisitor {
  /** `name` is latin1. `kind` is "unknown" on file systems that do not tell. */
  readonly visit: (name: string, kind: "directory" | "other" | "unknown") => void;
  /**
   * Told of every file with more than one name, and of those whose names could not be counted;
   * after `visit`. Returns whether it goes on being of interest.
   */
  readonly visitLinked?: (name: string, file: LinkedFile) => boolean;
}

/** The same with names, and a look at each file. @throws SystemCallError as visitEntries() */
export function listDirectory(fd: Fd, { visit, visitLinked }: DirectoryVisitor): void {
  let isOfInterest = visitLinked !== undefined;
  visitEntries(fd, (entry) => {
    const { kind } = entry;
    visit(nameOf(entry), kind === "file" ? "other" : kind);
    if (isOfInterest && (kind === "file" || kind === "unknown")) {
      const links = countLinks(fd, entry.address);
      if (links > 1 || links === LINKS_UNKNOWN) {
        isOfInterest = visitLinked?.(nameOf(entry), lastLook(links)) ?? false;
      }
    }
  });
}

function isDotOrDotDot(start: number): boolean {
  if (buffer[start] !== DOT) {
    return false;
  }
  return buffer[start + 1] === 0 || (buffer[start + 1] === DOT && buffer[start + 2] === 0);
}
