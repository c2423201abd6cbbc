/**
 * inotify(7): watches and events.
 *
 * Owns: the layout of struct inotify_event and the names of its bits. What an event means for a
 * tree of directories is decided in watch/.
 */

import type { Fd, WatchDescriptor } from "../base/brands.ts";
import { checkSyscall, EAGAIN, EINTR, errno, libc, SystemCallError } from "./libc.ts";

export const IN_MODIFY = 0x0000_0002;
export const IN_ATTRIB = 0x0000_0004;
export const IN_CLOSE_WRITE = 0x0000_0008;
export const IN_OPEN = 0x0000_0020;
export const IN_MOVED_FROM = 0x0000_0040;
export const IN_MOVED_TO = 0x0000_0080;
export const IN_CREATE = 0x0000_0100;
export const IN_DELETE = 0x0000_0200;
export const IN_DELETE_SELF = 0x0000_0400;
export const IN_MOVE_SELF = 0x0000_0800;
export const IN_UNMOUNT = 0x0000_2000;
export const IN_Q_OVERFLOW = 0x0000_4000;
export const IN_IGNORED = 0x0000_8000;
export const IN_ONLYDIR = 0x0100_0000;
export const IN_DONT_FOLLOW = 0x0200_0000;
export const IN_MASK_ADD = 0x2000_0000;
export const IN_ISDIR = 0x4000_0000;

const IN_CLOEXEC = 0o2000000;
const IN_NONBLOCK = 0o4000;

/** struct inotify_event without its name: int wd; uint32_t mask, cookie, len. */
const EVENT_HEADER_BYTES = 16;

/** An event with the longest name there is (NAME_MAX and its NUL). A read that leaves less room
 *  than this unused may have stopped for want of room. */
export const EVENT_BYTES_MAX = EVENT_HEADER_BYTES + 256;

/** @throws SystemCallError EMFILE when fs.inotify.max_user_instances is reached. */
export function openInotify(): Fd {
  return checkSyscall(libc.inotify_init1(IN_CLOEXEC | IN_NONBLOCK), "inotify_init1") as Fd;
}

/**
 * Watches the directory whose NUL-terminated path is in `path`. The same directory watched twice
 * gives the same descriptor.
 *
 * Returns the negated errno instead of throwing: "already gone" is the common outcome, and most
 * callers are about to decide what it means.
 */
export function addWatch(fd: Fd, path: Uint8Array, mask: number): number {
  const wd = libc.inotify_add_watch(fd, path, mask);
  return wd === -1 ? -errno() : wd;
}

/** Forgets a watch. One that the kernel has already dropped is no error. */
export function removeWatch(fd: Fd, wd: WatchDescriptor): void {
  libc.inotify_rm_watch(fd, wd);
}

/**
 * Reads as many whole events as fit. Returns the bytes read, 0 when the queue is empty.
 *
 * A result that leaves room for another event means that the queue was empty at that moment
 * (fs/notify/inotify/inotify_user.c, inotify_read() copies until either runs out): every event of
 * a system call that had returned by then has been read.
 */
export function readEvents(fd: Fd, buffer: Uint8Array): number {
  for (;;) {
    const count = libc.read(fd, buffer, buffer.length);
    if (count >= 0) {
      return count;
    }
    const code = errno();
    if (code === EAGAIN) {
      return 0;
    }
    if (code !== EINTR) {
      throw new SystemCallError("read", code, "inotify");
    }
  }
}

export interface InotifyEvent {
  wd: WatchDescriptor;
  mask: number;
  cookie: number;
  /** Latin1; empty when the event is about the watched directory itself. */
  name: string;
}

/**
 * Calls `visit` for each whole event in the first `byteCount` bytes. The object is reused, and so is a name that is the
 * same as the one before.
 *
 * Returns the bytes they took: all of them, because read(2) gives whole events only (inotify(7)).
 * Less means that an event was cut off, and is lost; nothing beyond is read.
 */
export function decodeEvents(
  buffer: Buffer,
  byteCount: number,
  visit: (event: InotifyEvent) => void,
): number {
  const event: InotifyEvent = { wd: 0 as WatchDescriptor, mask: 0, cookie: 0, name: "" };
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  let at = 0;
  // Where the name before begins, and how long it is.
  let lastStart = 0;
  let lastBytes = 0;
  while (at + EVENT_HEADER_BYTES <= byteCount) {
    const nameBytes = view.getUint32(at + 12, true);
    const start = at + EVENT_HEADER_BYTES;
    const next = start + nameBytes;
    if (next > byteCount) {
      return at;
    }
    event.wd = view.getInt32(at, true) as WatchDescriptor;
    event.mask = view.getUint32(at + 4, true);
    event.cookie = view.getUint32(at + 8, true);
    if (nameBytes !== lastBytes || !areEqual(view, start, lastStart, nameBytes)) {
      // The same text would be made anew, and its hash counted again: a file that is written causes several events.
      event.name = buffer.toString("latin1", start, endOfName(buffer, start, next));
      lastBytes = nameBytes;
    }
    lastStart = start;
    visit(event);
    at = next;
  }
  return at;
}

/** Two runs of bytes, a multiple of four as the kernel pads names (inotify(7)). */
function areEqual(view: DataView, one: number, other: number, bytes: number): boolean {
  for (let i = 0; i < bytes; i += 4) {
    if (view.getInt32(one + i, true) !== view.getInt32(other + i, true)) {
      return false;
    }
  }
  return true;
}

/** Names end with one to sixteen NUL. */
function endOfName(buffer: Buffer, start: number, next: number): number {
  let end = next;
  while (end > start && buffer[end - 1] === 0) {
    end -= 1;
  }
  return end;
}

export function isOverflow(mask: number): boolean {
  return (mask & IN_Q_OVERFLOW) !== 0;
}

export function isWatchGone(mask: number): boolean {
  return (mask & IN_IGNORED) !== 0;
}

export function isUnmount(mask: number): boolean {
  return (mask & IN_UNMOUNT) !== 0;
}

export function isSelfGone(mask: number): boolean {
  return (mask & (IN_DELETE_SELF | IN_MOVE_SELF)) !== 0;
}

export function isDirectory(mask: number): boolean {
  return (mask & IN_ISDIR) !== 0;
}

export function isMovedFrom(mask: number): boolean {
  return (mask & IN_MOVED_FROM) !== 0;
}

export function isMovedTo(mask: number): boolean {
  return (mask & IN_MOVED_TO) !== 0;
}

/** Written to through a descriptor; it may stay open, and be mapped. */
export function isModified(mask: number): boolean {
  return (mask & IN_MODIFY) !== 0;
}

/** A descriptor, or mapping, that could write was given up. */
export function isClosedAfterWrite(mask: number): boolean {
  return (mask & IN_CLOSE_WRITE) !== 0;
}

/** A directory entry that was not there before, by whatever way. */
export function isAppearance(mask: number): boolean {
  return (mask & (IN_CREATE | IN_MOVED_TO)) !== 0;
}

/** A directory entry that is no longer there, by whatever way. */
export function isDisappearance(mask: number): boolean {
  return (mask & (IN_DELETE | IN_MOVED_FROM)) !== 0;
}
