/**
 * Background work as the daemon does it: which repositories there are, how busy they are, and who is told.
 *
 * What is due and when it may begin is src/jobs' to say.
 */

import { GityError } from "../base/errors.ts";
import { discoverWorktree } from "../git/discover.ts";
import { JobCenter, type JobEvent, type JobView, type Tracked } from "../jobs/job-center.ts";
import type { ActivityCounts } from "../jobs/activity.ts";
import type {
  CancelReply,
  JobInfo,
  JobList,
  JobRequest,
  QueuedJobs,
  RepositoryInfo,
} from "../protocol/api.ts";
import type { WorktreeState } from "../protocol/worktree-health.ts";
import type { Store } from "../store/store.ts";
import type { EventHub, NewEvent } from "./event-hub.ts";
import type { FollowableWorktree } from "./follower.ts";
import { type JobNumbers, JobStatistics } from "./job-statistics.ts";
import type { Log } from "./log-file.ts";

/** What is needed of the fleet; Fleet has it. */
export interface WorkingFleet {
  list(): readonly RepositoryInfo[];
  locate(path: string): Promise<FollowableWorktree>;
  followable(worktreeId: number): FollowableWorktree | undefined;
  activityOf(commonDir: string): Promise<ActivityCounts | undefined>;
}

export interface BackgroundWorkOptions {
  readonly fleet: WorkingFleet;
  readonly store: Pick<Store, "read" | "write">;
  readonly hub: Pick<EventHub, "publish">;
  readonly log: Log;
  /** Why low-priority work is to wait, in words. */
  readonly pausedBecause: () => string | undefined;
  /** False while there is too much in the queue. */
  readonly mayQueue: () => boolean;
}

/** Runs that are told of when nobody says how many. */
const RUNS_TOLD = 20;

export class BackgroundWork implements AsyncDisposable {
  readonly #options: BackgroundWorkOptions;
  readonly #center: JobCenter;
  readonly #statistics = new JobStatistics();
  /** By worktree. */
  readonly #catchUps = new Map<number, Tracked>();

  constructor(options: BackgroundWorkOptions) {
    const { fleet, store, hub, log, pausedBecause, mayQueue } = options;
    this.#options = options;
    this.#center = new JobCenter({
      store,
      places: () => fleet.list(),
      activity: async (commonDir) => fleet.activityOf(commonDir),
      pausedBecause,
      mayQueue,
      onEvent: (event) => {
        this.#statistics.note(event);
        hub.publish(toHubEvent(event));
      },
      log: (level, message, fields) => {
        log.write(level, message, fields);
      },
    });
  }

  /** Once what is registered is known. */
  async start(): Promise<void> {
    await this.#center.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#center[Symbol.asyncDispose]();
  }

  /** Something is being done, or is waited for by somebody; in doubt it is. */
  get isBusy(): boolean {
    const jobs = this.#listOrNothing();
    return (
      jobs === undefined ||
      jobs.some(({ state, origin }) => state === "running" || origin === "user")
    );
  }

  /** Jobs that wait or run; none while the store cannot be read. */
  get depth(): number {
    return this.#listOrNothing()?.length ?? 0;
  }

  #listOrNothing(): readonly JobView[] | undefined {
    try {
      return this.#center.list();
    } catch (error) {
      if (error instanceof GityError) {
        return undefined;
      }
      throw error;
    }
  }

  /** For the metrics: what there is, and what there was since the daemon's start. */
  get numbers(): JobNumbers & {
    readonly queued: number;
    readonly running: number;
    readonly processes: number;
  } {
    const jobs = this.#center.list();
    const running = jobs.filter(({ state }) => state === "running").length;
    const processes = this.#center.processCount();
    return { ...this.#statistics.numbers, queued: jobs.length - running, running, processes };
  }

  /** What was paused may go on, or the other way round. */
  look(): void {
    this.#center.look();
  }

  /** The fleet has told everybody. */
  notice(event: NewEvent): void {
    if (event.kind === "registered") {
      this.#center.look();
    } else if (event.kind === "unregistered") {
      void this.#forget(event.commonDir);
    }
  }

  /** The monitor's word on a worktree: a catch-up is work like any other. */
  stateChanged(worktreeId: number, state: WorktreeState): void {
    const tracked = this.#catchUps.get(worktreeId);
    const worktree = this.#options.fleet.followable(worktreeId);
    if (state === "catching-up" && tracked === undefined && worktree !== undefined) {
      this.#catchUps.set(worktreeId, this.#center.track("catch-up", worktree.commonDir));
    } else if (state !== "catching-up" && tracked !== undefined) {
      this.closed(worktreeId, state === "ready" ? "finished" : "failed");
    }
  }

  /** It is not open any more. */
  closed(worktreeId: number, outcome: "finished" | "failed" = "failed"): void {
    this.#catchUps.get(worktreeId)?.end(outcome);
    this.#catchUps.delete(worktreeId);
  }

  /** @throws GityError NOT_REGISTERED, NOT_A_REPOSITORY, INVALID_REQUEST, STORE_FAILED, GIT_FAILED */
  async queue({ path, tasks, when, isUnregistered }: JobRequest): Promise<QueuedJobs> {
    const commonDir =
      isUnregistered === true
        ? (await discoverWorktree(path)).commonDir
        : await this.#registeredAt(path);
    const wanted = tasks ?? (await this.#center.dueTasks(commonDir));
    const origin = when === "idle" ? "schedule" : "user";
    const jobs = wanted.map((task) => toInfo(this.#center.queue(commonDir, task, origin)));
    return { commonDir, jobs };
  }

  /** Of the repository of a path, or all. @throws GityError NOT_REGISTERED, NOT_A_REPOSITORY */
  async list(path: string | undefined, limit = RUNS_TOLD): Promise<JobList> {
    const commonDir = path === undefined ? undefined : await this.#registeredAt(path);
    return {
      jobs: this.jobsOf(commonDir),
      runs: this.#center.history(limit, commonDir),
    };
  }

  jobsOf(commonDir: string | undefined): readonly JobInfo[] {
    return this.#center
      .list()
      .filter((job) => commonDir === undefined || job.commonDir === commonDir)
      .map(toInfo);
  }

  /** Why nothing is done in a repository by itself; null where it is. */
  async restsBecause(commonDir: string): Promise<string | null> {
    const place = this.#options.fleet.list().find((each) => each.commonDir === commonDir);
    return place === undefined
      ? "it is not registered"
      : ((await this.#center.restsBecause(place)) ?? null);
  }

  async cancel(jobId: number): Promise<CancelReply> {
    return { cancelled: await this.#center.cancel(jobId) };
  }

  async #registeredAt(path: string): Promise<string> {
    const { commonDir, root } = await this.#options.fleet.locate(path);
    if (!this.#options.fleet.list().some((each) => each.commonDir === commonDir)) {
      throw new GityError("NOT_REGISTERED", `'${root}' is not registered`);
    }
    return commonDir;
  }

  async #forget(commonDir: string): Promise<void> {
    try {
      await this.#center.forget(commonDir);
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      this.#options.log.write("warn", "cannot forget the jobs of a repository", {
        commonDir,
        reason: error.message,
      });
    }
  }
}

function toHubEvent({ kind, ...event }: JobEvent): NewEvent {
  return { kind, ...event };
}

/** Without what is nobody else's business: its place in the queue, and its process. */
function toInfo(job: JobView): JobInfo {
  return {
    id: job.id,
    task: job.task,
    commonDir: job.commonDir,
    origin: job.origin,
    state: job.state,
    queuedAtMs: job.queuedAtMs,
    notBeforeMs: job.notBeforeMs,
    startedAtMs: job.startedAtMs,
    failures: job.failures,
    waitsFor: job.waitsFor,
    progress: job.progress,
  };
}
