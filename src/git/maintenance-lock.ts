/**
 * The lock that every `git maintenance run` holds on the object store, and who does.
 *
 * git that finds it there says nothing to nobody and does nothing (builtin/gc.c,
 * maintenance_run_tasks()). One that was left behind by a process that was killed therefore ends all
 * maintenance for ever.
 */

import { lstatSync, readdirSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";

const LOCK = "objects/maintenance.lock";

export type LockState =
  | "free"
  /** Somebody has it open. */
  | "held"
  /** Nobody of this user on this machine has it open. */
  | "abandoned";

export function maintenanceLock(commonDir: string): LockState {
  const path = join(commonDir, LOCK);
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) {
    return "free";
  }
  return isOpenSomewhere(realpathSync(path)) ? "held" : "abandoned";
}

/**
 * Removes a lock that one of our own processes has left: made after that was started, and open nowhere.
 * False when it stays.
 */
export function removeAbandonedLock(commonDir: string, startedAtMs: number): boolean {
  const path = join(commonDir, LOCK);
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) {
    return true;
  }
  // Times of files may be as coarse as a clock tick.
  const isLater = status.mtimeMs >= startedAtMs - 1_000;
  if (!isLater || maintenanceLock(commonDir) !== "abandoned") {
    return false;
  }
  rmSync(path, { force: true });
  return true;
}

/** By proc(5); without it, anybody may have it open. */
function isOpenSomewhere(path: string): boolean {
  const processes = namesIn("/proc").filter((name) => /^\d+$/.test(name));
  return (
    processes.length === 0 ||
    processes.some((pid) =>
      namesIn(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === path),
    )
  );
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return [];
    }
    throw error;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return undefined;
    }
    throw error;
  }
}
