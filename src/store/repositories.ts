/**
 * Table `repositories`: what is registered. A repository is a common git directory.
 */

import type { Database } from "bun:sqlite";

export interface RepositoryRow {
  readonly id: number;
  readonly commonDir: string;
  readonly registeredAtMs: number;
}

const COLUMNS = `id, common_dir AS commonDir, registered_at_ms AS registeredAtMs`;

export class RepositoryTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  loadAll(): readonly RepositoryRow[] {
    return this.#database
      .query<RepositoryRow, []>(`SELECT ${COLUMNS} FROM repositories ORDER BY common_dir`)
      .all();
  }

  find(commonDir: string): RepositoryRow | undefined {
    return (
      this.#database
        .query<RepositoryRow, [string]>(`SELECT ${COLUMNS} FROM repositories WHERE common_dir = ?`)
        .get(commonDir) ?? undefined
    );
  }

  insert(commonDir: string, registeredAtMs: number): RepositoryRow {
    const { lastInsertRowid } = this.#database
      .query<unknown, [string, number]>(
        `INSERT INTO repositories (common_dir, registered_at_ms) VALUES (?, ?)`,
      )
      .run(commonDir, registeredAtMs);
    return { id: Number(lastInsertRowid), commonDir, registeredAtMs };
  }

  /** Takes its worktrees and saved configuration along. */
  delete(id: number): void {
    this.#database.query<unknown, [number]>(`DELETE FROM repositories WHERE id = ?`).run(id);
  }
}
