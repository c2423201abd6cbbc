/** Counting background work. */

import { expect, test } from "bun:test";

import { JOB_BOUNDS_S, JobStatistics } from "../../src/daemon/job-statistics.ts";
import type { JobEvent } from "../../src/jobs/job-center.ts";

const JOB: JobEvent = {
  kind: "job-queued",
  jobId: 1,
  task: "gc",
  commonDir: "/a/.git",
  origin: "schedule",
  progress: null,
  outcome: null,
  exitCode: null,
  message: null,
};

test("JobStatistics counts runs by task and outcome, with the time they took", () => {
  let nowMs = 0;
  const statistics = new JobStatistics(() => nowMs);
  const run = (jobId: number, seconds: number, end: Pick<JobEvent, "kind" | "outcome">): void => {
    statistics.note({ ...JOB, jobId });
    statistics.note({ ...JOB, jobId, kind: "job-started" });
    statistics.note({ ...JOB, jobId, kind: "job-progress" });
    nowMs += seconds * 1000;
    statistics.note({ ...JOB, jobId, ...end });
  };
  run(1, 0.5, { kind: "job-queued", outcome: "yielded" });
  run(1, 10, { kind: "job-finished", outcome: "finished" });
  run(2, 100, { kind: "job-finished", outcome: "finished" });
  run(3, 1e6, { kind: "job-failed", outcome: "timed-out" });

  expect(statistics.numbers).toEqual({
    runs: [
      { task: "gc", outcome: "yielded", count: 1 },
      { task: "gc", outcome: "finished", count: 2 },
      { task: "gc", outcome: "timed-out", count: 1 },
    ],
    durations: [
      {
        task: "gc",
        count: 4,
        sumSeconds: 1_000_110.5,
        within: JOB_BOUNDS_S.map((bound) => [0.5, 10, 100].filter((s) => s <= bound).length),
      },
    ],
  });
});

test("JobStatistics takes what never began for no run", () => {
  const statistics = new JobStatistics();
  statistics.note({ ...JOB, kind: "job-failed", outcome: "cancelled" });

  expect(statistics.numbers).toEqual({ runs: [], durations: [] });
});
