/** What background work there was since the daemon's start, counted from what is told of it. */

import type { JobEvent } from "../jobs/job-center.ts";
import type { JobTask, RunOutcome } from "../protocol/job.ts";

/** From a second, over what nobody notices, to the longest that a job may take. */
export const JOB_BOUNDS_S = [1, 5, 15, 60, 300, 900, 3600, 14_400] as const;

const MS_PER_SECOND = 1000;

export interface JobNumbers {
  readonly runs: readonly {
    readonly task: JobTask;
    readonly outcome: RunOutcome;
    readonly count: number;
  }[];
  readonly durations: readonly JobDurations[];
}

export interface JobDurations {
  readonly task: JobTask;
  readonly count: number;
  readonly sumSeconds: number;
  /** For each of JOB_BOUNDS_S: how many took no longer. */
  readonly within: readonly number[];
}

export class JobStatistics {
  readonly #now: () => number;
  readonly #startedAtMs = new Map<number, number>();
  readonly #runs = new Map<string, { task: JobTask; outcome: RunOutcome; count: number }>();
  readonly #durations = new Map<JobTask, JobDurations>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get numbers(): JobNumbers {
    return { runs: [...this.#runs.values()], durations: [...this.#durations.values()] };
  }

  /** What ends without having begun is no run. */
  note({ kind, jobId, task, outcome }: JobEvent): void {
    if (kind === "job-started") {
      this.#startedAtMs.set(jobId, this.#now());
      return;
    }
    const startedAtMs = this.#startedAtMs.get(jobId);
    if (outcome !== null && startedAtMs !== undefined) {
      this.#startedAtMs.delete(jobId);
      this.#count(task, outcome);
      this.#measure(task, (this.#now() - startedAtMs) / MS_PER_SECOND);
    }
  }

  #count(task: JobTask, outcome: RunOutcome): void {
    const key = `${task} ${outcome}`;
    const count = (this.#runs.get(key)?.count ?? 0) + 1;
    this.#runs.set(key, { task, outcome, count });
  }

  #measure(task: JobTask, seconds: number): void {
    const before = this.#durations.get(task);
    this.#durations.set(task, {
      task,
      count: (before?.count ?? 0) + 1,
      sumSeconds: (before?.sumSeconds ?? 0) + seconds,
      within: JOB_BOUNDS_S.map((bound, i) => (before?.within[i] ?? 0) + (seconds <= bound ? 1 : 0)),
    });
  }
}
