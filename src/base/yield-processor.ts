/** For a process that is to make way: whatever else runs on the machine comes first. */

import { readFileSync, writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";

import { orUndefined } from "./or-undefined.ts";

const LOWEST = constants.priority.PRIORITY_LOW;
const LOWER = constants.priority.PRIORITY_BELOW_NORMAL;

/** proc_pid_stat(5): the sixth field, which is the fourth behind the name. */
const SESSION_FIELD = 3;

/**
 * As yieldProcessor(), for what takes a moment and is soon wanted: by nice(1)'s usual ten steps, which on a busy machine
 * leave it a tenth, and not by its session.
 */
export function yieldABit(pid: number): void {
  orUndefined(() => {
    setPriority(pid, LOWER);
  });
}

/**
 * Gives a process that was just started the lowest priority, and with it the threads it starts later, and the children
 * that stay in its session (setpriority(2)). Does nothing for one that has ended, or where the system does not let us.
 *
 * Not for who may hold a lock that a user's git does not wait for long: it could be a minute until it goes on.
 *
 * Where Linux shares processors out among sessions first, that counts only among processes of the same one (sched(7),
 * "The autogroup feature"): a session of its own is given the priority as a whole. Who is not root may do so ten times a
 * second; more often it is left at setpriority(2).
 */
export function yieldProcessor(pid: number): void {
  orUndefined(() => {
    setPriority(pid, LOWEST);
  });
  // Of another session, such as our own, it would be everybody's priority.
  if (sessionOf(pid) === pid) {
    orUndefined(() => {
      writeFileSync(`/proc/${pid}/autogroup`, String(LOWEST));
    });
  }
}

function sessionOf(pid: number): number | undefined {
  const stat = orUndefined(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields === undefined ? undefined : Number(fields[SESSION_FIELD]);
}
