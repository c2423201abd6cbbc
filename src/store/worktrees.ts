/**
 * Table `worktrees`: the checkouts of the registered repositories. A worktree is its own git
 * directory; its root may move.
 */

import type { Database } from "bun:sqlite";

export interface WorktreeRow {
  /** Never used twice, also after a deletion: the monitor knows worktrees by it. */
  readonly id: number;
  readonly repositoryId: number;
  readonly root: string;
  readonly gitDir: string;
}

const COLUMNS = `id, repository_id AS repositoryId, root, git_dir AS gitDir`;

export class WorktreeTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  loadAll(): readonly WorktreeRow[] {
    return this.#database
      .query<WorktreeRow, []>(`SELECT ${COLUMNS} FROM worktrees ORDER BY root`)
      .all();
  }

  insert(worktree: Omit<WorktreeRow, "id">): WorktreeRow {
    const { lastInsertRowid } = this.#database
      .query<unknown, [number, string, string]>(
        `INSERT INTO worktrees (repository_id, root, git_dir) VALUES (?, ?, ?)`,
      )
      .run(worktree.repositoryId, worktree.root, worktree.gitDir);
    return { ...worktree, id: Number(lastInsertRowid) };
  }

  delete(id: number): void {
    this.#database.query<unknown, [number]>(`DELETE FROM worktrees WHERE id = ?`).run(id);
  }
}
