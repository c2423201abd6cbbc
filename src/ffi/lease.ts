/**
 * Write leases (fcntl(2), "Leases"): while one is held, an open(2) of that file by anybody waits inside the
 * kernel until the lease is given back.
 *
 * Granted only while nobody else has the file open, and to who owns the file. Whoever holds one must give it back
 * at once: those who wait do so for as long, up to /proc/sys/fs/lease-break-time, which is 45 s. The end of the
 * process gives it back, too.
 */

import type { Fd } from "../base/brands.ts";
import { EAGAIN, errno, libc } from "./libc.ts";

// fcntl(2): asm-generic/fcntl.h, linux/fcntl.h.
const F_SETSIG = 10;
const F_SETLEASE = 1024;
const F_WRLCK = 1;
const F_UNLCK = 2;

/** The kernel tells the holder that somebody waits. SIGIO, which it sends by itself, would end the process;
 *  this one is ignored unless somebody asks for it (signal(7)). */
const SIGURG = 23;

/**
 * - `granted`: until it is given back.
 * - `in-use`: somebody has the file open, or holds a lease.
 * - `refused`: the file is another's, or the file system knows no leases.
 */
export type LeaseOutcome = "granted" | "in-use" | "refused";

/** Of an open file. Never waits. */
export function takeWriteLease(fd: Fd): LeaseOutcome {
  if (libc.fcntl(fd, F_SETSIG, SIGURG) === -1) {
    return "refused";
  }
  if (libc.fcntl(fd, F_SETLEASE, F_WRLCK) !== -1) {
    return "granted";
  }
  return errno() === EAGAIN ? "in-use" : "refused";
}

/** Those who wait go on. Closing the descriptor does the same. */
export function giveLeaseBack(fd: Fd): void {
  libc.fcntl(fd, F_SETLEASE, F_UNLCK);
}
