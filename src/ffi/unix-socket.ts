/**
 * Unix stream sockets, non-blocking: listening, accepting, receiving, sending.
 *
 * Paths may be longer than sun_path holds: they are reached through a descriptor of their folder.
 */

import { chmodSync, closeSync, openSync } from "node:fs";
import { basename, dirname } from "node:path";

import type { Fd } from "../base/brands.ts";
import {
  checkSyscall,
  EAGAIN,
  ECONNRESET,
  EINTR,
  EMFILE,
  ENFILE,
  EPIPE,
  errno,
  libc,
  SystemCallError,
} from "./libc.ts";

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;

/** struct sockaddr_un: sa_family_t (2 bytes), char sun_path[108] with its NUL (unix(7)). */
const FAMILY_BYTES = 2;
const SUN_PATH_BYTES = 108;

/** Ten times what git's own server takes (unix-stream-server.c): a client that does not wait for
 *  room is refused, and a hundred git commands at once are nothing special for a build. */
const BACKLOG = 512;

function socketAddress(path: string): Buffer {
  const bytes = Buffer.from(path, "utf8");
  const address = Buffer.alloc(FAMILY_BYTES + SUN_PATH_BYTES);
  address.writeUInt16LE(AF_UNIX, 0);
  bytes.copy(address, FAMILY_BYTES);
  return address;
}

/** Calls `use` with an address for `path`, whatever its length. */
function withAddress<Result>(path: string, use: (address: Buffer) => Result): Result {
  if (Buffer.byteLength(path) < SUN_PATH_BYTES) {
    return use(socketAddress(path));
  }
  const folder = openSync(dirname(path), "r");
  try {
    return use(socketAddress(`/proc/self/fd/${folder}/${basename(path)}`));
  } finally {
    closeSync(folder);
  }
}

function openSocket(): Fd {
  const type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  return checkSyscall(libc.socket(AF_UNIX, type, 0), "socket") as Fd;
}

/**
 * Binds and listens. Nobody but the user may connect: the mode is set before the first connection
 * is possible.
 *
 * @throws SystemCallError EADDRINUSE when something is at the path, EROFS, EACCES, …
 */
export function listenUnix(path: string): Fd {
  const fd = openSocket();
  try {
    withAddress(path, (address) => {
      checkSyscall(libc.bind(fd, address, address.length), "bind", path);
    });
    chmodSync(path, 0o600);
    checkSyscall(libc.listen(fd, BACKLOG), "listen", path);
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/** Whether somebody listens at this path now. Does not wait. */
export function isSomebodyListening(path: string): boolean {
  const fd = openSocket();
  try {
    // A full backlog (EAGAIN) is somebody, too.
    return withAddress(path, (address) => {
      return libc.connect(fd, address, address.length) === 0 || errno() === EAGAIN;
    });
  } finally {
    libc.close(fd);
  }
}

/** The next waiting client; undefined when there is none. @throws SystemCallError EMFILE, … */
export function acceptClient(listener: Fd): Fd | undefined {
  const fd = libc.accept4(listener, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd !== -1) {
    return fd as Fd;
  }
  const code = errno();
  // A client may have gone before its turn; only a lack of descriptors needs somebody's care.
  if (code === EMFILE || code === ENFILE) {
    throw new SystemCallError("accept4", code);
  }
  return undefined;
}

/** socket(7), asm-generic/socket.h. */
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;

/** struct ucred (unix(7)): pid_t, uid_t, gid_t, four bytes each; and socklen_t with its size. */
const credentials = Buffer.alloc(12);
const credentialsLength = new Uint32Array(1);

/** The process that connected; 0 when it cannot be seen from here (another pid namespace). */
export function peerProcess(fd: Fd): number {
  credentialsLength[0] = credentials.length;
  const result = libc.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, credentialsLength);
  return result === 0 ? credentials.readInt32LE(0) : 0;
}

export type Received =
  { readonly kind: "bytes"; readonly count: number } | { readonly kind: "nothing" | "closed" };

/** Reads what has arrived, as much as fits into `buffer`. */
export function receive(fd: Fd, buffer: Uint8Array): Received {
  const count = libc.recv(fd, buffer, buffer.length, 0);
  if (count > 0) {
    return { kind: "bytes", count };
  }
  if (count === -1 && (errno() === EAGAIN || errno() === EINTR)) {
    return { kind: "nothing" };
  }
  return { kind: "closed" };
}

/** Sends what the socket takes now. Returns the bytes taken, or -1 when the client has gone. */
export function sendSome(fd: Fd, bytes: Uint8Array): number {
  const count = libc.send(fd, bytes, bytes.length, MSG_NOSIGNAL);
  if (count !== -1) {
    return count;
  }
  const code = errno();
  if (code === EAGAIN || code === EINTR) {
    return 0;
  }
  if (code === EPIPE || code === ECONNRESET) {
    return -1;
  }
  throw new SystemCallError("send", code);
}
