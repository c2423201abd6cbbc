/** Limits, use and need. */

import { expect, test } from "bun:test";

import { checkLimits, readLimits, readUsage } from "../../../src/cli/doctor/check-limits.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";
import { findingsOf, summary } from "./patient.ts";

const LIMITS = { watches: 1000, instances: 128, queuedEvents: 16_384, descriptors: 1024 };
const USAGE = { watches: 10, missingWatches: 0, instances: 3, descriptors: 20 };

test("checkLimits() is content where there is room", () => {
  expect(summary(checkLimits(LIMITS, USAGE))).toEqual(["ok watch-limit", "ok instance-limit"]);
});

test("checkLimits() warns where a limit is near", () => {
  const near = { watches: 900, missingWatches: 0, instances: 120, descriptors: 1000 };
  expect(summary(checkLimits({ ...LIMITS, queuedEvents: 100 }, near))).toEqual([
    "warning watch-limit",
    "warning instance-limit",
    "warning queue-limit",
    "warning descriptor-limit",
  ]);
});

test("checkLimits() says how many watches would do", () => {
  const [finding] = findingsOf(checkLimits(LIMITS, { ...USAGE, missingWatches: 50_000 }));
  expect(finding).toMatchObject({
    id: "watch-limit",
    severity: "error",
    message:
      "inotify watches are used up: gity has 10 of the 1,000 that all programs of a user may have " +
      "together, and needs at least 50,000 more",
    cure: expect.stringContaining("sudo sysctl fs.inotify.max_user_watches=131072"),
  });
});

test("checkLimits() never advises a lower limit: other programs may have used it up", () => {
  const [finding] = findingsOf(
    checkLimits({ ...LIMITS, watches: 1 << 20 }, { ...USAGE, missingWatches: 5 }),
  );
  expect(finding?.cure).toContain("max_user_watches=4194304");
});

test("checkLimits() says nothing of what cannot be found out", () => {
  const unknown = {
    watches: undefined,
    instances: undefined,
    queuedEvents: undefined,
    descriptors: undefined,
  };
  expect(checkLimits(unknown, USAGE)).toEqual([]);
});

test("readLimits() and readUsage() ask this machine", async () => {
  using tree = tempWorktree("limits", { files: { "a/b/f": "" } });
  const limits = readLimits(process.pid);
  expect(limits.watches).toBeGreaterThan(0);
  expect(limits.descriptors).toBeGreaterThan(0);
  expect(readLimits(undefined).descriptors).toBeUndefined();

  const usage = await readUsage(process.pid, [], [tree.path]);
  expect(usage).toMatchObject({ watches: 0, missingWatches: 3 });
  expect(usage.descriptors).toBeGreaterThan(2);
});
