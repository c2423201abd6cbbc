/**
 * A terminal that nobody sits at: for programs that tell terminals only how far they are.
 *
 * It never becomes the controlling terminal of anybody (O_NOCTTY on both ends): a program that wants to
 * ask opens /dev/tty, and there is none.
 */

import { constants } from "node:fs";

import type { Fd } from "../base/brands.ts";
import { closeDescriptor } from "./descriptors.ts";
import { checkSyscall, cString, EAGAIN, EINTR, errno, libc } from "./libc.ts";

/** Long names of Linux are `/dev/pts/` and ten digits. */
const NAME_BYTES = 64;

/** <asm-generic/fcntl.h>; constants of node:fs lack it. */
const O_CLOEXEC = 0o2000000;

export interface PseudoTerminal {
  /** What is written to the other end is read here, and never waited for. Closed by whoever opened it, like
   *  the other. */
  readonly master: Fd;
  /** Given to the program. */
  readonly slave: Fd;
}

/** pty(7). @throws SystemCallError where there are none (no /dev/pts), or none left */
export function openPseudoTerminal(): PseudoTerminal {
  const flags = constants.O_RDWR | constants.O_NOCTTY | O_CLOEXEC;
  const master = checkSyscall(
    libc.posix_openpt(flags | constants.O_NONBLOCK),
    "posix_openpt",
  ) as Fd;
  try {
    checkSyscall(libc.grantpt(master), "grantpt");
    checkSyscall(libc.unlockpt(master), "unlockpt");
    const name = Buffer.alloc(NAME_BYTES);
    // Returns the error, and does not set errno, in some libraries; any other than 0 is one.
    checkSyscall(libc.ptsname_r(master, name, name.length) === 0 ? 0 : -1, "ptsname_r");
    const path = name.toString("latin1", 0, name.indexOf(0));
    const slave = checkSyscall(libc.open(cString(path, "latin1"), flags, 0), "open", path) as Fd;
    return { master, slave };
  } catch (error) {
    closeDescriptor(master);
    throw error;
  }
}

/** How many bytes were there; "end" when nobody has the other end open any more, and all of it was read. */
export function readPseudoTerminal(master: Fd, buffer: Uint8Array): number | "nothing" | "end" {
  const byteCount = libc.read(master, buffer, buffer.length);
  const error = byteCount === -1 ? errno() : 0;
  if (error === EAGAIN || error === EINTR) {
    return "nothing";
  }
  // pty(7) leaves it to the system: EIO on Linux, 0 elsewhere.
  return byteCount > 0 ? byteCount : "end";
}
