/**
 * The socket at `<gitdir>/fsmonitor--daemon.ipc`, where git and the helper ask.
 *
 * Owns: the path and the listening descriptor. What is said on a connection is in git-client.ts.
 */

import { lstatSync, unlinkSync } from "node:fs";
import { join } from "node:path";

import type { Fd } from "../base/brands.ts";
import { closeDescriptor } from "../ffi/descriptors.ts";
import { isSomebodyListening, listenUnix } from "../ffi/unix-socket.ts";

/** fsmonitor-ipc.c, fsmonitor_ipc__get_path(). */
const SOCKET_NAME = "fsmonitor--daemon.ipc";

export class GitSocket implements Disposable {
  readonly fd: Fd;
  readonly #path: string;
  readonly #identity: string;

  /**
   * Takes the path over from a server that is no longer there.
   *
   * @throws SystemCallError EADDRINUSE when another server answers at the path, EROFS, EACCES, …
   */
  constructor(gitDir: string) {
    this.#path = join(gitDir, SOCKET_NAME);
    if (identityOf(this.#path) !== undefined && !isSomebodyListening(this.#path)) {
      unlinkSync(this.#path);
    }
    this.fd = listenUnix(this.#path);
    this.#identity = identityOf(this.#path) ?? "";
  }

  /** Whether the path still leads to this socket. */
  isInPlace(): boolean {
    return identityOf(this.#path) === this.#identity;
  }

  /** Removes the path only while it is ours: another server may have taken it. */
  [Symbol.dispose](): void {
    closeDescriptor(this.fd);
    if (this.isInPlace()) {
      unlinkSync(this.#path);
    }
  }
}

function identityOf(path: string): string | undefined {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`;
}
