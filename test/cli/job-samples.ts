/** A job, its progress, and a run, for tests of how they are shown. */

import type { JobInfo, JobRun } from "../../src/protocol/api.ts";
import type { JobProgress } from "../../src/protocol/job.ts";

export const PROGRESS: JobProgress = {
  title: "Receiving objects",
  percent: 42,
  done: 42,
  total: 100,
  bytes: 1024,
  bytesPerSecond: 2048,
};

export const JOB: JobInfo = {
  id: 7,
  task: "prefetch",
  commonDir: "/a/.git",
  origin: "user",
  state: "queued",
  queuedAtMs: 1,
  notBeforeMs: 1,
  startedAtMs: null,
  failures: 0,
  waitsFor: null,
  progress: null,
};

export const RUN: JobRun = {
  id: 1,
  jobId: 7,
  task: "gc",
  commonDir: "/a/.git",
  origin: "user",
  startedAtMs: 1,
  durationMs: 1200,
  outcome: "finished",
  exitCode: 0,
  receivedBytes: null,
  storeBytesBefore: 1 << 20,
  storeBytesAfter: 1 << 19,
  complaints: "",
};
