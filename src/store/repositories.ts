/**
 * Table `repositories`: what is registered. A repository is a common git directory.
 */

import type { Database } from "bun:sqlite";

import type { WantedWay, Way } from "../protocol/way.ts";

export interface RepositoryWay {
  readonly wantedWay: WantedWay;
  readonly way: Way;
  /** Why, for people; see git/choose-way.ts. */
  readonly wayReason: string;
}

export interface RepositoryRow extends RepositoryWay {
  readonly id: number;
  readonly commonDir: string;
  readonly registeredAtMs: number;
}

const COLUMNS = `id, common_dir AS commonDir, registered_at_ms AS registeredAtMs,
  wanted_way AS wantedWay, way, way_reason AS wayReason`;

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

  insert(commonDir: string, registeredAtMs: number, way: RepositoryWay): RepositoryRow {
    const { lastInsertRowid } = this.#database
      .query<unknown, [string, number, string, string, string]>(
        `INSERT INTO repositories (common_dir, registered_at_ms, wanted_way, way, way_reason)
         VALUES (?, ?, ?, ?, ?)`,
      )
      .run(commonDir, registeredAtMs, way.wantedWay, way.way, way.wayReason);
    return { id: Number(lastInsertRowid), commonDir, registeredAtMs, ...way };
  }

  setWay(id: number, { wantedWay, way, wayReason }: RepositoryWay): void {
    this.#database
      .query<unknown, [string, string, string, number]>(
        `UPDATE repositories SET wanted_way = ?, way = ?, way_reason = ? WHERE id = ?`,
      )
      .run(wantedWay, way, wayReason, id);
  }

  /** Takes its worktrees and saved configuration along. */
  delete(id: number): void {
    this.#database.query<unknown, [number]>(`DELETE FROM repositories WHERE id = ?`).run(id);
  }
}
