/**
 * Being told that something was mounted or unmounted: poll(2) on /proc/self/mountinfo reports
 * POLLPRI and POLLERR once after every change (proc_pid_mounts(5)).
 *
 * Owns: one descriptor. Each poll(2) that reports a change takes it away, whoever made it.
 */

import { openSync, readSync } from "node:fs";

import type { Fd } from "../base/brands.ts";
import { closeDescriptor, PollSet, POLLPRI } from "./descriptors.ts";

const MOUNT_INFO = "/proc/self/mountinfo";

const buffer = Buffer.alloc(64 << 10);

export class MountEvents implements Disposable {
  /** Ready for POLLPRI after a change. */
  readonly fd: Fd;
  readonly #poll = new PollSet();

  /** @throws when /proc is not there */
  constructor() {
    this.fd = openSync(MOUNT_INFO, "r") as Fd;
    this.#poll.add(this.fd, POLLPRI);
  }

  /** Whether anything was mounted or unmounted since this was last asked. Never blocks. */
  take(): boolean {
    return this.#poll.wait(0) > 0;
  }

  /**
   * The mounts as they are now, latin1. Reads from the kernel's memory only. A change in the middle
   * of it, which may make the text wrong, is reported by the next poll(2).
   */
  read(): string {
    let text = "";
    for (let at = 0; ;) {
      const count = readSync(this.fd, buffer, 0, buffer.length, at);
      if (count === 0) {
        return text;
      }
      text += buffer.toString("latin1", 0, count);
      at += count;
    }
  }

  [Symbol.dispose](): void {
    closeDescriptor(this.fd);
  }
}
