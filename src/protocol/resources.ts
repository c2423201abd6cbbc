/**
 * What gity takes of the machine, and how much of it the user lets it take.
 *
 * Names of resources and settings are public: they are in events, metrics and `git config`. Add freely,
 * never rename.
 */

import type { z } from "@hono/zod-openapi";

import { formatBytes } from "../base/format-bytes.ts";
import type { resourceStanding } from "./schemas.ts";

export const RESOURCES = [
  "memory",
  "cpu",
  "descriptors",
  "watches",
  "store",
  "log",
  "jobs",
] as const;

export type Resource = (typeof RESOURCES)[number];

export interface ResourceSetting {
  /** In the user's git configuration: a whole number, with git's own k, m or g; 0 is never. */
  readonly key: string;
  readonly unit: "bytes" | "percent" | "count";
  /** What goes without a setting: more than a large user of gity needs. */
  readonly usual: number;
  /** What is measured. */
  readonly subject: string;
}

const MIB = 2 ** 20;

export const RESOURCE_SETTINGS: Readonly<Record<Resource, ResourceSetting>> = {
  /** Five hundred worktrees of ordinary size take a fifth of it. */
  memory: {
    key: "gity.maxMemory",
    unit: "bytes",
    usual: 2048 * MIB,
    subject: "resident memory",
  },
  /** A hundred is one processor, for a minute on end. */
  cpu: {
    key: "gity.maxCpuPercent",
    unit: "percent",
    usual: 100,
    subject: "processor time, in percent of one processor",
  },
  descriptors: {
    key: "gity.maxDescriptorsPercent",
    unit: "percent",
    usual: 80,
    subject: "open files, in percent of what the system allows",
  },
  watches: {
    key: "gity.maxWatchesPercent",
    unit: "percent",
    usual: 90,
    subject: "inotify watches, in percent of what the system allows",
  },
  store: { key: "gity.maxStoreSize", unit: "bytes", usual: 1024 * MIB, subject: "the store" },
  /** Four times what rotation keeps. */
  log: { key: "gity.maxLogSize", unit: "bytes", usual: 64 * MIB, subject: "the log" },
  jobs: { key: "gity.maxQueuedJobs", unit: "count", usual: 1000, subject: "jobs that wait" },
};

/** What is over stays so until it is below this part of the limit. */
export const RESOURCE_RELEASE_SHARE = 0.9;

/** How things stand with one resource. */
export type ResourceStanding = z.infer<typeof resourceStanding>;

/** For people: "resident memory: 2.3 GiB, and gity.maxMemory allows 2.0 GiB". */
export function describeStanding({
  resource,
  value,
  limit,
  isOver,
}: Pick<ResourceStanding, "resource" | "value" | "limit" | "isOver">): string {
  const { key, unit, subject } = RESOURCE_SETTINGS[resource];
  const format = (number: number): string => formatAmount(number, unit);
  const until =
    isOver && value < limit
      ? `; it counts as more until it is below ${format(RESOURCE_RELEASE_SHARE * limit)}`
      : "";
  return `${subject}: ${format(value)}, and ${key} allows ${format(limit)}${until}`;
}

function formatAmount(number: number, unit: ResourceSetting["unit"]): string {
  switch (unit) {
    case "bytes":
      return formatBytes(Math.round(number));
    case "percent":
      return `${Math.round(number)} %`;
    case "count":
      return String(Math.round(number));
    default:
      return unit;
  }
}
