/**
 * Ways to change a file that the runtime's own functions do not offer. Separate from src/ffi: a
 * test must not lean on the code it tests.
 */

import { dlopen, type Pointer, ptr, toArrayBuffer } from "bun:ffi";
import { closeSync, openSync } from "node:fs";

const { symbols: libc } = dlopen("libc.so.6", {
  mmap: { args: ["ptr", "u64", "i32", "i32", "i32", "i64"], returns: "ptr" },
  munmap: { args: ["ptr", "u64"], returns: "i32" },
  open: { args: ["ptr", "i32", "u32"], returns: "i32" },
  linkat: { args: ["i32", "ptr", "i32", "ptr", "i32"], returns: "i32" },
  fallocate: { args: ["i32", "i32", "i64", "i64"], returns: "i32" },
  copy_file_range: { args: ["i32", "ptr", "i32", "ptr", "u64", "u32"], returns: "i64" },
  write: { args: ["i32", "ptr", "u64"], returns: "i64" },
  truncate: { args: ["ptr", "i64"], returns: "i32" },
  renameat2: { args: ["i32", "ptr", "i32", "ptr", "u32"], returns: "i32" },
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  send: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i64" },
  setxattr: { args: ["ptr", "ptr", "ptr", "u64", "i32"], returns: "i32" },
  getxattr: { args: ["ptr", "ptr", "ptr", "u64"], returns: "i64" },
  syscall: { args: ["i64", "i64", "i64", "i64", "i64", "i64", "i64"], returns: "i64" },
});

const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const AT_FDCWD = -100;
const O_WRONLY = 1;
const O_TMPFILE = process.arch === "arm64" ? 0o20040000 : 0o20200000;
const AT_SYMLINK_FOLLOW = 0x400;
const RENAME_EXCHANGE = 2;

function must(result: number | bigint, call: string): number {
  if (Number(result) < 0) {
    throw new Error(`${call} failed`);
  }
  return Number(result);
}

function cText(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

export interface Mapping {
  store(at: number, text: string): void;
  unmap(): void;
}

/** Maps a file for writing and closes its descriptor, as databases and linkers do. */
export function mapFile(path: string, bytes: number): Mapping {
  const fd = openSync(path, "r+");
  const address = libc.mmap(null, bytes, PROT_READ_WRITE, MAP_SHARED, fd, 0) as Pointer;
  closeSync(fd);
  const view = Buffer.from(toArrayBuffer(address, 0, bytes));
  return {
    store: (at, text) => {
      view.write(text, at);
    },
    unmap: () => {
      must(libc.munmap(address, bytes), "munmap");
    },
  };
}

/** Makes a file without a name in `folder`, writes it, and then gives it `path`. */
export function linkTemporaryFile(folder: string, path: string, content: string): void {
  const fd = must(libc.open(cText(folder), O_TMPFILE | O_WRONLY, 0o644), "open(O_TMPFILE)");
  must(libc.write(fd, Buffer.from(content), content.length), "write");
  const source = cText(`/proc/self/fd/${fd}`);
  must(libc.linkat(AT_FDCWD, source, AT_FDCWD, cText(path), AT_SYMLINK_FOLLOW), "linkat");
  closeSync(fd);
}

export function allocate(path: string, bytes: number): void {
  const fd = openSync(path, "r+");
  must(libc.fallocate(fd, 0, 0, bytes), "fallocate");
  closeSync(fd);
}

export function copyRange(from: string, to: string, bytes: number): void {
  const source = openSync(from, "r");
  const target = openSync(to, "r+");
  must(libc.copy_file_range(source, null, target, null, bytes, 0), "copy_file_range");
  closeSync(source);
  closeSync(target);
}

export function truncateByPath(path: string, bytes: number): void {
  must(libc.truncate(cText(path), bytes), "truncate");
}

/** Swaps two entries in one step. */
export function exchange(a: string, b: string): void {
  must(libc.renameat2(AT_FDCWD, cText(a), AT_FDCWD, cText(b), RENAME_EXCHANGE), "renameat2");
}

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT_NOSIGNAL = 0x4040;

/** A client that a single thread can play beside the server: nothing in it waits. */
export interface UnixClient extends Disposable {
  send(bytes: Uint8Array): void;
  /** What has arrived; undefined for nothing yet, and no bytes for the end. */
  receive(): Buffer | undefined;
}

/** Undefined when nobody listens at the path, which has less than 108 bytes (unix(7)). */
export function connectUnix(path: string): UnixClient | undefined {
  const fd = must(libc.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  const address = Buffer.alloc(110);
  address.writeUInt16LE(AF_UNIX, 0);
  address.write(path, 2);
  if (libc.connect(fd, address, address.length) !== 0) {
    closeSync(fd);
    return undefined;
  }
  const received = Buffer.alloc(1 << 16);
  return {
    send: (bytes) => {
      libc.send(fd, bytes, bytes.length, MSG_DONTWAIT_NOSIGNAL);
    },
    receive: () => {
      const count = Number(libc.recv(fd, received, received.length, MSG_DONTWAIT_NOSIGNAL));
      return count < 0 ? undefined : Buffer.from(received.subarray(0, count));
    },
    [Symbol.dispose]: () => {
      closeSync(fd);
    },
  };
}

const SYS_IO_URING_SETUP = 425;
const SYS_IO_URING_ENTER = 426;
const IORING_OP_WRITE = 23;
const IORING_ENTER_GETEVENTS = 1;
const IO_URING_PARAMS_BYTES = 120;
const IORING_OFF_SQES = 0x1000_0000;

/** Some kernels are built, and some containers set up, without it. */
export function hasIoUring(): boolean {
  const parameters = Buffer.alloc(IO_URING_PARAMS_BYTES);
  const ring = Number(libc.syscall(SYS_IO_URING_SETUP, 1, ptr(parameters), 0, 0, 0, 0));
  if (ring >= 0) {
    closeSync(ring);
  }
  return ring >= 0;
}

/**
 * Writes through io_uring(7): no write(2) is made. One ring, one entry; offsets as in struct
 * io_uring_params (linux/io_uring.h).
 */
export function writeThroughIoUring(path: string, content: string): void {
  const parameters = Buffer.alloc(IO_URING_PARAMS_BYTES);
  const ring = must(
    libc.syscall(SYS_IO_URING_SETUP, 1, ptr(parameters), 0, 0, 0, 0),
    "io_uring_setup",
  );
  const map = (bytes: number, offset: number): Buffer => {
    const address = libc.mmap(null, bytes, PROT_READ_WRITE, MAP_SHARED, ring, offset) as Pointer;
    return Buffer.from(toArrayBuffer(address, 0, bytes));
  };
  const submission = map(parameters.readUInt32LE(64) + 4 * parameters.readUInt32LE(0), 0);
  const entries = map(64, IORING_OFF_SQES);
  const fd = openSync(path, "r+");
  const data = Buffer.from(content);
  const dataFile = mapAnonymous(data);
  entries.writeUInt8(IORING_OP_WRITE, 0);
  entries.writeInt32LE(fd, 4);
  entries.writeBigUInt64LE(0n, 8);
  entries.writeBigUInt64LE(BigInt(dataFile), 16);
  entries.writeUInt32LE(data.length, 24);
  submission.writeUInt32LE(0, parameters.readUInt32LE(64));
  submission.writeUInt32LE(1, parameters.readUInt32LE(44));
  const done = libc.syscall(SYS_IO_URING_ENTER, ring, 1, 1, IORING_ENTER_GETEVENTS, 0, 0);
  closeSync(fd);
  closeSync(ring);
  must(Number(done) - 1, "io_uring_enter");
}

const MAP_PRIVATE_ANONYMOUS = 0x22;

/** Memory that does not move, for the kernel to read from. */
function mapAnonymous(data: Buffer): number {
  const address = libc.mmap(null, 4096, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0) as Pointer;
  Buffer.from(toArrayBuffer(address, 0, 4096)).set(data);
  return Number(address);
}

/** An extended attribute: setfattr(1) is not on every machine. */
export function setAttribute(path: string, name: string, value: string): void {
  const bytes = Buffer.from(value);
  must(libc.setxattr(cText(path), cText(name), bytes, bytes.length, 0), "setxattr");
}

/** Undefined when there is none. */
export function attributeOf(path: string, name: string): string | undefined {
  const buffer = Buffer.alloc(1 << 12);
  const count = libc.getxattr(cText(path), cText(name), buffer, buffer.length);
  return Number(count) < 0 ? undefined : buffer.toString("utf8", 0, Number(count));
}
