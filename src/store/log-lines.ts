/**
 * Table `log_lines`: what the daemon has logged, by repository where a line is about one.
 *
 * Bounded: see prune(). The oldest go first.
 */

import type { Database } from "bun:sqlite";

import { LOG_LINE_AGE_MS_MAX, LOG_LINES_MAX, LOG_LINES_READ_MAX } from "../base/limits.ts";
import {
  LOG_LEVELS,
  isAtLeast,
  type LogFields,
  type LogLevel,
  type LogLine,
  type LogQuestion,
} from "../protocol/log-line.ts";

/** What a line is about. */
export type LogPlace = Pick<LogLine, "repositoryId" | "worktreeId">;

const NOWHERE: LogPlace = { repositoryId: null, worktreeId: null };

interface RawRow extends LogPlace {
  readonly id: number;
  readonly atMs: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: string;
}

const PLACE = `SELECT repository_id AS repositoryId, id AS worktreeId FROM worktrees`;

export class LogLineTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The highest number ever given to a line; 0 before the first. */
  lastId(): number {
    const row = this.#database
      .query<{ seq: number }, []>(`SELECT seq FROM sqlite_sequence WHERE name = 'log_lines'`)
      .get();
    return row?.seq ?? 0;
  }

  /** What the fields of a line say it is about. What is not registered is nowhere. */
  findPlace({ worktreeId, repositoryId, root, gitDir, commonDir }: LogFields): LogPlace {
    return (
      this.#worktree("id", worktreeId) ??
      this.#worktree("root", root) ??
      this.#worktree("git_dir", gitDir) ??
      this.#repository("id", repositoryId) ??
      this.#repository("common_dir", commonDir) ??
      NOWHERE
    );
  }

  #worktree(
    column: "id" | "root" | "git_dir",
    value: LogFields[string] | undefined,
  ): LogPlace | undefined {
    return value === undefined
      ? undefined
      : (this.#database
          .query<LogPlace, [LogFields[string]]>(`${PLACE} WHERE ${column} = ?`)
          .get(value) ?? undefined);
  }

  #repository(
    column: "id" | "common_dir",
    value: LogFields[string] | undefined,
  ): LogPlace | undefined {
    const row =
      value === undefined
        ? null
        : this.#database
            .query<{ id: number }, [LogFields[string]]>(
              `SELECT id FROM repositories WHERE ${column} = ?`,
            )
            .get(value);
    return row === null ? undefined : { repositoryId: row.id, worktreeId: null };
  }

  /** Lines of a repository that has gone meanwhile are left out. */
  insertAll(lines: readonly LogLine[]): void {
    const insert = this.#database.query<
      unknown,
      [number, number, string, number | null, number | null, string, string]
    >(
      `INSERT INTO log_lines (id, at_ms, level, repository_id, worktree_id, message, fields)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
       WHERE ?4 IS NULL OR EXISTS (SELECT 1 FROM repositories WHERE id = ?4)`,
    );
    for (const { id, atMs, level, repositoryId, worktreeId, message, fields } of lines) {
      insert.run(id, atMs, level, repositoryId, worktreeId, message, JSON.stringify(fields));
    }
  }

  /** Oldest first. */
  load(question: LogQuestion): readonly LogLine[] {
    const { repositoryId, worktreeId, level = "debug", beforeId, limit } = question;
    const levels = LOG_LEVELS.filter((each) => isAtLeast(each, level));
    const conditions = [
      `level IN (${levels.map((each) => `'${each}'`).join(", ")})`,
      ...(repositoryId === undefined ? [] : ["repository_id = $repositoryId"]),
      ...(worktreeId === undefined ? [] : ["worktree_id = $worktreeId"]),
      ...(beforeId === undefined ? [] : ["id < $beforeId"]),
    ];
    return this.#database
      .query<RawRow, Record<string, number>>(
        `SELECT id, at_ms AS atMs, level, repository_id AS repositoryId,
                worktree_id AS worktreeId, message, fields
         FROM log_lines WHERE ${conditions.join(" AND ")} ORDER BY id DESC LIMIT $limit`,
      )
      .all({
        limit: Math.max(0, Math.min(limit, LOG_LINES_READ_MAX)),
        ...(repositoryId === undefined ? {} : { repositoryId }),
        ...(worktreeId === undefined ? {} : { worktreeId }),
        ...(beforeId === undefined ? {} : { beforeId }),
      })
      .map(toLine)
      .toReversed();
  }

  /** Takes away the older half. Returns how many are gone. */
  pruneOlderHalf(): number {
    const lines =
      this.#database.query<{ lines: number }, []>(`SELECT count(*) AS lines FROM log_lines`).get()
        ?.lines ?? 0;
    return this.#database
      .query<unknown, [number]>(
        `DELETE FROM log_lines WHERE id IN (SELECT id FROM log_lines ORDER BY id LIMIT ?)`,
      )
      .run(Math.floor(lines / 2)).changes;
  }

  /** Takes away what is too old, and the oldest of what is too much. */
  prune(nowMs: number): void {
    this.#database
      .query<unknown, [number, number]>(
        `DELETE FROM log_lines
         WHERE id <= (SELECT max(id) FROM log_lines) - ? OR at_ms < ?`,
      )
      .run(LOG_LINES_MAX, nowMs - LOG_LINE_AGE_MS_MAX);
  }
}

function toLine(row: RawRow): LogLine {
  // Written by insertAll() only.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { ...row, fields: JSON.parse(row.fields) as LogFields };
}
