/**
 * Which process a process id meant: numbers are used again, and whoever ends a process must not end
 * another one.
 */

import { readFileSync } from "node:fs";

const BOOT_ID = "/proc/sys/kernel/random/boot_id";

/**
 * Other for every process there ever was on this machine: the boot, and the moment of the start in it.
 * Undefined when there is no such process, or no proc(5).
 */
export function processIdentity(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // proc(5): `starttime` is the 20th field behind the name, which stands in parentheses and may
    // hold any byte.
    const startTime = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return startTime === undefined
      ? undefined
      : `${readFileSync(BOOT_ID, "latin1").trim()}:${startTime}`;
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return undefined;
    }
    throw error;
  }
}
