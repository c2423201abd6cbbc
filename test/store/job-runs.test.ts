/** Table `job_runs`. */

import { expect, test } from "bun:test";

import { JOB_RUNS_KEPT_MAX } from "../../src/base/limits.ts";
import { RUN_OUTCOMES, type RunOutcome } from "../../src/protocol/job.ts";
import type { JobRunRow, NewJobRun } from "../../src/store/job-runs.ts";
import { Store } from "../../src/store/store.ts";
import { tempDir } from "../support/temp-dir.ts";

const RUN: NewJobRun = {
  jobId: 5,
  commonDir: "/a/.git",
  task: "prefetch",
  origin: "schedule",
  startedAtMs: 1_790_000_000_000,
  durationMs: 250,
  outcome: "finished",
  exitCode: 0,
  receivedBytes: 1_000_000_000_000,
  storeBytesBefore: null,
  storeBytesAfter: 0,
  complaints: "warning: a\n'é\"",
};

interface Runs extends Disposable {
  readonly store: Store;
  insert(...runs: readonly Partial<NewJobRun>[]): void;
  load(limit: number, commonDir?: string): readonly JobRunRow[];
  settled(commonDir?: string): Readonly<Record<string, number>>;
  done(): Readonly<Record<string, number>>;
}

function runStore(): Runs {
  const folder = tempDir("store");
  const store = Store.open(folder.join("gity.db"));
  return {
    store,
    insert: (...runs) => {
      store.write(({ jobRuns }) => {
        for (const run of runs) {
          jobRuns.insert({ ...RUN, ...run });
        }
      });
    },
    load: (limit, commonDir) => store.read(({ jobRuns }) => jobRuns.load(limit, commonDir)),
    settled: (commonDir = RUN.commonDir) =>
      Object.fromEntries(store.read(({ jobRuns }) => jobRuns.lastSettled()).get(commonDir) ?? []),
    done: () =>
      Object.fromEntries(store.read(({ jobRuns }) => jobRuns.lastDone()).get(RUN.commonDir) ?? []),
    [Symbol.dispose]: () => {
      store[Symbol.dispose]();
      folder[Symbol.dispose]();
    },
  };
}

test("JobRunTable gives back runs as they were, the newest first", () => {
  using filled = runStore();
  const killed = { exitCode: null, receivedBytes: null, outcome: "timed-out" } as const;
  filled.insert({}, killed, { commonDir: "/b/.git" });

  expect(filled.load(10)).toEqual([
    { ...RUN, id: 3, commonDir: "/b/.git" },
    { ...RUN, id: 2, ...killed },
    { ...RUN, id: 1 },
  ]);
  expect(filled.load(2).map(({ id }) => id)).toEqual([3, 2]);
  expect(filled.load(1, "/a/.git").map(({ id }) => id)).toEqual([2]);
  expect(filled.load(9, "/none")).toEqual([]);
  expect(filled.load(0)).toEqual([]);
});

const UNSETTLED: readonly RunOutcome[] = ["yielded", "interrupted"];

test.each(RUN_OUTCOMES)("JobRunTable.lastSettled() knows whether %s settles a task", (outcome) => {
  using filled = runStore();
  filled.insert({ outcome });

  expect(filled.settled()).toEqual(
    UNSETTLED.includes(outcome) ? {} : { prefetch: RUN.startedAtMs + RUN.durationMs },
  );
});

test("JobRunTable.lastDone() is of what was done, and not of what has failed", () => {
  using filled = runStore();
  filled.insert({ outcome: "failed" });

  expect(filled.settled()).not.toEqual({});
  expect(filled.done()).toEqual({});
  filled.insert({ outcome: "finished" });
  expect(filled.done()).toEqual({ prefetch: RUN.startedAtMs + RUN.durationMs });
});

test("JobRunTable.lastSettled() goes on wanting what somebody has asked for, and cancelled", () => {
  using filled = runStore();
  filled.insert({ outcome: "cancelled", origin: "user" });

  expect(filled.settled()).toEqual({});
});

test("JobRunTable.lastSettled() is the latest end of each task, in one repository", () => {
  using filled = runStore();
  filled.insert(
    { startedAtMs: 1_000, durationMs: 500 },
    { startedAtMs: 2_000, durationMs: 10 },
    // A clock that was set back.
    { startedAtMs: 100, durationMs: 10 },
    { startedAtMs: 9_000, outcome: "yielded" },
    { task: "gc", startedAtMs: 3_000, durationMs: 0, outcome: "failed" },
    { commonDir: "/b/.git", startedAtMs: 9_999 },
  );

  expect(filled.settled()).toEqual({ prefetch: 2_010, gc: 3_000 });
  expect(filled.settled("/none")).toEqual({});
});

test("JobRunTable keeps so many of each repository, and when each task was last done", () => {
  using filled = runStore();
  filled.insert({ task: "gc", startedAtMs: 1 }, { task: "gc", startedAtMs: 2 });
  filled.insert({ commonDir: "/b/.git" });
  filled.insert(
    ...Array.from({ length: 3 * JOB_RUNS_KEPT_MAX }, (_, i) => ({
      startedAtMs: 1_000 + i,
      outcome: "yielded" as const,
    })),
  );

  const kept = filled.load(1_000, "/a/.git");
  expect(kept.length).toBe(JOB_RUNS_KEPT_MAX + 1);
  expect(kept.at(-1)).toMatchObject({ task: "gc", startedAtMs: 2 });
  expect(kept[0]?.startedAtMs).toBe(1_000 + 3 * JOB_RUNS_KEPT_MAX - 1);
  expect(filled.settled()).toEqual({ gc: 2 + RUN.durationMs });
  expect(filled.load(1_000, "/b/.git").length).toBe(1);
});

test("JobRunTable.deleteOf() forgets a repository, and no other", () => {
  using filled = runStore();
  filled.insert({}, { commonDir: "/b/.git" });
  filled.store.write(({ jobRuns }) => {
    jobRuns.deleteOf("/a/.git");
  });

  expect(filled.load(10).map(({ commonDir }) => commonDir)).toEqual(["/b/.git"]);
});
