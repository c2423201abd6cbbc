/**
 * Table `job_runs`: what was done in the background, and how it ended. Bounded for each repository; the
 * oldest go. When a task was last done is found here, so each task keeps its newest run.
 */

import type { Database } from "bun:sqlite";

import { JOB_RUNS_KEPT_MAX } from "../base/limits.ts";
import type { JobOrigin, JobTask, RunOutcome } from "../protocol/job.ts";

export interface JobRunRow {
  readonly id: number;
  readonly jobId: number;
  readonly commonDir: string;
  readonly task: JobTask;
  readonly origin: JobOrigin;
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly outcome: RunOutcome;
  /** Null when git did not end by itself. */
  readonly exitCode: number | null;
  /** Received from a remote; null where nothing was. */
  readonly receivedBytes: number | null;
  /** The object store before and after, loose and packed; null where nobody could look. */
  readonly storeBytesBefore: number | null;
  readonly storeBytesAfter: number | null;
  /** The last lines of what git said besides its progress, without passwords. */
  readonly complaints: string;
}

/** By common git directory, then by task. */
export type LastSettled = ReadonlyMap<string, ReadonlyMap<string, number>>;

export type NewJobRun = Omit<JobRunRow, "id">;

/** What the schedule wanted and somebody did not want is settled as well. */
const SETTLED = `(outcome NOT IN ('yielded', 'interrupted', 'cancelled')
  OR outcome = 'cancelled' AND origin = 'schedule')`;

const DONE = `outcome IN ('finished', 'unavailable')`;

const COLUMNS = `id, job_id AS jobId, common_dir AS commonDir, task, origin,
  started_at_ms AS startedAtMs, duration_ms AS durationMs, outcome, exit_code AS exitCode,
  received_bytes AS receivedBytes, store_bytes_before AS storeBytesBefore,
  store_bytes_after AS storeBytesAfter, complaints`;

export class JobRunTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  insert(run: NewJobRun): void {
    this.#database
      .query<unknown, Record<string, string | number | null>>(
        `INSERT INTO job_runs
           (job_id, common_dir, task, origin, started_at_ms, duration_ms, outcome, exit_code,
            received_bytes, store_bytes_before, store_bytes_after, complaints)
         VALUES ($jobId, $commonDir, $task, $origin, $startedAtMs, $durationMs, $outcome, $exitCode,
            $receivedBytes, $storeBytesBefore, $storeBytesAfter, $complaints)`,
      )
      .run({ ...run });
    this.#prune(run.commonDir);
  }

  /** Newest first; of all repositories without one. */
  load(limit: number, commonDir?: string): readonly JobRunRow[] {
    return commonDir === undefined
      ? this.#database
          .query<JobRunRow, [number]>(`SELECT ${COLUMNS} FROM job_runs ORDER BY id DESC LIMIT ?`)
          .all(limit)
      : this.#database
          .query<JobRunRow, [string, number]>(
            `SELECT ${COLUMNS} FROM job_runs WHERE common_dir = ? ORDER BY id DESC LIMIT ?`,
          )
          .all(commonDir, limit);
  }

  /** When each task was last settled, one way or the other, by repository; Unix time in ms. */
  lastSettled(): LastSettled {
    return this.#last(SETTLED);
  }

  /** When each task was last done, or could not be done by this git. */
  lastDone(): LastSettled {
    return this.#last(DONE);
  }

  #last(condition: string): LastSettled {
    const rows = this.#database
      .query<{ commonDir: string; task: string; endedAtMs: number }, []>(
        `SELECT common_dir AS commonDir, task, max(started_at_ms + duration_ms) AS endedAtMs
         FROM job_runs WHERE ${condition} GROUP BY common_dir, task`,
      )
      .all();
    const last = new Map<string, Map<string, number>>();
    for (const { commonDir, task, endedAtMs } of rows) {
      const tasks = last.get(commonDir) ?? new Map<string, number>();
      last.set(commonDir, tasks.set(task, endedAtMs));
    }
    return last;
  }

  deleteOf(commonDir: string): void {
    this.#database
      .query<unknown, [string]>(`DELETE FROM job_runs WHERE common_dir = ?`)
      .run(commonDir);
  }

  #prune(commonDir: string): void {
    this.#database
      .query<unknown, [string, number]>(
        `DELETE FROM job_runs WHERE common_dir = ?1 AND id NOT IN (
           SELECT id FROM
             (SELECT id FROM job_runs WHERE common_dir = ?1 ORDER BY id DESC LIMIT ?2)
           UNION SELECT max(id) FROM job_runs
             WHERE common_dir = ?1 AND ${SETTLED} GROUP BY task)`,
      )
      .run(commonDir, JOB_RUNS_KEPT_MAX);
  }
}
