/**
 * The C library: every system call gity makes by itself, and its way of reporting failure.
 *
 * Owns: the handle, the table of calls, and the translation of (-1, errno) into an exception.
 * Must never: decide what a failure means. ENOSPC from inotify_add_watch is a number here; it
 * becomes WATCH_LIMIT_REACHED in watch/.
 *
 * All results are declared `i32`: a 64-bit result becomes a BigInt and costs more than the call.
 * No result here needs more: sizes are bounded by our buffers, descriptors are ints. Only lseek(2), which tells
 * places in files, does: `i64_fast` is a number up to 2^53, which is more than any file has.
 */

import { dlopen, FFIType, read, type Pointer } from "bun:ffi";

const SYMBOLS = {
  close: { args: ["i32"], returns: "i32" },
  fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
  read: { args: ["i32", "ptr", "u64"], returns: "i32" },
  write: { args: ["i32", "ptr", "u64"], returns: "i32" },
  pread: { args: ["i32", "ptr", "u64", "i64"], returns: "i32" },
  pwrite: { args: ["i32", "ptr", "u64", "i64"], returns: "i32" },
  open: { args: ["ptr", "i32", "u32"], returns: "i32" },
  openat: { args: ["i32", "ptr", "i32", "u32"], returns: "i32" },
  link: { args: ["ptr", "ptr"], returns: "i32" },
  rename: { args: ["ptr", "ptr"], returns: "i32" },
  unlink: { args: ["ptr"], returns: "i32" },
  getdents64: { args: ["i32", "ptr", "u64"], returns: "i32" },
  statx: { args: ["i32", "ptr", "i32", "u32", "ptr"], returns: "i32" },
  poll: { args: ["ptr", "u64", "i32"], returns: "i32" },
  flock: { args: ["i32", "i32"], returns: "i32" },
  fchmod: { args: ["i32", "u32"], returns: "i32" },
  ftruncate: { args: ["i32", "i64"], returns: "i32" },
  syncfs: { args: ["i32"], returns: "i32" },
  futimens: { args: ["i32", "ptr"], returns: "i32" },
  utimensat: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
  mkdirat: { args: ["i32", "ptr", "u32"], returns: "i32" },
  unlinkat: { args: ["i32", "ptr", "i32"], returns: "i32" },
  linkat: { args: ["i32", "ptr", "i32", "ptr", "i32"], returns: "i32" },
  symlinkat: { args: ["ptr", "i32", "ptr"], returns: "i32" },
  readlinkat: { args: ["i32", "ptr", "ptr", "u64"], returns: "i32" },
  renameat: { args: ["i32", "ptr", "i32", "ptr"], returns: "i32" },
  renameat2: { args: ["i32", "ptr", "i32", "ptr", "u32"], returns: "i32" },
  ioctl: { args: ["i32", "u64", "i32"], returns: "i32" },
  lseek: { args: ["i32", "i64", "i32"], returns: FFIType.i64_fast },
  copy_file_range: { args: ["i32", "ptr", "i32", "ptr", "u64", "u32"], returns: "i32" },
  flistxattr: { args: ["i32", "ptr", "u64"], returns: "i32" },
  fgetxattr: { args: ["i32", "ptr", "ptr", "u64"], returns: "i32" },
  fsetxattr: { args: ["i32", "ptr", "ptr", "u64", "i32"], returns: "i32" },
  posix_openpt: { args: ["i32"], returns: "i32" },
  grantpt: { args: ["i32"], returns: "i32" },
  unlockpt: { args: ["i32"], returns: "i32" },
  ptsname_r: { args: ["i32", "ptr", "u64"], returns: "i32" },
  eventfd: { args: ["u32", "i32"], returns: "i32" },
  inotify_init1: { args: ["i32"], returns: "i32" },
  inotify_add_watch: { args: ["i32", "ptr", "u32"], returns: "i32" },
  inotify_rm_watch: { args: ["i32", "i32"], returns: "i32" },
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  listen: { args: ["i32", "i32"], returns: "i32" },
  getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
  shutdown: { args: ["i32", "i32"], returns: "i32" },
  accept4: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
  recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i32" },
  send: { args: ["i32", "ptr", "u64", "i32"], returns: "i32" },
} as const;

/** glibc's name first; musl installs itself under the second in every distribution using it. */
const LIBRARY_NAMES = [
  "libc.so.6",
  `libc.musl-${process.arch === "x64" ? "x86_64" : "aarch64"}.so.1`,
];

type Calls = {
  -readonly [Name in keyof typeof SYMBOLS]: (...args: readonly unknown[]) => number;
};

function openLibrary(): { calls: Calls; errnoAddress: Pointer } {
  let failure: unknown;
  for (const name of LIBRARY_NAMES) {
    try {
      const { symbols } = dlopen(name, {
        ...SYMBOLS,
        __errno_location: { args: [], returns: "ptr" },
      });
      const { __errno_location: errnoLocation, ...calls } = symbols;
      return { calls: { ...calls } as unknown as Calls, errnoAddress: errnoLocation() as Pointer };
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

const library = openLibrary();

/**
 * The table through which every call goes. Tests replace an entry to make the n-th call fail;
 * such a replacement returns -1 after `errnoForTest.value` was set.
 */
export const libc: Calls = library.calls;

/** While not 0, what `errno` reads; for tests that replace a call. */
export const errnoForTest = { value: 0 };

/**
 * `errno` of this thread (its address is the thread's own, and a Worker is one thread).
 *
 * No await and no allocation may come between the call and this read: either may run other code
 * on this thread and overwrite it.
 */
export function errno(): number {
  return errnoForTest.value === 0 ? read.i32(library.errnoAddress, 0) : errnoForTest.value;
}

/** A system call said no. Carries the number and no opinion. */
export class SystemCallError extends Error {
  override readonly name = "SystemCallError";
  readonly syscall: string;
  readonly errno: number;
  readonly path: string | undefined;

  constructor(syscall: string, errnoValue: number, path?: string) {
    const subject = path === undefined ? "" : ` '${path}'`;
    super(`${syscall}${subject}: ${errnoName(errnoValue)}`);
    this.syscall = syscall;
    this.errno = errnoValue;
    this.path = path;
  }
}

/** Returns `result` unless it is -1. @throws SystemCallError */
export function checkSyscall(result: number, syscall: string, path?: string): number {
  if (result === -1) {
    throw new SystemCallError(syscall, errno(), path);
  }
  return result;
}

// asm-generic/errno-base.h and errno.h.
export const EPERM = 1;
export const ENOENT = 2;
export const EINTR = 4;
export const EIO = 5;
export const ENXIO = 6;
export const EBADF = 9;
export const EAGAIN = 11;
export const ENOMEM = 12;
export const EACCES = 13;
export const EBUSY = 16;
export const EEXIST = 17;
export const EXDEV = 18;
export const ENOTDIR = 20;
export const EISDIR = 21;
export const EINVAL = 22;
export const ENFILE = 23;
export const EMFILE = 24;
export const ENOTTY = 25;
export const ETXTBSY = 26;
export const EFBIG = 27;
export const ENOSPC = 28;
export const EROFS = 30;
export const EMLINK = 31;
export const EPIPE = 32;
export const ERANGE = 34;
export const ENAMETOOLONG = 36;
export const ENOSYS = 38;
export const ENOTEMPTY = 39;
export const ELOOP = 40;
export const ENODATA = 61;
export const EOPNOTSUPP = 95;
export const EADDRINUSE = 98;
export const ECONNRESET = 104;
export const ENOBUFS = 105;
export const ECONNREFUSED = 111;
export const EINPROGRESS = 115;
export const EDQUOT = 122;

const ERRNO_NAMES: Readonly<Record<number, string>> = {
  [EPERM]: "EPERM",
  [ENOENT]: "ENOENT",
  [EINTR]: "EINTR",
  [EIO]: "EIO",
  [ENXIO]: "ENXIO",
  [EBADF]: "EBADF",
  [EAGAIN]: "EAGAIN",
  [ENOMEM]: "ENOMEM",
  [EACCES]: "EACCES",
  [EBUSY]: "EBUSY",
  [EEXIST]: "EEXIST",
  [EXDEV]: "EXDEV",
  [ENOTDIR]: "ENOTDIR",
  [EISDIR]: "EISDIR",
  [EINVAL]: "EINVAL",
  [ENFILE]: "ENFILE",
  [EMFILE]: "EMFILE",
  [ENOTTY]: "ENOTTY",
  [ETXTBSY]: "ETXTBSY",
  [EFBIG]: "EFBIG",
  [ENOSPC]: "ENOSPC",
  [EROFS]: "EROFS",
  [EMLINK]: "EMLINK",
  [EPIPE]: "EPIPE",
  [ERANGE]: "ERANGE",
  [ENAMETOOLONG]: "ENAMETOOLONG",
  [ENOSYS]: "ENOSYS",
  [ENOTEMPTY]: "ENOTEMPTY",
  [ELOOP]: "ELOOP",
  [ENODATA]: "ENODATA",
  [EOPNOTSUPP]: "EOPNOTSUPP",
  [EADDRINUSE]: "EADDRINUSE",
  [ECONNRESET]: "ECONNRESET",
  [ENOBUFS]: "ENOBUFS",
  [ECONNREFUSED]: "ECONNREFUSED",
  [EINPROGRESS]: "EINPROGRESS",
  [EDQUOT]: "EDQUOT",
};

export function errnoName(value: number): string {
  return ERRNO_NAMES[value] ?? `errno ${value}`;
}

/** `path` as C wants it. A latin1 path keeps its bytes. */
export function cString(path: string, encoding: "latin1" | "utf8"): Buffer {
  return Buffer.from(`${path}\0`, encoding);
}
