/**
 * The socket `fsmonitor--daemon.ipc`, where git and the helper ask: in the git directory, where git
 * looks for it, or in gity's home for a worktree that nobody registered.
 *
 * Owns: the path and the listening descriptor. What is said on a connection is in git-client.ts; how
 * git's own daemon is made to leave the path is the control thread's (daemon/take-over.ts), because
 * it takes time.
 */

import { lstatSync, unlinkSync } from "node:fs";
import { join } from "node:path";

import type { Fd } from "../base/brands.ts";
import { releaseSocketLock, takeSocketLock } from "../base/socket-lock.ts";
import { closeDescriptor } from "../ffi/descriptors.ts";
import { EADDRINUSE, SystemCallError } from "../ffi/libc.ts";
import { isSomebodyListening, listenUnix } from "../ffi/unix-socket.ts";
import { GIT_SOCKET_NAME } from "../protocol/way.ts";

export class GitSocket implements Disposable {
  readonly fd: Fd;
  readonly path: string;
  readonly #identity: string;

  /**
   * Takes the path over from a server that is no longer there, under the lock of base/socket-lock.ts;
   * `isLocked` says that it was taken already. It is released in any case.
   *
   * @throws SystemCallError EADDRINUSE when another server answers at the path, or is about to bind
   * it; EROFS, EACCES, …
   */
  constructor(folder: string, { isLocked = false }: { readonly isLocked?: boolean } = {}) {
    this.path = join(folder, GIT_SOCKET_NAME);
    if (!isLocked && !takeSocketLock(this.path)) {
      throw new SystemCallError("bind", EADDRINUSE, this.path);
    }
    try {
      this.fd = bindInPlaceOf(this.path);
      this.#identity = identityOfBound(this.path, this.fd);
    } finally {
      releaseSocketLock(this.path);
    }
  }

  /** Whether those who connect to the path come to us. */
  isInPlace(): boolean {
    return identityOf(this.path) === this.#identity;
  }

  /** Removes the path only while it is ours: another server may have taken it. */
  [Symbol.dispose](): void {
    closeDescriptor(this.fd);
    if (this.isInPlace()) {
      unlinkSync(this.path);
    }
  }
}

function bindInPlaceOf(path: string): Fd {
  if (identityOf(path) !== undefined) {
    if (isSomebodyListening(path)) {
      throw new SystemCallError("bind", EADDRINUSE, path);
    }
    unlinkSync(path);
  }
  return listenUnix(path);
}

/** A client of a listener that nobody serves would wait for ever: it is closed when this fails. */
function identityOfBound(path: string, fd: Fd): string {
  try {
    return identityOf(path) ?? "";
  } catch (error) {
    closeDescriptor(fd);
    // One that is refused tries again for a second (PROTOCOL: git's unix-socket client).
    unlinkSync(path);
    throw error;
  }
}

function identityOf(path: string): string | undefined {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`;
}
