/** What this process takes of the machine, and gity's files of its disk. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

import type { HomeLayout } from "../base/home.ts";

export interface ProcessUsage {
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  /** Null where the system does not say. */
  readonly openDescriptors: number | null;
  readonly descriptorsMax: number | null;
}

export interface FileSizes {
  /** With what SQLite keeps beside it. */
  readonly storeBytes: number;
  /** Of all files of the log. */
  readonly logBytes: number;
}

const US_PER_SECOND = 1e6;

/** Of this process. 0 where the system does not say: it is read from a file, for which there may be no descriptor. */
export function readResidentBytes(): number {
  return orNull(() => process.memoryUsage.rss()) ?? 0;
}

export function readProcessUsage(): ProcessUsage {
  const { user, system } = process.cpuUsage();
  return {
    residentBytes: readResidentBytes(),
    cpuSeconds: (user + system) / US_PER_SECOND,
    openDescriptors: orNull(() => readdirSync("/proc/self/fd").length),
    descriptorsMax: orNull(() => {
      // proc(5): soft limit, hard limit, unit.
      const line = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1"));
      return line === null ? null : Number(line[1]);
    }),
  };
}

/** How many inotify watches this user may have: inotify(7), namespaces(7). */
export function readWatchesMax(): number | null {
  const limits = ["/proc/sys/fs/inotify/max_user_watches", "/proc/sys/user/max_inotify_watches"]
    .flatMap((path) => orNull(() => [Number(readFileSync(path, "latin1"))]) ?? [])
    .filter((limit) => Number.isFinite(limit));
  return limits.length === 0 ? null : Math.min(...limits);
}

export function readFileSizes({ database, log }: HomeLayout): FileSizes {
  return { storeBytes: sizeWithFollowers(database), logBytes: sizeWithFollowers(log) };
}

/** Of a file and of those whose names begin with its name. Looked at by name: closing the store's file
 *  would release its locks. */
function sizeWithFollowers(path: string): number {
  const folder = dirname(path);
  const names = orNull(() => readdirSync(folder)) ?? [];
  return names
    .map((name) => join(folder, name))
    .filter((each) => each === path || each.startsWith(`${path}.`) || each.startsWith(`${path}-`))
    .reduce((sum, each) => sum + (orNull(() => statSync(each).size) ?? 0), 0);
}

function orNull<Result>(step: () => Result): Result | null {
  try {
    return step();
  } catch (error) {
    // What the runtime asks for itself fails with a number alone.
    if (error instanceof Error && ("code" in error || "errno" in error)) {
      return null;
    }
    throw error;
  }
}
