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

export interface DirectoryVisitor {
  /** `name` is latin1. `kind` is "unknown" on file systems that do not tell. */
  readonly visit: (name: string, kind: "directory" | "other" | "unknown") => void;
  /** Whether entries that are certainly no directories are wanted too. */
  readonly wantsFiles: boolean;
  /**
   * Told of every file with more than one name, and of those whose names could not be counted;
   * after `visit`, if that is told of files. Returns whether it goes on being of interest.
   */
  readonly visitLinked?: (name: string, file: LinkedFile) => boolean;
}

/**
 * Lists an open directory, `.` and `..` left out, in the file system's order.
 *
 * @throws SystemCallError ENOENT when the directory was removed after it was opened, EIO, …
 */
export function listDirectory(fd: Fd, visitor: DirectoryVisitor): void {
  let { visitLinked } = visitor;
  for (;;) {
    const count = checkSyscall(libc.getdents64(fd, buffer, buffer.length), "getdents64");
    if (count === 0) {
      return;
    }
    let at = 0;
    while (at < count) {
      const type = buffer[at + TYPE_OFFSET];
      const start = at + NAME_OFFSET;
      const next = at + buffer.readUInt16LE(at + RECLEN_OFFSET);
      if (type === DT_DIR || type === DT_UNKNOWN || visitor.wantsFiles) {
        if (!isDotOrDotDot(start)) {
          const kind = type === DT_DIR ? "directory" : type === DT_UNKNOWN ? "unknown" : "other";
          visitor.visit(nameAt(start), kind);
        }
      }
      if (visitLinked !== undefined && (type === DT_REG || type === DT_UNKNOWN)) {
        const links = countLinks(fd, (bufferAddress + start) as Pointer);
        if (
          (links > 1 || links === LINKS_UNKNOWN) &&
          !visitLinked(nameAt(start), lastLook(links))
        ) {
          visitLinked = undefined;
        }
      }
      at = next;
    }
  }
}

function nameAt(start: number): string {
  return buffer.toString("latin1", start, buffer.indexOf(0, start));
}

function isDotOrDotDot(start: number): boolean {
  if (buffer[start] !== DOT) {
    return false;
  }
  return buffer[start + 1] === 0 || (buffer[start + 1] === DOT && buffer[start + 2] === 0);
}
