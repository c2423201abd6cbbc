/** What is begun when, what becomes of it, and what a daemon finds that an earlier one has left. */

import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "bun:test";

import { GityError } from "../../src/base/errors.ts";
import { JOB_FAILURES_MAX, JOBS_QUEUED_MAX } from "../../src/base/limits.ts";
import { processIdentity } from "../../src/base/process-identity.ts";
import { RepositorySettings } from "../../src/git/repository-settings.ts";
import {
  JobCenter,
  type JobCenterOptions,
  type JobEvent,
  type JobPlace,
} from "../../src/jobs/job-center.ts";
import { jobSettingsOf } from "../../src/jobs/job-settings.ts";
import type { TaskCall, TaskResult } from "../../src/jobs/run-task.ts";
import type { RunOutcome } from "../../src/protocol/job.ts";
import { Store } from "../../src/store/store.ts";
import { eventually } from "../support/eventually.ts";
import { isRunning } from "../support/gity-home.ts";
import { tempDir } from "../support/temp-dir.ts";

const NOTHING: Omit<TaskResult, "outcome"> = {
  exitCode: null,
  receivedBytes: null,
  storeBytesBefore: null,
  storeBytesAfter: null,
  complaints: "",
};

interface Run {
  readonly call: TaskCall;
  end(outcome: RunOutcome, complaints?: string): void;
}

/** Jobs whose work is done by the test: it says when each ends, and how. */
interface Bench extends AsyncDisposable {
  readonly store: Store;
  readonly center: JobCenter;
  readonly places: JobPlace[];
  readonly runs: Run[];
  readonly events: JobEvent[];
  readonly settings: Map<string, readonly string[]>;
  /** Makes the folder of a repository; registered from then on. */
  repository(name: string): JobPlace & { readonly gitDir: string };
  /** The run that is going on, as the only one. */
  current(): Promise<Run>;
  words(): readonly string[];
  /** Another daemon on the same store, by a clock of its own if it is given one. */
  another(now?: () => number): JobCenter;
  queries: number;
  /** How often it was asked whether a repository is in use. */
  looks: number;
  nowMs: number;
  paused: string | undefined;
  busy: string | undefined;
  isFull: boolean;
  breakStore: boolean;
}

function bench(options: Partial<JobCenterOptions> = {}): Bench {
  const dir = tempDir("jobs");
  const store = Store.open(dir.join("gity.db"));
  const places: JobPlace[] = [];
  const runs: Run[] = [];
  const events: JobEvent[] = [];
  // At once, and hardly ever again.
  const settings = new Map<string, readonly string[]>([
    ["gity.prefetchidle", ["0"]],
    ["gity.maintenanceidle", ["0"]],
  ]);
  const centers: JobCenter[] = [];
  const run = async (call: TaskCall): Promise<TaskResult> => {
    const { promise, resolve } = Promise.withResolvers<TaskResult>();
    const own: Run = {
      call,
      end: (outcome, complaints = "") => {
        if (runs.includes(own)) {
          runs.splice(runs.indexOf(own), 1);
        }
        resolve({ ...NOTHING, outcome, complaints });
      },
    };
    call.signal.addEventListener("abort", () => {
      own.end(call.signal.reason as RunOutcome);
    });
    runs.push(own);
    return promise;
  };
  const write: Store["write"] = (work) => {
    if (self.breakStore) {
      throw new GityError("STORE_FAILED", "the disk is full");
    }
    return store.write(work);
  };
  const another = (now?: () => number): JobCenter => {
    const center = new JobCenter({
      store: { read: (work) => store.read(work), write },
      places: () => places,
      activity: async () => {
        self.looks += 1;
        return { queries: self.queries, eventAgeMs: null };
      },
      pausedBecause: () => self.paused,
      mayQueue: () => !self.isFull,
      machineIsBusy: () => self.busy,
      onEvent: (event) => {
        events.push(event);
      },
      log: () => {},
      run,
      readSettings: async () => jobSettingsOf(new RepositorySettings(settings)),
      atOnceMax: 1,
      chance: () => 0,
      now: now ?? (() => self.nowMs),
      ...options,
    });
    centers.push(center);
    return center;
  };
  const self: Bench = {
    store,
    center: another(),
    places,
    runs,
    events,
    settings,
    repository: (name) => {
      const commonDir = dir.join(name);
      mkdirSync(join(commonDir, "objects/info"), { recursive: true });
      const place = {
        commonDir,
        gitDir: commonDir,
        worktrees: [{ root: `${commonDir}-tree`, gitDir: commonDir }],
      };
      places.push(place);
      return place;
    },
    current: async () => eventually(() => (runs.length === 1 ? runs[0] : undefined)),
    words: () =>
      self.center.list().map(({ task, state, waitsFor }) => `${task} ${waitsFor ?? state}`),
    another,
    queries: 0,
    looks: 0,
    nowMs: 1_000_000,
    paused: undefined,
    busy: undefined,
    isFull: false,
    breakStore: false,
    [Symbol.asyncDispose]: async () => {
      self.breakStore = false;
      await Promise.all(centers.map((center) => center[Symbol.asyncDispose]()));
      store[Symbol.dispose]();
      dir[Symbol.dispose]();
    },
  };
  void self.center.start();
  return self;
}

const SCHEDULED = ["prefetch", "loose-objects", "incremental-repack", "commit-graph", "pack-refs"];

/** Everything that is due, one after the other. */
async function finishAll(jobs: Bench): Promise<readonly string[]> {
  const done: string[] = [];
  while (jobs.center.list().length > 0) {
    // oxlint-disable-next-line no-await-in-loop
    const run = await jobs.current();
    done.push(run.call.task);
    run.end("finished");
    // oxlint-disable-next-line no-await-in-loop
    await eventually(() => !jobs.runs.includes(run));
    // oxlint-disable-next-line no-await-in-loop
    await eventually(() => jobs.runs.length === 1 || jobs.center.list().length === 0);
  }
  return done;
}

test("what is due is done, one after the other, and is not due again before its time", async () => {
  await using jobs = bench();
  const { commonDir } = jobs.repository("a");
  await jobs.center.start();
  await jobs.current();
  expect(await finishAll(jobs)).toEqual(SCHEDULED);
  jobs.center.look();
  expect(await jobs.center.dueTasks(commonDir)).toEqual([]);
  expect(jobs.center.history(10).map(({ task, outcome }) => `${task} ${outcome}`)).toEqual(
    SCHEDULED.map((task) => `${task} finished`).toReversed(),
  );
  jobs.nowMs += 3_600_000;
  expect(await jobs.center.dueTasks(commonDir)).toEqual(["prefetch"]);
  jobs.nowMs += 86_400_000;
  expect(await jobs.center.dueTasks(commonDir)).toEqual(SCHEDULED as never);
});

test("each kind of event is told once for a job", async () => {
  await using jobs = bench();
  const { commonDir } = jobs.repository("a");
  jobs.center.queue(commonDir, "gc", "user");
  const run = await jobs.current();
  const progress = {
    title: "Counting",
    percent: 1,
    done: 1,
    total: 99,
    bytes: null,
    bytesPerSecond: null,
  };
  run.call.onProgress(progress);
  run.call.onProgress({ ...progress, percent: 2 });
  expect(jobs.center.list().find(({ task }) => task === "gc")?.progress?.percent).toBe(2);
  run.end("finished");
  await eventually(() =>
    jobs.events.some(({ kind, task }) => kind === "job-finished" && task === "gc"),
  );
  expect(jobs.events.filter(({ task }) => task === "gc").map(({ kind }) => kind)).toEqual([
    "job-queued",
    "job-started",
    "job-progress",
    "job-finished",
  ]);
});

test("what nobody asked for waits for the user, for a rebase, for the machine, and for its turn", async () => {
  await using jobs = bench();
  const { gitDir } = jobs.repository("a");
  jobs.paused = "gity uses too much memory";
  await jobs.center.start();
  await eventually(() => jobs.words()[0] === "prefetch gity uses too much memory");
  jobs.paused = undefined;
  mkdirSync(join(gitDir, "rebase-merge"));
  jobs.center.look();
  await eventually(() => jobs.words()[0] === "prefetch a rebase is in progress");
  rmSync(join(gitDir, "rebase-merge"), { recursive: true });
  jobs.busy = "the machine runs on its battery";
  jobs.center.look();
  await eventually(() => jobs.words()[0] === "prefetch the machine runs on its battery");
  jobs.busy = undefined;
  jobs.center.look();
  const run = await jobs.current();
  expect(run.call.task).toBe("prefetch");
  await eventually(() => jobs.words()[1] === "loose-objects other work is being done");
});

test("a repository that is asked about is left alone until it is quiet", async () => {
  await using jobs = bench();
  jobs.settings.set("gity.prefetchidle", ["300"]);
  jobs.settings.set("gity.maintenance", ["false"]);
  jobs.repository("a");
  await jobs.center.start();
  /** Looks once more, at this time. */
  const look = async (passedMs: number): Promise<readonly string[]> => {
    jobs.nowMs += passedMs;
    const { looks } = jobs;
    jobs.center.look();
    await eventually(() => jobs.looks > looks || jobs.runs.length > 0);
    return jobs.words();
  };
  const inUse = ["prefetch somebody used the repository in the last 300 s"];
  await eventually(() => jobs.words()[0] === inUse[0]);
  expect(await look(299_000)).toEqual(inUse);
  jobs.queries += 1;
  expect(await look(2_000)).toEqual(inUse);
  expect(await look(299_000)).toEqual(inUse);
  expect(jobs.runs).toEqual([]);
  await look(1_000);
  expect((await jobs.current()).call.task).toBe("prefetch");
});

test("work that is long overdue is done although somebody asks all day", async () => {
  await using jobs = bench();
  jobs.settings.set("gity.prefetchidle", ["300"]);
  jobs.settings.set("gity.maintenance", ["false"]);
  jobs.repository("a");
  await jobs.center.start();
  await eventually(
    () => jobs.words()[0] === "prefetch somebody used the repository in the last 300 s",
  );
  jobs.nowMs += 3 * 3_600_000;
  jobs.queries += 1;
  jobs.center.look();
  const run = await jobs.current();
  jobs.queries += 1;
  run.end("finished");
  await eventually(() => jobs.center.history(1)[0]?.outcome === "finished");
});

test("a repository that git's own schedule maintains is left to it, and health says so", async () => {
  await using jobs = bench();
  const place = jobs.repository("a");
  jobs.settings.set("maintenance.repo", ["/elsewhere", `${place.commonDir}-tree`]);
  await jobs.center.start();
  expect(await jobs.center.restsBecause(place)).toContain("maintenance.repo names it");
  expect(jobs.center.list()).toEqual([]);
  // Who asks is served.
  jobs.center.queue(place.commonDir, "pack-refs", "user");
  expect((await jobs.current()).call.task).toBe("pack-refs");
});

test("while too much waits only what somebody asks for is added", async () => {
  await using jobs = bench();
  const { commonDir } = jobs.repository("a");
  jobs.isFull = true;
  await jobs.center.start();
  jobs.center.queue(commonDir, "gc", "user");
  (await jobs.current()).end("finished");
  await eventually(() => jobs.center.history(1)[0]?.task === "gc");
  expect(jobs.center.list()).toEqual([]);
  jobs.isFull = false;
  jobs.center.look();
  expect((await jobs.current()).call.task).toBe("prefetch");
});

test("tasks that are switched off are not done by themselves", async () => {
  await using jobs = bench();
  const place = jobs.repository("a");
  jobs.settings.set("gity.prefetch", ["no"]);
  jobs.settings.set("maintenance.pack-refs.enabled", ["false"]);
  await jobs.center.start();
  await jobs.current();
  expect(await finishAll(jobs)).toEqual(["loose-objects", "incremental-repack", "commit-graph"]);
  expect(await jobs.center.restsBecause(place)).toBeUndefined();
});

test("one object store, one job: also where it is borrowed, and others go on", async () => {
  await using jobs = bench({ atOnceMax: 3 });
  const first = jobs.repository("a");
  const second = jobs.repository("b");
  const third = jobs.repository("c");
  writeFileSync(join(second.commonDir, "objects/info/alternates"), "../../a/objects\n");
  for (const { commonDir } of [first, second, third]) {
    jobs.center.queue(commonDir, "gc", "user");
  }
  await eventually(() => jobs.runs.length === 2);
  expect(jobs.runs.map(({ call }) => call.commonDir)).toEqual([first.commonDir, third.commonDir]);
  await eventually(() => jobs.words().includes("gc 'gc' is being done in the same object store"));
  jobs.runs[0]?.end("finished");
  await eventually(() => jobs.runs.some(({ call }) => call.commonDir === second.commonDir));
});

test("what somebody asks for comes first, and what nobody asked for makes way and is done later", async () => {
  await using jobs = bench();
  const { commonDir } = jobs.repository("a");
  await jobs.center.start();
  expect((await jobs.current()).call.task).toBe("prefetch");
  jobs.center.queue(commonDir, "gc", "user");
  await eventually(() => jobs.runs[0]?.call.task === "gc");
  expect(jobs.center.history(1)[0]).toMatchObject({ task: "prefetch", outcome: "yielded" });
  jobs.runs[0]?.end("finished");
  await eventually(() => jobs.runs[0]?.call.task === "prefetch");
});

test("a job makes way for git's questions, and for who asked it does not", async () => {
  await using jobs = bench();
  const { commonDir } = jobs.repository("a");
  jobs.settings.set("gity.maintenance", ["false"]);
  await jobs.center.start();
  const run = await jobs.current();
  await eventually(() => {
    jobs.queries += 1;
    return run.call.signal.aborted;
  });
  expect(run.call.signal.reason).toBe("yielded");
  await eventually(() => jobs.center.history(1)[0]?.outcome === "yielded");
  jobs.center.queue(commonDir, "prefetch", "user");
  const asked = await eventually(() =>
    jobs.center.list()[0]?.origin === "user" ? jobs.runs[0] : undefined,
  );
  jobs.queries += 1;
  asked.end("finished");
  await eventually(() => jobs.center.history(1)[0]?.outcome === "finished");
});

test("a failure is tried again, later each time, and not for ever", async () => {
  await using jobs = bench({ chance: () => 1 / 3 });
  jobs.settings.set("gity.maintenance", ["false"]);
  jobs.repository("a");
  await jobs.center.start();
  const delays: number[] = [];
  for (let failures = 1; failures < JOB_FAILURES_MAX; failures += 1) {
    // oxlint-disable-next-line no-await-in-loop
    (await jobs.current()).end("failed", "fatal: no such host");
    // oxlint-disable-next-line no-await-in-loop
    const job = await eventually(() =>
      jobs.center.list().find((each) => each.failures === failures && each.state === "queued"),
    );
    delays.push(job.notBeforeMs - jobs.nowMs);
    jobs.nowMs = job.notBeforeMs;
    jobs.center.look();
  }
  expect(delays).toEqual([40_000, 160_000, 640_000, 2_560_000]);
  (await jobs.current()).end("timed-out");
  await eventually(() => jobs.center.list().length === 0);
  expect(jobs.center.history(1)[0]?.outcome).toBe("timed-out");
  expect(jobs.events.findLast(({ kind }) => kind === "job-failed")?.message).toBe("timed-out");
});

test("who asked is told of a failure, and nothing is tried again behind his back", async () => {
  await using jobs = bench();
  const { commonDir } = jobs.repository("a");
  jobs.center.queue(commonDir, "gc", "user");
  (await jobs.current()).end("failed", "hint: x\nfatal: the disk is full\n");
  await eventually(() => jobs.events.some(({ message }) => message === "fatal: the disk is full"));
  expect(jobs.center.list().filter(({ task }) => task === "gc")).toEqual([]);
});

test("a job that waits, and one that runs, can be cancelled", async () => {
  await using jobs = bench();
  const { commonDir } = jobs.repository("a");
  const first = jobs.center.queue(commonDir, "gc", "user");
  await jobs.current();
  const second = jobs.center.queue(commonDir, "pack-refs", "user");
  expect(await jobs.center.cancel(second.id)).toBe(true);
  expect(await jobs.center.cancel(first.id)).toBe(true);
  expect(await jobs.center.cancel(first.id)).toBe(false);
  expect(jobs.center.history(5).map(({ task, outcome }) => [task, outcome])).toEqual([
    ["gc", "cancelled"],
  ]);
});

test("what is asked for twice is done once, as urgently as it was asked for", async () => {
  await using jobs = bench();
  const { commonDir } = jobs.repository("a");
  jobs.paused = "a test";
  const scheduled = jobs.center.queue(commonDir, "pack-refs", "schedule");
  const asked = jobs.center.queue(commonDir, "pack-refs", "user");
  expect([asked.id, asked.origin]).toEqual([scheduled.id, "user"]);
  expect((await jobs.current()).call.task).toBe("pack-refs");
});

test("a repository that is no longer registered leaves nothing behind", async () => {
  await using jobs = bench();
  const { commonDir } = jobs.repository("a");
  jobs.center.queue(commonDir, "gc", "user");
  jobs.center.queue(commonDir, "pack-refs", "user");
  const { call } = await jobs.current();
  jobs.places.length = 0;
  await jobs.center.forget(commonDir);
  expect([call.signal.reason, jobs.center.history(9), jobs.center.list()]).toEqual([
    "cancelled",
    [],
    [],
  ]);
});

test("jobs of a repository that is gone are dropped", async () => {
  await using jobs = bench();
  const { commonDir } = jobs.repository("a");
  rmSync(commonDir, { recursive: true });
  jobs.center.queue(commonDir, "gc", "user");
  await eventually(() => jobs.center.list().every(({ task }) => task !== "gc"));
  expect(jobs.runs).toEqual([]);
});

test("a catch-up is shown with the others, and they wait for it", async () => {
  await using jobs = bench();
  const { commonDir } = jobs.repository("a");
  const catchUp = jobs.center.track("catch-up", commonDir);
  await jobs.center.start();
  await eventually(() => jobs.words()[1] === "prefetch other work is being done");
  expect(jobs.words()[0]).toBe("catch-up running");
  catchUp.end("finished");
  expect((await jobs.current()).call.task).toBe("prefetch");
});

test("the end of a job that a full disk does not take is noted when it does", async () => {
  await using jobs = bench();
  const { commonDir } = jobs.repository("a");
  jobs.center.queue(commonDir, "gc", "user");
  const run = await jobs.current();
  jobs.breakStore = true;
  run.end("finished");
  await eventually(() => jobs.runs.length === 0);
  jobs.breakStore = false;
  jobs.center.look();
  await eventually(() => jobs.center.history(1)[0]?.task === "gc");
});

test("what ran when a daemon ended is done again by the next, once its process is gone", async () => {
  await using jobs = bench();
  const { commonDir } = jobs.repository("a");
  const orphan = Bun.spawn(["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done"], {
    stdout: "pipe",
    detached: true,
  });
  await orphan.stdout.getReader().read();
  const id = jobs.center.queue(commonDir, "gc", "user").id;
  await jobs.current();
  await jobs.center[Symbol.asyncDispose]();
  jobs.store.write((tables) => {
    const times = { queuedAtMs: jobs.nowMs, notBeforeMs: jobs.nowMs };
    const job = { commonDir, task: "gc", origin: "user", priority: -60 } as const;
    const { row } = tables.jobs.put({ ...job, ...times });
    tables.jobs.setRunning(row.id, jobs.nowMs);
    tables.jobs.setProcess(row.id, orphan.pid, processIdentity(orphan.pid) ?? null);
  });
  writeFileSync(join(commonDir, "objects/maintenance.lock"), "");
  // Its patience does not last as long as it would.
  const second = jobs.another(() => {
    jobs.nowMs += 500;
    return jobs.nowMs;
  });
  await second.start();
  expect(isRunning(orphan.pid)).toBe(false);
  const run = await jobs.current();
  expect([run.call.task, second.history(1)[0]?.outcome]).toEqual(["gc", "interrupted"]);
  expect(second.list().find((job) => job.id === id)?.state ?? "running").toBe("running");
});

test("a lock that somebody else has left keeps everybody waiting, and says how to go on", async () => {
  await using jobs = bench();
  const { commonDir } = jobs.repository("a");
  writeFileSync(join(commonDir, "objects/maintenance.lock"), "");
  jobs.center.queue(commonDir, "gc", "user");
  await eventually(() =>
    jobs.words().some((words) => words.includes("nobody here holds it: remove it")),
  );
  expect(jobs.runs).toEqual([]);
});

test("an orderly end leaves what ran to the next daemon", async () => {
  await using jobs = bench();
  const { commonDir } = jobs.repository("a");
  jobs.settings.set("gity.maintenance", ["false"]);
  jobs.settings.set("gity.prefetch", ["false"]);
  jobs.center.queue(commonDir, "gc", "user");
  const { call } = await jobs.current();
  await jobs.center[Symbol.asyncDispose]();
  expect(call.signal.reason).toBe("interrupted");
  const next = jobs.another();
  await next.start();
  expect((await jobs.current()).call.task).toBe("gc");
});

test("a job that is cancelled, or its repository unregistered, while it makes way is not done again", async () => {
  await using jobs = bench({
    run: async ({ signal }) => {
      await new Promise((resolve) => {
        signal.addEventListener("abort", resolve);
      });
      return { ...NOTHING, outcome: "yielded" };
    },
  });
  const { commonDir } = jobs.repository("a");
  jobs.settings.set("gity.maintenance", ["false"]);
  jobs.settings.set("gity.prefetch", ["false"]);
  const { id } = jobs.center.queue(commonDir, "gc", "user");
  await eventually(() => jobs.center.list()[0]?.startedAtMs);
  expect(await jobs.center.cancel(id)).toBe(true);
  expect([jobs.center.list(), jobs.center.history(1)[0]?.outcome]).toEqual([[], "cancelled"]);
});

test("scheduled work that somebody cancels is not due again at once", async () => {
  await using jobs = bench();
  const { commonDir } = jobs.repository("a");
  jobs.settings.set("gity.maintenance", ["false"]);
  /** Whoever asks is next, and what was due before would be seen beside it. */
  const expectNothingDue = async (): Promise<void> => {
    jobs.center.queue(commonDir, "gc", "user");
    const run = await jobs.current();
    expect(jobs.center.list().map(({ task }) => task)).toEqual(["gc"]);
    run.end("finished");
    await eventually(() => jobs.center.list().length === 0);
  };
  jobs.paused = "a test";
  jobs.center.look();
  const waiting = await eventually(() => jobs.center.list()[0]);
  await jobs.center.cancel(waiting.id);
  jobs.paused = undefined;
  await expectNothingDue();
  jobs.nowMs += 3_600_000;
  jobs.center.look();
  const run = await jobs.current();
  await jobs.center.cancel(jobs.center.list()[0]?.id ?? 0);
  expect([run.call.task, run.call.signal.reason]).toEqual(["prefetch", "cancelled"]);
  await expectNothingDue();
});

test("a job in a repository whose configuration cannot be read fails for who asked, and says why", async () => {
  await using jobs = bench({
    readSettings: async () => {
      throw new GityError("GIT_FAILED", "bad config line 1");
    },
  });
  const { commonDir } = jobs.repository("a");
  jobs.center.queue(commonDir, "gc", "user");
  await eventually(() => jobs.center.history(1)[0]?.outcome === "failed");
  expect(jobs.center.history(1)[0]?.complaints).toContain(
    "configuration of the repository cannot be read",
  );
});

test("more repositories than the queue has room for get their turn", async () => {
  await using jobs = bench({
    run: async () => ({ ...NOTHING, outcome: "finished" }),
  });
  jobs.settings.set("gity.maintenance", ["false"]);
  const count = JOBS_QUEUED_MAX + 5;
  jobs.store.write((tables) => {
    for (let i = 0; i < count; i += 1) {
      const times = { queuedAtMs: jobs.nowMs, notBeforeMs: jobs.nowMs };
      const task = { task: "gc", origin: "schedule", priority: 40 } as const;
      tables.jobs.put({ ...times, ...task, commonDir: `/gone/${i}` });
    }
  });
  const { commonDir } = jobs.repository("a");
  jobs.center.queue(commonDir, "pack-refs", "user");
  await eventually(() => jobs.center.history(1, commonDir).length === 1);
  await eventually(() => jobs.center.list().length === 0);
});

test("a clock that is set back keeps no job waiting", async () => {
  await using jobs = bench();
  const { commonDir } = jobs.repository("a");
  jobs.settings.set("gity.maintenance", ["false"]);
  jobs.settings.set("gity.prefetch", ["false"]);
  jobs.store.write((tables) => {
    const future = jobs.nowMs + 365 * 86_400_000;
    const task = { commonDir, task: "gc", origin: "user", priority: -60 } as const;
    tables.jobs.put({ ...task, queuedAtMs: future, notBeforeMs: future });
  });
  jobs.center.look();
  expect((await jobs.current()).call.task).toBe("gc");
});
