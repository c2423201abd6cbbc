/**
 * Table `status_measurements`: how long `git status` took with gity and without, when somebody last measured
 * it (`gity stats --bench`), one row a worktree.
 */

import type { Database } from "bun:sqlite";

import type { StatusMeasurement } from "../protocol/api.ts";

export interface StatusMeasurementRow extends StatusMeasurement {
  readonly worktreeId: number;
}

export class StatusMeasurementTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  loadAll(): readonly StatusMeasurementRow[] {
    return this.#database
      .query<StatusMeasurementRow, []>(
        `SELECT worktree_id AS worktreeId, at_ms AS atMs, runs, with_ms AS withMs,
           without_ms AS withoutMs
         FROM status_measurements ORDER BY worktree_id`,
      )
      .all();
  }

  /** Replaces the worktree's row; does nothing for a worktree that is no longer there. */
  save({ worktreeId, atMs, runs, withMs, withoutMs }: StatusMeasurementRow): void {
    this.#database
      .query<unknown, [number, number, number, number, number]>(
        `INSERT OR REPLACE INTO status_measurements (worktree_id, at_ms, runs, with_ms, without_ms)
         SELECT id, ?, ?, ?, ? FROM worktrees WHERE id = ?`,
      )
      .run(atMs, runs, withMs, withoutMs, worktreeId);
  }
}
