/**
 * flock(2): a lock on an open file, gone with its last descriptor however the process ends. It holds
 * between processes that see each other by no pid, too.
 */

import type { Fd } from "../base/brands.ts";
import { libc } from "./libc.ts";

// sys/file.h.
const LOCK_EX = 2;
const LOCK_NB = 4;

/** Takes the lock if nobody has it; never waits. False also where the file system has no locks. */
export function lockFile(fd: Fd): boolean {
  return libc.flock(fd, LOCK_EX | LOCK_NB) === 0;
}
