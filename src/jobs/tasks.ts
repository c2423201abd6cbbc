/** The kinds of work there are: how urgent each is, when it is due, and how long it may take. */

import { MAINTENANCE_MS_MAX, PREFETCH_MS_MAX } from "../base/limits.ts";
import {
  MAINTENANCE_TASKS,
  type JobOrigin,
  type JobTask,
  type MaintenanceTask,
} from "../protocol/job.ts";

export interface TaskKind {
  /** Which settings say when it is due. "request": never by itself. */
  readonly schedule: "prefetch" | "maintenance" | "request";
  /** The lowest is first. */
  readonly priority: number;
  readonly timeoutMs: number;
}

/**
 * In the order in which they help each other: what was fetched is packed, then described. `gc` rewrites
 * everything, and is for who asks for it; the others together do its work in small pieces
 * (git-maintenance(1), "incremental").
 */
const KINDS: Readonly<Record<MaintenanceTask, TaskKind>> = {
  prefetch: { schedule: "prefetch", priority: 20, timeoutMs: PREFETCH_MS_MAX },
  "loose-objects": { schedule: "maintenance", priority: 30, timeoutMs: MAINTENANCE_MS_MAX },
  "incremental-repack": { schedule: "maintenance", priority: 31, timeoutMs: MAINTENANCE_MS_MAX },
  "commit-graph": { schedule: "maintenance", priority: 32, timeoutMs: MAINTENANCE_MS_MAX },
  "pack-refs": { schedule: "maintenance", priority: 33, timeoutMs: MAINTENANCE_MS_MAX },
  gc: { schedule: "request", priority: 40, timeoutMs: MAINTENANCE_MS_MAX },
};

/** Somebody waits for it: before everything that nobody asked for. */
const USER_HEAD_START = 100;

export function kindOf(task: MaintenanceTask): TaskKind {
  return KINDS[task];
}

export function priorityOf(task: MaintenanceTask, origin: JobOrigin): number {
  return KINDS[task].priority - (origin === "user" ? USER_HEAD_START : 0);
}

/** In the order of their priorities. */
export function tasksOf(schedule: TaskKind["schedule"]): readonly MaintenanceTask[] {
  return MAINTENANCE_TASKS.filter((task) => KINDS[task].schedule === schedule).toSorted(
    (a, b) => KINDS[a].priority - KINDS[b].priority,
  );
}

export function isMaintenanceTask(task: JobTask): task is MaintenanceTask {
  return MAINTENANCE_TASKS.some((each) => each === task);
}
