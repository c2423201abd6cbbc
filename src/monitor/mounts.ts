/**
 * What is mounted, followed as it changes: no event of inotify tells that a file system was mounted
 * over a watched directory, and IN_UNMOUNT comes only when the last mount of one is gone.
 *
 * Owns: the table, and the descriptor that tells when it is out of date. One for all worktrees;
 * what concerns one of them is in worktree-mounts.ts.
 */

import type { Fd } from "../base/brands.ts";
import { MountEvents } from "../ffi/mount-events.ts";
import { MountTable } from "../watch/mount-table.ts";

/** MountEvents, or what stands for it in a test. */
export type MountSource = Pick<MountEvents, "fd" | "take" | "read" | typeof Symbol.dispose>;

export class Mounts implements Disposable {
  readonly #source: MountSource;
  #table: MountTable;
  #version = 1;

  constructor(source: MountSource = new MountEvents()) {
    this.#source = source;
    this.#table = new MountTable(source.read());
  }

  /** For poll(2), with POLLPRI; when that reports it, `reload`. */
  get fd(): Fd {
    return this.#source.fd;
  }

  get table(): MountTable {
    return this.#table;
  }

  /** Another one for every table. */
  get version(): number {
    return this.#version;
  }

  /** Takes in every change made by a system call that returned before this call. One poll(2), and
   *  nothing else while there is none. */
  refresh(): void {
    if (this.#source.take()) {
      this.reload();
    }
  }

  /** Reads the table again; a poll(2) that was not ours may have taken the change away. */
  reload(): void {
    this.#table = new MountTable(this.#source.read());
    this.#version += 1;
  }

  [Symbol.dispose](): void {
    this.#source[Symbol.dispose]();
  }
}
