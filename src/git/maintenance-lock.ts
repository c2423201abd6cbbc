/**
 * The lock that every `git maintenance run` holds on the object store, and who does.
 *
 * git that finds it there says nothing to nobody and does nothing (builtin/gc.c,
 * maintenance_run_tasks()). One that was left behind by a process that was killed therefore ends all
 * maintenance for ever.
 */

import { lstatSync, readdirSync, readlinkSync, rmSync, statSync, type Stats } from "node:fs";
import { basename, join } from "node:path";

import { orUndefined } from "../base/or-undefined.ts";

const LOCK = "objects/maintenance.lock";

export type LockState =
  | "free"
  /** Somebody has it open. */
  | "held"
  /** Nobody of this user on this machine has it open. */
  | "abandoned";

export function maintenanceLock(commonDir: string): LockState {
  const path = join(commonDir, LOCK);
  const status = statusOf(path);
  if (status === undefined) {
    return "free";
  }
  return isOpenSomewhere(status) ? "held" : "abandoned";
}

/**
 * Removes a lock that one of our own processes has left: of this user, made after that was started, and open
 * nowhere.
 * False when it stays.
 */
export function removeAbandonedLock(commonDir: string, startedAtMs: number): boolean {
  const path = join(commonDir, LOCK);
  const status = statusOf(path);
  if (status === undefined) {
    return true;
  }
  // Times of files may be as coarse as a clock tick.
  const isLater = status.mtimeMs >= startedAtMs - 1_000;
  // What others have open is not to be seen.
  const isOurs = status.uid === process.geteuid?.();
  if (!isLater || !isOurs || isOpenSomewhere(status)) {
    return false;
  }
  const now = statusOf(path);
  if (now?.ino === status.ino && now.dev === status.dev) {
    orUndefined(() => {
      rmSync(path, { force: true });
    });
  }
  return statusOf(path) === undefined;
}

/** Undefined as well where nobody may look: git will say so. */
function statusOf(path: string): Stats | undefined {
  return orUndefined(() => lstatSync(path));
}

/**
 * By proc(5); without it, anybody may have it open. Where a mount shows the repository at another place, the
 * path is another: only the name is asked for first, for a stat(2) of what a descriptor leads to may hang.
 */
function isOpenSomewhere(lock: Stats): boolean {
  const processes = namesIn("/proc").filter((name) => /^\d+$/.test(name));
  return (
    processes.length === 0 ||
    processes.some((pid) =>
      namesIn(`/proc/${pid}/fd`).some((fd) => leadsTo(`/proc/${pid}/fd/${fd}`, lock)),
    )
  );
}

function leadsTo(descriptor: string, lock: Stats): boolean {
  const path = orUndefined(() => readlinkSync(descriptor));
  if (path === undefined || basename(path) !== basename(LOCK)) {
    return false;
  }
  const status = orUndefined(() => statSync(descriptor));
  return status?.dev === lock.dev && status.ino === lock.ino;
}

function namesIn(folder: string): readonly string[] {
  return orUndefined(() => readdirSync(folder)) ?? [];
}
