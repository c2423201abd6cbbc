/**
 * Background work for somebody who waits for it: queued, followed to its end, and cancelled if he goes.
 *
 * How far it is comes with events; whether it has ended is asked for, so a lost event, connection or daemon
 * loses no end.
 */

import { GityError } from "../base/errors.ts";
import type { GityEvent, JobInfo, JobRequest, JobRun } from "../protocol/api.ts";
import { isLastOutcome } from "../protocol/job.ts";
import { Bell } from "./bell.ts";
import type { GityClient } from "./gity-client.ts";

type JobEvent = Extract<GityEvent, { readonly jobId: number }>;

type Client = Pick<GityClient, "events" | "jobs" | "queueJobs" | "cancelJob">;

export interface RunJobsOptions {
  /** Its abort cancels what was queued, unless somebody else waits for it, too. */
  readonly signal?: AbortSignal | undefined;
  /** Called when something is new, with those that have not ended. */
  readonly onProgress?: ((jobs: readonly JobInfo[]) => void) | undefined;
}

export interface JobsOutcome {
  readonly commonDir: string;
  /** How each has ended. */
  readonly runs: readonly JobRun[];
  /** Cancelled before they began. */
  readonly dropped: readonly JobInfo[];
  /** They wait or run, and nobody waits for them here any more. */
  readonly left: readonly JobInfo[];
}

const KINDS = ["job-queued", "job-started", "job-progress", "job-finished", "job-failed"] as const;

/** What a job waits for is told by no event. */
const LOOK_MS = 1_000;

/** A daemon that is restarted is back before. */
const AWAY_MS_MAX = 5_000;

/** What a queued job waits for is known a moment later; a process for its settings comes first. */
const FIRST_LOOK_MS = 50;
const FIRST_LOOK_MS_MAX = 2_000;

/** Nobody ends more jobs between two looks. */
const RUNS_LOOKED_AT = 100;

/** @throws GityError as queueJobs(), and DAEMON_UNREACHABLE when the daemon goes and stays away */
export async function runJobs(
  client: Client,
  request: JobRequest,
  { signal, onProgress = () => {} }: RunJobsOptions,
): Promise<JobsOutcome> {
  const followed: { work?: QueuedWork } = {};
  const isAborted = (): boolean => signal?.aborted === true;
  const tell = (): void => {
    onProgress(followed.work?.open ?? []);
  };
  const bell = new Bell(client, {
    kinds: KINDS,
    signal,
    isToRing: (event) => {
      if (event.kind !== "job-progress") {
        return true;
      }
      if (followed.work?.note(event) === true) {
        tell();
      }
      return false;
    },
  });
  try {
    await bell.isHung;
    if (isAborted()) {
      throw new GityError("INTERRUPTED", "interrupted");
    }
    const work = await QueuedWork.queue(client, request);
    followed.work = work;
    await work.follow(bell, { isAborted, onLook: tell });
    if (isAborted()) {
      await work.cancel();
    }
    return work.outcome;
  } finally {
    await bell.takeDown();
  }
}

/** Queues jobs, and tells what keeps them from beginning, as soon as that is known. @throws GityError */
export async function queueJobs(client: Client, request: JobRequest): Promise<JobsOutcome> {
  const work = await QueuedWork.queue(client, request);
  const untilMs = performance.now() + FIRST_LOOK_MS_MAX;
  await work.look();
  while (work.open.some(isUndecided) && performance.now() < untilMs) {
    await pause(FIRST_LOOK_MS);
    await work.look();
  }
  return work.outcome;
}

function isUndecided({ state, waitsFor }: JobInfo): boolean {
  return state === "queued" && waitsFor === null;
}

class QueuedWork {
  readonly #client: Client;
  readonly #commonDir: string;
  readonly #open: Map<number, JobInfo>;
  /** Somebody else was waiting for them before. */
  readonly #shared: ReadonlySet<number>;
  /** What ended before is not their end. */
  readonly #lastRunId: number;
  readonly #runs: JobRun[] = [];
  readonly #dropped: JobInfo[] = [];

  static async queue(client: Client, request: JobRequest): Promise<QueuedWork> {
    const before = await client.jobs({ limit: 1 });
    const { commonDir, jobs } = await client.queueJobs(request);
    const shared = before.jobs.filter(({ origin }) => origin === "user").map(({ id }) => id);
    return new QueuedWork(client, {
      commonDir,
      jobs,
      shared: new Set(shared),
      lastRunId: before.runs[0]?.id ?? 0,
    });
  }

  private constructor(
    client: Client,
    {
      commonDir,
      jobs,
      shared,
      lastRunId,
    }: {
      readonly commonDir: string;
      readonly jobs: readonly JobInfo[];
      readonly shared: ReadonlySet<number>;
      readonly lastRunId: number;
    },
  ) {
    this.#client = client;
    this.#commonDir = commonDir;
    this.#open = new Map(jobs.map((job) => [job.id, job]));
    this.#shared = shared;
    this.#lastRunId = lastRunId;
  }

  /** In the order in which they are to be done. */
  get open(): readonly JobInfo[] {
    return [...this.#open.values()];
  }

  get outcome(): JobsOutcome {
    return {
      commonDir: this.#commonDir,
      runs: this.#runs,
      dropped: this.#dropped,
      left: this.open,
    };
  }

  /** False for somebody else's. */
  note({ jobId, progress }: Pick<JobEvent, "jobId" | "progress">): boolean {
    const job = this.#open.get(jobId);
    if (job === undefined) {
      return false;
    }
    this.#open.set(jobId, { ...job, state: "running", waitsFor: null, progress });
    return true;
  }

  /** Until all have ended, or nobody waits any more. @throws GityError DAEMON_UNREACHABLE */
  async follow(
    bell: Bell,
    { isAborted, onLook }: { readonly isAborted: () => boolean; readonly onLook: () => void },
  ): Promise<void> {
    let seenAtMs = performance.now();
    do {
      if (await this.#tryLook()) {
        seenAtMs = performance.now();
        onLook();
      } else if (performance.now() - seenAtMs > AWAY_MS_MAX) {
        throw new GityError("DAEMON_UNREACHABLE", "the daemon has ended in the middle of it", {
          hint: "it goes on with the work when it is started again",
        });
      }
    } while (this.#open.size > 0 && !isAborted() && (await bell.rings(LOOK_MS)));
  }

  /** What has ended, and how far the others are. @throws GityError */
  async look(): Promise<void> {
    const { jobs, runs } = await this.#client.jobs({ limit: RUNS_LOOKED_AT });
    for (const [id, before] of this.#open) {
      const job = jobs.find((each) => each.id === id);
      const run = runs.find(
        (each) => each.jobId === id && each.id > this.#lastRunId && isLastOutcome(each.outcome),
      );
      if (run !== undefined) {
        this.#open.delete(id);
        this.#runs.push(run);
      } else if (job === undefined) {
        this.#open.delete(id);
        this.#dropped.push(before);
      } else {
        this.#open.set(id, job);
      }
    }
  }

  /** Those that wait first: one that has ended would let the next begin. @throws GityError */
  async cancel(): Promise<void> {
    const own = this.open.filter(({ id }) => !this.#shared.has(id));
    const [running, waiting] = [
      own.filter(({ state }) => state === "running"),
      own.filter(({ state }) => state !== "running"),
    ];
    for (const { id } of [...waiting, ...running]) {
      // oxlint-disable-next-line no-await-in-loop
      await this.#client.cancelJob(id);
    }
    await this.look();
  }

  /** False while no daemon answers. */
  async #tryLook(): Promise<boolean> {
    try {
      await this.look();
      return true;
    } catch (error) {
      if (error instanceof GityError && error.code === "DAEMON_UNREACHABLE") {
        return false;
      }
      throw error;
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
