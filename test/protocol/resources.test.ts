/** What is said of resources. */

import { expect, test } from "bun:test";

import { describeStanding, RESOURCE_SETTINGS, RESOURCES } from "../../src/protocol/resources.ts";

test.each([
  [
    { resource: "memory", value: 3e9, limit: 2 ** 31, isOver: true },
    "resident memory: 2.8 GiB, and gity.maxMemory allows 2.0 GiB",
  ],
  [
    { resource: "memory", value: 2e9, limit: 2 ** 31, isOver: true },
    "resident memory: 1.9 GiB, and gity.maxMemory allows 2.0 GiB; it counts as more until it is below 1.8 GiB",
  ],
  [
    { resource: "watches", value: 91.4, limit: 90, isOver: true },
    "inotify watches, in percent of what the system allows: 91 %, and gity.maxWatchesPercent allows 90 %",
  ],
  [
    { resource: "jobs", value: 3, limit: 1000, isOver: false },
    "jobs that wait: 3, and gity.maxQueuedJobs allows 1000",
  ],
] as const)("describeStanding(%j) is %j", (standing, sentence) => {
  expect(describeStanding(standing)).toBe(sentence);
});

test("RESOURCE_SETTINGS has a key of its own for each resource", () => {
  const keys = RESOURCES.map((resource) => RESOURCE_SETTINGS[resource].key);
  expect(keys).toEqual([
    "gity.maxMemory",
    "gity.maxCpuPercent",
    "gity.maxDescriptorsPercent",
    "gity.maxWatchesPercent",
    "gity.maxStoreSize",
    "gity.maxLogSize",
    "gity.maxQueuedJobs",
  ]);
});
