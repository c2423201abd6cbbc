/** Background work for somebody who waits; with a daemon, in e2e/jobs-commands.test.ts. */

import { expect, test } from "bun:test";

import { GityError } from "../../src/base/errors.ts";
import { queueJobs, runJobs } from "../../src/client/job-runner.ts";
import type { EventQuestion } from "../../src/client/gity-client.ts";
import type { GityEvent, JobInfo, JobList, JobRun } from "../../src/protocol/api.ts";

const JOB: JobInfo = {
  id: 7,
  task: "gc",
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

const RUN: JobRun = {
  id: 20,
  jobId: 7,
  task: "gc",
  commonDir: "/a/.git",
  origin: "user",
  startedAtMs: 2,
  durationMs: 3,
  outcome: "finished",
  exitCode: 0,
  receivedBytes: null,
  storeBytesBefore: 5,
  storeBytesAfter: 4,
  complaints: "",
};

const REQUEST = { path: "/a", tasks: ["gc"] } as const;

const PROGRESS = {
  title: "Counting objects",
  percent: 50,
  done: 1,
  total: 2,
  bytes: null,
  bytesPerSecond: null,
};

function jobEvent(kind: "job-progress" | "job-finished" | "job-started", jobId = 7): GityEvent {
  const { task, commonDir, origin } = JOB;
  const progress = kind === "job-progress" ? PROGRESS : null;
  const rest = { outcome: null, exitCode: null, message: null };
  return { id: "x-1", atMs: 0, kind, jobId, task, commonDir, origin, progress, ...rest };
}

/** A daemon that says this at each look, the last again and again, with an event in between. */
class ScriptedClient {
  readonly cancelled: number[] = [];
  readonly #looks: (JobList | GityError)[];
  readonly #events: GityEvent[];

  constructor(looks: readonly (JobList | GityError)[], events: readonly GityEvent[] = []) {
    this.#looks = [...looks];
    this.#events = [...events];
  }

  async *events({ signal, onConnection }: EventQuestion = {}): AsyncGenerator<GityEvent, void> {
    const isOver = (): boolean => signal?.aborted !== false;
    onConnection?.(true);
    while (!isOver()) {
      await new Promise(setImmediate);
      yield this.#events.shift() ?? jobEvent("job-started");
    }
  }

  async jobs(): Promise<JobList> {
    const [look = { jobs: [], runs: [] }] =
      this.#looks.length > 1 ? this.#looks.splice(0, 1) : this.#looks;
    if (look instanceof GityError) {
      throw look;
    }
    return look;
  }

  async queueJobs() {
    return { commonDir: "/a/.git", jobs: [JOB] };
  }

  async cancelJob(id: number) {
    this.cancelled.push(id);
    return { cancelled: true };
  }
}

const NOTHING: JobList = { jobs: [], runs: [] };

test("runJobs() tells how far a job is, and how it has ended", async () => {
  const seen: unknown[] = [];
  const client = new ScriptedClient(
    [
      { jobs: [], runs: [{ ...RUN, id: 19, outcome: "failed" }] },
      { jobs: [{ ...JOB, waitsFor: "w" }], runs: [{ ...RUN, id: 19, outcome: "failed" }] },
      { jobs: [JOB], runs: [{ ...RUN, outcome: "yielded" }] },
      { jobs: [], runs: [{ ...RUN, id: 21 }] },
    ],
    [jobEvent("job-progress", 8), jobEvent("job-started"), jobEvent("job-progress")],
  );
  const outcome = await runJobs(client, REQUEST, {
    onProgress: ([job]) => {
      seen.push(job?.waitsFor ?? job?.progress?.title);
    },
  });

  expect(outcome).toEqual({
    commonDir: "/a/.git",
    runs: [{ ...RUN, id: 21 }],
    dropped: [],
    left: [],
  });
  expect(seen[0]).toBe("w");
  expect(seen).toContain("Counting objects");
});

test("runJobs() waits for a daemon that is away for a moment, and finds what ended meanwhile", async () => {
  const away = new GityError("DAEMON_UNREACHABLE", "gone");
  const client = new ScriptedClient([NOTHING, away, away, { jobs: [], runs: [RUN] }]);

  expect(await runJobs(client, REQUEST, {})).toMatchObject({ runs: [RUN], dropped: [] });
});

test("runJobs() cancels what it has queued, and not what somebody else waits for", async () => {
  const waiting = { jobs: [JOB], runs: [] };
  for (const [before, cancelled, left] of [
    [NOTHING, [7], []],
    [{ jobs: [{ ...JOB, origin: "schedule" }], runs: [] }, [7], []],
    [waiting, [], [JOB]],
  ] as const) {
    const ending = new AbortController();
    const after = cancelled.length === 0 ? waiting : NOTHING;
    const client = new ScriptedClient([before, waiting, waiting, after]);
    let looks = 0;
    const outcome = await runJobs(client, REQUEST, {
      signal: ending.signal,
      onProgress: () => {
        looks += 1;
        if (looks === 2) {
          ending.abort();
        }
      },
    });

    expect([client.cancelled, outcome.left]).toEqual([[...cancelled], [...left]]);
    expect(outcome.dropped.length).toBe(cancelled.length);
  }
});

test("queueJobs() waits until it is known what keeps a job, and no longer", async () => {
  const waiting = { ...JOB, waitsFor: "the repository is in use" };
  const client = new ScriptedClient([
    NOTHING,
    { jobs: [JOB], runs: [] },
    { jobs: [waiting], runs: [] },
  ]);

  expect(await queueJobs(client, REQUEST)).toEqual({
    commonDir: "/a/.git",
    runs: [],
    dropped: [],
    left: [waiting],
  });
});
