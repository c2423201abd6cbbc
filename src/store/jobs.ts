/**
 * Table `jobs`: what is to be done in the background, and what is being done.
 *
 * One row for each task of a repository: what is asked for twice is done once. Named by the common git
 * directory and not by the row of `repositories`: work may be asked for where nothing is registered.
 */

import type { Database } from "bun:sqlite";

import type { JobOrigin, JobState, JobTask } from "../protocol/job.ts";

export interface JobRow {
  readonly id: number;
  readonly commonDir: string;
  readonly task: JobTask;
  readonly origin: JobOrigin;
  /** The lowest is first, then the oldest. */
  readonly priority: number;
  readonly state: JobState;
  readonly queuedAtMs: number;
  /** Not to be started before. */
  readonly notBeforeMs: number;
  /** Recorded failures since it was asked for. */
  readonly failures: number;
  /** While it runs: since when, and as which process; see base/process-identity.ts. */
  readonly startedAtMs: number | null;
  readonly pid: number | null;
  readonly identity: string | null;
}

export type NewJob = Pick<
  JobRow,
  "commonDir" | "task" | "origin" | "priority" | "queuedAtMs" | "notBeforeMs"
>;

const COLUMNS = `id, common_dir AS commonDir, task, origin, priority, state,
  queued_at_ms AS queuedAtMs, not_before_ms AS notBeforeMs, failures,
  started_at_ms AS startedAtMs, pid, identity`;

export class JobTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** In the order in which they are to be done. */
  loadAll(): readonly JobRow[] {
    return this.#database
      .query<JobRow, []>(`SELECT ${COLUMNS} FROM jobs ORDER BY priority, queued_at_ms, id`)
      .all();
  }

  find(id: number): JobRow | undefined {
    return (
      this.#database.query<JobRow, [number]>(`SELECT ${COLUMNS} FROM jobs WHERE id = ?`).get(id) ??
      undefined
    );
  }

  /**
   * One that is there already stays, with its age, and becomes more urgent if it is asked for more
   * urgently. True when it was not there.
   */
  put(job: NewJob): { readonly row: JobRow; readonly isNew: boolean } {
    const { commonDir, task, origin, priority, queuedAtMs, notBeforeMs } = job;
    const { changes } = this.#database
      .query<unknown, [string, string, string, number, number, number]>(
        `INSERT OR IGNORE INTO jobs
           (common_dir, task, origin, priority, queued_at_ms, not_before_ms)
         VALUES (?, ?, ?, ?, ?, ?)`,
      )
      .run(commonDir, task, origin, priority, queuedAtMs, notBeforeMs);
    if (changes === 0) {
      this.#database
        .query<unknown, [string, number, number, string, string, number]>(
          `UPDATE jobs SET origin = ?, priority = ?, not_before_ms = min(not_before_ms, ?)
           WHERE common_dir = ? AND task = ? AND priority > ?`,
        )
        .run(origin, priority, notBeforeMs, commonDir, task, priority);
    }
    const row = this.#database
      .query<JobRow, [string, string]>(
        `SELECT ${COLUMNS} FROM jobs WHERE common_dir = ? AND task = ?`,
      )
      .get(commonDir, task);
    if (row === null) {
      throw new Error("a job is gone in the transaction that has put it there");
    }
    return { row, isNew: changes > 0 };
  }

  setRunning(id: number, startedAtMs: number): void {
    this.#database
      .query<unknown, [number, number]>(
        `UPDATE jobs SET state = 'running', started_at_ms = ?, pid = NULL, identity = NULL
         WHERE id = ?`,
      )
      .run(startedAtMs, id);
  }

  setProcess(id: number, pid: number, identity: string | null): void {
    this.#database
      .query<unknown, [number, string | null, number]>(
        `UPDATE jobs SET pid = ?, identity = ? WHERE id = ?`,
      )
      .run(pid, identity, id);
  }

  /** To be tried again. */
  requeue(id: number, notBeforeMs: number, failures: number): void {
    this.#database
      .query<unknown, [number, number, number]>(
        `UPDATE jobs SET state = 'queued', not_before_ms = ?, failures = ?,
           started_at_ms = NULL, pid = NULL, identity = NULL WHERE id = ?`,
      )
      .run(notBeforeMs, failures, id);
  }

  delete(id: number): void {
    this.#database.query<unknown, [number]>(`DELETE FROM jobs WHERE id = ?`).run(id);
  }
}
