/**
 * Unix stream sockets, non-blocking: listening, accepting, receiving, sending.
 *
 * Paths may be longer than sun_path holds: they are reached through a descriptor of their folder.
 */

import { chmodSync, closeSync, openSync, unlinkSync } from "node:fs";
import { basename, dirname } from "node:path";

import type { Fd } from "../base/brands.ts";
import {
  checkSyscall,
  EAGAIN,
  ECONNREFUSED,
  EINTR,
  ELOOP,
  EMFILE,
  ENFILE,
  ENOBUFS,
  ENOENT,
  ENOMEM,
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

/** What connect(2) says where nobody listens. */
const NOBODY: ReadonlySet<number> = new Set([ECONNREFUSED, ENOENT, ELOOP]);

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
 * @throws SystemCallError EADDRINUSE when something is at the path, EROFS, EACCES, …; nothing of
 *   ours is left at the path then.
 */
export function listenUnix(path: string): Fd {
  const fd = openSocket();
  let isBound = false;
  try {
    withAddress(path, (address) => {
      checkSyscall(libc.bind(fd, address, address.length), "bind", path);
    });
    isBound = true;
    chmodSync(path, 0o600);
    checkSyscall(libc.listen(fd, BACKLOG), "listen", path);
    return fd;
  } catch (error) {
    libc.close(fd);
    if (isBound) {
      unlinkSync(path);
    }
    throw error;
  }
}

/** Whether somebody listens at this path now, in doubt yes: who is told no removes what is there.
 *  Does not wait. @throws SystemCallError EMFILE, … */
export function isSomebodyListening(path: string): boolean {
  const fd = openSocket();
  try {
    // unix(7): ECONNREFUSED is a socket left behind, or no socket at all. A full backlog (EAGAIN)
    // is somebody, and a lack of memory or permission tells nothing.
    return withAddress(path, (address) => {
      const isConnected = libc.connect(fd, address, address.length) === 0;
      return isConnected || !NOBODY.has(errno());
    });
  } finally {
    libc.close(fd);
  }
}

/** accept(2): limits on descriptors, and memory. The client stays in the backlog. */
const LACKS: ReadonlySet<number> = new Set([EMFILE, ENFILE, ENOMEM, ENOBUFS]);

/** The next waiting client; undefined when there is none.
 *  @throws SystemCallError EMFILE, ENFILE, ENOMEM or ENOBUFS; the client goes on waiting */
export function acceptClient(listener: Fd): Fd | undefined {
  const fd = libc.accept4(listener, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd !== -1) {
    return fd as Fd;
  }
  const code = errno();
  // A client may have gone before its turn (ECONNABORTED); a lack needs somebody's care.
  if (LACKS.has(code)) {
    throw new SystemCallError("accept4", code);
  }
  return undefined;
}

/** shutdown(2), sys/socket.h. */
const SHUT_RDWR = 2;

/** Ends the connection for both sides; the descriptor stays. Does nothing to what is no connection. */
export function shutDown(fd: Fd): void {
  libc.shutdown(fd, SHUT_RDWR);
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

/** Sends what the socket takes now. Returns the bytes taken, or -1 when no more can be sent: the
 *  client has gone, or the kernel has no room for it (ENOMEM, ENOBUFS, send(2)). Never throws. */
export function sendSome(fd: Fd, bytes: Uint8Array): number {
  const count = libc.send(fd, bytes, bytes.length, MSG_NOSIGNAL);
  if (count !== -1) {
    return count;
  }
  const code = errno();
  return code === EAGAIN || code === EINTR ? 0 : -1;
}
