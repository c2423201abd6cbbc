/**
 * The doctor's look at the kernel's limits: what there is, what is used, and what is needed
 * (inotify(7), getrlimit(2)).
 */

import { existsSync, readFileSync, readlinkSync } from "node:fs";

import { countDirectories } from "../../git/count-directories.ts";
import type { RepositoryInfo } from "../../protocol/api.ts";
import { formatCount } from "../output.ts";
import { type Diagnosis, fine, trouble } from "./diagnosis.ts";
import { folderNames, processIds } from "./folder-names.ts";

/** Undefined: not to be found out. */
export interface Limits {
  readonly watches: number | undefined;
  readonly instances: number | undefined;
  readonly queuedEvents: number | undefined;
  readonly descriptors: number | undefined;
}

export interface Usage {
  /** Of the daemon. */
  readonly watches: number;
  /** What the directories of those worktrees need that are not covered for want of watches. */
  readonly missingWatches: number;
  /** Of all processes of this user that can be looked into. */
  readonly instances: number;
  /** Of the daemon. */
  readonly descriptors: number;
}

/** Beyond it a limit is near: the rest is for editors, browsers, and the next worktree. */
const NEAR = 0.8;

/** The kernel's default. With fewer, an ordinary `git checkout` overflows the queue. */
const QUEUED_EVENTS_MIN = 16_384;

const INOTIFY = "/proc/sys/fs/inotify";

export function checkLimits(limits: Limits, usage: Usage): readonly Diagnosis[] {
  return [
    ...checkWatches(limits.watches, usage),
    ...checkInstances(limits.instances, usage),
    ...checkQueue(limits.queuedEvents),
    ...checkDescriptors(limits.descriptors, usage),
  ];
}

function checkWatches(
  limit: number | undefined,
  { watches, missingWatches }: Usage,
): readonly Diagnosis[] {
  if (limit === undefined) {
    return [];
  }
  // Other programs of the user may hold any part of them.
  const wanted = powerOfTwoAbove(2 * Math.max(watches + missingWatches, limit));
  const cure = raise("fs.inotify.max_user_watches", wanted);
  if (missingWatches > 0) {
    const message =
      `inotify watches are used up: gity has ${formatCount(watches)} of the ${formatCount(limit)} ` +
      `that all programs of a user may have together, and needs at least ${formatCount(missingWatches)} more`;
    return [trouble({ id: "watch-limit", severity: "error", message, cure })];
  }
  const message = `${formatCount(watches)} of ${formatCount(limit)} inotify watches are used by gity for what was looked at`;
  return watches > NEAR * limit
    ? [trouble({ id: "watch-limit", severity: "warning", message, cure })]
    : [fine("watch-limit", message)];
}

function checkInstances(limit: number | undefined, { instances }: Usage): readonly Diagnosis[] {
  if (limit === undefined) {
    return [];
  }
  const message = `${formatCount(instances)} of ${formatCount(limit)} inotify instances are used`;
  const cure = raise("fs.inotify.max_user_instances", powerOfTwoAbove(4 * limit));
  return instances > NEAR * limit
    ? [trouble({ id: "instance-limit", severity: "warning", message, cure })]
    : [fine("instance-limit", message)];
}

function checkQueue(limit: number | undefined): readonly Diagnosis[] {
  return limit === undefined || limit >= QUEUED_EVENTS_MIN
    ? []
    : [
        trouble({
          id: "queue-limit",
          severity: "warning",
          message: `only ${formatCount(limit)} inotify events are queued: more changes at once, and git looks at everything`,
          cure: raise("fs.inotify.max_queued_events", QUEUED_EVENTS_MIN),
        }),
      ];
}

function checkDescriptors(limit: number | undefined, { descriptors }: Usage): readonly Diagnosis[] {
  return limit === undefined || descriptors <= NEAR * limit
    ? []
    : [
        trouble({
          id: "descriptor-limit",
          severity: "warning",
          message: `the daemon has ${formatCount(descriptors)} of ${formatCount(limit)} open files`,
          cure: "gity daemon stop, then 'ulimit -n 65536', and gity daemon start",
        }),
      ];
}

function raise(name: string, value: number): string {
  return `sudo sysctl ${name}=${value}; for good: echo ${name}=${value} | sudo tee /etc/sysctl.d/60-gity.conf`;
}

function powerOfTwoAbove(count: number): number {
  return 2 ** Math.ceil(Math.log2(count + 1));
}

/** Of this user, in this user namespace; the open files are the daemon's. */
export function readLimits(daemonPid: number | undefined): Limits {
  const limits = daemonPid === undefined ? "" : readText(`/proc/${daemonPid}/limits`);
  return {
    watches: smaller(
      readNumber(`${INOTIFY}/max_user_watches`),
      readNumber("/proc/sys/user/max_inotify_watches"),
    ),
    instances: smaller(
      readNumber(`${INOTIFY}/max_user_instances`),
      readNumber("/proc/sys/user/max_inotify_instances"),
    ),
    queuedEvents: readNumber(`${INOTIFY}/max_queued_events`),
    descriptors: toNumber(/^Max open files +(\d+)/m.exec(limits)?.[1]),
  };
}

export async function readUsage(
  daemonPid: number | undefined,
  repositories: readonly RepositoryInfo[],
  uncovered: readonly string[],
): Promise<Usage> {
  const worktrees = repositories.flatMap((repository) => repository.worktrees);
  const missing = await Promise.all(uncovered.map(countDirectories));
  return {
    watches: worktrees.reduce((sum, { watchedDirectories }) => sum + watchedDirectories, 0),
    missingWatches: missing.reduce((sum, count) => sum + count, 0),
    instances: countInstances(),
    descriptors: daemonPid === undefined ? 0 : folderNames(`/proc/${daemonPid}/fd`).length,
  };
}

function countInstances(): number {
  return processIds()
    .flatMap((pid) => folderNames(`/proc/${pid}/fd`).map((fd) => `/proc/${pid}/fd/${fd}`))
    .filter(isInotify).length;
}

function isInotify(link: string): boolean {
  try {
    return readlinkSync(link) === "anon_inode:inotify";
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return false;
    }
    throw error;
  }
}

function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

function readNumber(path: string): number | undefined {
  return toNumber(readText(path).trim());
}

function toNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

function smaller(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}
