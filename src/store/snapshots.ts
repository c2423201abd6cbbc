/**
 * Table `snapshots`: what the directories of a worktree looked like at some moment of its history, one
 * row a worktree. The bytes are the walker's (watch/snapshot.ts); nothing here looks into them.
 */

import type { Database } from "bun:sqlite";

export interface SnapshotMoment {
  readonly epoch: string;
  readonly generation: number;
}

export interface SnapshotRow extends SnapshotMoment {
  readonly worktreeId: number;
  readonly takenAtMs: number;
  readonly bytes: Uint8Array;
}

export class SnapshotTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The worktree's snapshot, if it is of this epoch. */
  find(worktreeId: number, epoch: string): SnapshotRow | undefined {
    return (
      this.#database
        .query<SnapshotRow, [number, string]>(
          `SELECT worktree_id AS worktreeId, epoch, generation, taken_at_ms AS takenAtMs, bytes
           FROM snapshots WHERE worktree_id = ? AND epoch = ?`,
        )
        .get(worktreeId, epoch) ?? undefined
    );
  }

  /** Takes away the worktree's snapshot if it is older than that. Whether there was one. */
  deleteOlder(worktreeId: number, beforeMs: number): boolean {
    const { changes } = this.#database
      .query<unknown, [number, number]>(
        `DELETE FROM snapshots WHERE worktree_id = ? AND taken_at_ms < ?`,
      )
      .run(worktreeId, beforeMs);
    return changes > 0;
  }

  /** Replaces the worktree's snapshot; does nothing for a worktree that is no longer there. */
  save({ worktreeId, epoch, generation, takenAtMs, bytes }: SnapshotRow): void {
    this.#database
      .query<unknown, [string, number, number, Uint8Array, number]>(
        `INSERT OR REPLACE INTO snapshots (worktree_id, epoch, generation, taken_at_ms, bytes)
         SELECT id, ?, ?, ?, ? FROM worktrees WHERE id = ?`,
      )
      .run(epoch, generation, takenAtMs, bytes, worktreeId);
  }
}
