/**
 * Which failures each call can have: what its man page lists and the machine can cause. A failure
 * that would be a lie (ENOENT for a directory that is there) is not in it.
 */

import {
  EACCES,
  EADDRINUSE,
  EAGAIN,
  ECONNRESET,
  EINTR,
  EINVAL,
  EIO,
  EMFILE,
  ENFILE,
  ENOBUFS,
  ENOMEM,
  ENOSPC,
  EPERM,
  EPIPE,
  EROFS,
} from "../../src/ffi/libc.ts";
import type { Failure } from "./call-failures.ts";

// asm-generic/errno.h; gity itself has no use for it.
const ECONNABORTED = 103;

/** For a call that nobody has thought of here. */
const ANY = [EIO, ENOMEM, EACCES, EMFILE, ENOSPC, EINTR, EAGAIN];

const FAILURES: Readonly<Record<string, readonly number[]>> = {
  close: [EIO, EINTR],
  fcntl: [EMFILE],
  read: [EIO, EINTR, EAGAIN, ENOMEM],
  pwrite: [ENOSPC, EIO, EINTR],
  open: [EACCES, EMFILE, ENFILE, ENOMEM, EIO, EINTR],
  openat: [EACCES, EMFILE, ENFILE, ENOMEM, EIO, EINTR],
  getdents64: [EIO, ENOMEM],
  poll: [EINTR, ENOMEM, EAGAIN],
  eventfd: [EMFILE, ENFILE, ENOMEM],
  inotify_init1: [EMFILE, ENFILE, ENOMEM],
  inotify_add_watch: [ENOSPC, ENOMEM, EACCES],
  inotify_rm_watch: [EINVAL],
  socket: [EMFILE, ENFILE, ENOMEM, ENOBUFS, EACCES],
  bind: [EACCES, EADDRINUSE, EROFS, ENOMEM, EIO],
  connect: [EAGAIN, EACCES, ENOMEM],
  listen: [EADDRINUSE],
  accept4: [EINTR, EAGAIN, EMFILE, ENFILE, ENOMEM, ENOBUFS, ECONNABORTED, EPERM],
  recv: [EINTR, EAGAIN, ENOMEM, ECONNRESET],
  send: [EINTR, EAGAIN, ENOMEM, ENOBUFS, EPIPE, ECONNRESET],
  "fs.chmodSync": [EPERM, EIO, EROFS],
  "fs.closeSync": [EIO, EINTR],
  "fs.fstatSync": [EIO, ENOMEM],
  "fs.lstatSync": [EACCES, EIO],
  "fs.mkdirSync": [ENOSPC, EROFS, EACCES, EIO],
  "fs.openSync": [ENOSPC, EROFS, EMFILE, EACCES, EIO],
  "fs.readdirSync": [EACCES, EMFILE, EIO],
  "fs.renameSync": [ENOSPC, EROFS, EACCES, EIO],
  "fs.rmSync": [EROFS, EACCES, EIO],
  "fs.statSync": [EACCES, EIO],
  "fs.unlinkSync": [EROFS, EACCES, EIO],
};

/**
 * Every failure of every call, in turn. Of a call made more often than `timesMax` only so many
 * are taken, spread evenly, the first and the last among them.
 */
export function allFailures(counts: ReadonlyMap<string, number>, timesMax: number): Failure[] {
  return [...counts].flatMap(([call, count]) =>
    spread(count, timesMax).flatMap((nth) =>
      (FAILURES[call] ?? ANY).map((errno) => ({ call, nth, errno })),
    ),
  );
}

function spread(count: number, timesMax: number): number[] {
  const times = Math.min(count, timesMax);
  const chosen = Array.from({ length: times }, (_, i) =>
    times === 1 ? 1 : 1 + Math.round((i * (count - 1)) / (times - 1)),
  );
  return [...new Set(chosen)];
}
