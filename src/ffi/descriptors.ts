/**
 * Descriptors: reading, writing at a place, closing, waiting.
 */

import type { Fd } from "../base/brands.ts";
import { checkSyscall, EAGAIN, EINTR, EIO, ENOMEM, errno, libc, SystemCallError } from "./libc.ts";

/** Closes without an opinion: what close(2) reports says nothing about the descriptor, which is
 *  gone in every case (close(2), "Dealing with error returns from close()"). */
export function closeDescriptor(fd: Fd): void {
  libc.close(fd);
}

/** fcntl(2), linux/fcntl.h. */
const F_DUPFD_CLOEXEC = 1030;

/** Another descriptor of the same open file, for a thread that may outlive the first.
 *  @throws SystemCallError EMFILE */
export function duplicateDescriptor(fd: Fd): Fd {
  return checkSyscall(libc.fcntl(fd, F_DUPFD_CLOEXEC, 0), "fcntl") as Fd;
}

/**
 * Writes all of `bytes` at `offset` in the file.
 *
 * @throws SystemCallError ENOSPC, EIO, …; the file may then hold a part of it.
 */
export function writeAt(fd: Fd, bytes: Uint8Array, offset: number): void {
  let done = 0;
  while (done < bytes.length) {
    const rest = done === 0 ? bytes : bytes.subarray(done);
    const count = libc.pwrite(fd, rest, rest.length, offset + done);
    if (count === -1 && errno() === EINTR) {
      continue;
    }
    if (count === 0) {
      // Not known to happen; a loop that waits for its end would be a hang.
      throw new SystemCallError("pwrite", EIO);
    }
    done += checkSyscall(count, "pwrite");
  }
}

/** Reads at `offset` into `buffer`, as much as there is; -1 when that fails. */
export function readAt(fd: Fd, buffer: Uint8Array, offset: number): number {
  return libc.pread(fd, buffer, buffer.length, offset);
}

/** Waits until everything on the file system that a file is on is on its disk. Returns 0, or the negated errno. */
export function syncFileSystem(fd: Fd): number {
  return libc.syncfs(fd) === -1 ? -errno() : 0;
}

// poll(2), bits/poll.h.
export const POLLIN = 0x001;
export const POLLPRI = 0x002;
export const POLLOUT = 0x004;
export const POLLERR = 0x008;
export const POLLHUP = 0x010;
export const POLLNVAL = 0x020;

const PASSING_FAILURES: ReadonlySet<number> = new Set([EINTR, EAGAIN, ENOMEM]);

/**
 * A set of descriptors for poll(2), kept as the array the kernel reads: struct pollfd is
 * { int fd; short events; short revents; }, two words each.
 *
 * The order is the order of `add` since the last `clear`; the caller knows what stands where.
 */
export class PollSet {
  #fds = new Int32Array(2 * 64);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
  }

  add(fd: Fd, events: number): void {
    if (2 * this.#count === this.#fds.length) {
      const larger = new Int32Array(2 * this.#fds.length);
      larger.set(this.#fds);
      this.#fds = larger;
    }
    this.#fds[2 * this.#count] = fd;
    // Little-endian: `events` is the low half of the second word, `revents` the high one.
    this.#fds[2 * this.#count + 1] = events;
    this.#count += 1;
  }

  /** What the kernel reported for the descriptor at `index` in the last wait. */
  reported(index: number): number {
    return (this.#fds[2 * index + 1] ?? 0) >>> 16;
  }

  /** Blocks until a descriptor is ready or `timeoutMs` have passed; -1 waits for ever.
   *  Returns how many are ready: none after a signal, or when the kernel has no memory for the
   *  call at this moment (poll(2): EINTR, EAGAIN, ENOMEM); the caller comes back. */
  wait(timeoutMs: number): number {
    for (let i = 0; i < this.#count; i += 1) {
      this.#fds[2 * i + 1] = (this.#fds[2 * i + 1] ?? 0) & 0xffff;
    }
    const ready = libc.poll(this.#fds, this.#count, timeoutMs);
    if (ready === -1 && PASSING_FAILURES.has(errno())) {
      return 0;
    }
    return checkSyscall(ready, "poll");
  }
}

/** False once the other end of a pipe, a socket or a terminal has gone: nobody will read what is written. */
export function hasReader(fd: Fd): boolean {
  const poll = new PollSet();
  // What is wrong is reported without being asked for.
  poll.add(fd, 0);
  poll.wait(0);
  return (poll.reported(0) & (POLLERR | POLLHUP | POLLNVAL)) === 0;
}

const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;

/** An eventfd(2): the bell another thread rings to end a poll(2). */
export class WakeBell {
  readonly fd: Fd;
  readonly #counter = new Uint8Array(8);

  constructor() {
    this.fd = checkSyscall(libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd") as Fd;
  }

  /** Makes the descriptor silent again. Should that fail it goes on ringing, and the next poll(2)
   *  leads here again. */
  reset(): void {
    libc.read(this.fd, this.#counter, this.#counter.length);
  }

  close(): void {
    closeDescriptor(this.fd);
  }
}
