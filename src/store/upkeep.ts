/**
 * What keeps the store small, and says how large it is. Knows the tables by what SQLite says of them: one
 * of a later schema is counted like the others.
 *
 * Must never: run while another process has the database open for writing; see the callers.
 */

import type { Database } from "bun:sqlite";
import { statSync } from "node:fs";

import { STORE_COMPACT_BYTES_MAX } from "../base/limits.ts";
import type {
  CompactReply,
  PruneLogsReply,
  SnapshotStatistics,
  StoreStatistics,
  TableStatistics,
} from "../protocol/store-upkeep.ts";

/** One row a line of the daemon's log, where the schema has it. */
const LOG_TABLE = "log_lines";

/** Free pages, as a part of all, that are worth a VACUUM. */
const WORTH_SHARE = 0.1;

const DAY_MS = 24 * 60 * 60 * 1_000;

/** In a transaction: the figures belong together. */
export function measureStore(database: Database, path: string): StoreStatistics {
  const tables = tableNames(database).map((name): TableStatistics => ({
    name,
    rows: countRows(database, name),
  }));
  return {
    path,
    databaseBytes: fileBytes(path),
    walBytes: fileBytes(walOf(path)),
    pageBytes: pragma(database, "page_size"),
    pages: pragma(database, "page_count"),
    freePages: pragma(database, "freelist_count"),
    tables,
    snapshots: measureSnapshots(database),
    oldestLogAtMs: oldestLine(database),
    logLines: countLines(database),
  };
}

/** What is written anew is what is in use; a tenth of the file is worth it. */
export function isCheapToCompact(database: Database): boolean {
  const pages = pragma(database, "page_count");
  const freePages = pragma(database, "freelist_count");
  const bytesInUse = (pages - freePages) * pragma(database, "page_size");
  return bytesInUse <= STORE_COMPACT_BYTES_MAX && freePages >= WORTH_SHARE * pages;
}

/**
 * Outside of a transaction. Whole before and after, however it ends: SQLite writes a new database into the
 * log beside the old one (sqlite.org/lang_vacuum.html).
 */
export function compactDatabase(database: Database, path: string): CompactReply {
  const bytesBefore = storeBytes(path);
  emptyWal(database);
  database.run("VACUUM");
  emptyWal(database);
  return { bytesBefore, bytesAfter: storeBytes(path) };
}

/** In a transaction. A line of the very moment is kept. */
export function pruneLogLines(
  database: Database,
  keepDays: number,
  nowMs: number = Date.now(),
): PruneLogsReply {
  const { changes } = database
    .query<unknown, [number]>(`DELETE FROM ${LOG_TABLE} WHERE at_ms < ?`)
    .run(nowMs - keepDays * DAY_MS);
  return { removed: changes, kept: countRows(database, LOG_TABLE) };
}

/** What SQLite keeps for itself is not counted. */
function tableNames(database: Database): readonly string[] {
  return database
    .query<{ name: string }, []>(
      `SELECT name FROM sqlite_schema
       WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name`,
    )
    .all()
    .map(({ name }) => name);
}

function countRows(database: Database, table: string): number {
  const quoted = `"${table.replaceAll('"', '""')}"`;
  return (
    database.query<{ rows: number }, []>(`SELECT count(*) AS rows FROM ${quoted}`).get()?.rows ?? 0
  );
}

function measureSnapshots(database: Database): readonly SnapshotStatistics[] {
  return database
    .query<SnapshotStatistics, []>(
      `SELECT worktrees.root AS root, length(bytes) AS bytes, taken_at_ms AS takenAtMs
       FROM snapshots JOIN worktrees ON worktrees.id = worktree_id ORDER BY bytes DESC, root`,
    )
    .all();
}

function oldestLine(database: Database): number | null {
  return (
    database.query<{ atMs: number | null }, []>(`SELECT min(at_ms) AS atMs FROM ${LOG_TABLE}`).get()
      ?.atMs ?? null
  );
}

/** About each repository, in the order of their folders. */
function countLines(database: Database): StoreStatistics["logLines"] {
  return database
    .query<StoreStatistics["logLines"][number], []>(
      `SELECT common_dir AS commonDir, count(*) AS lines
       FROM ${LOG_TABLE} JOIN repositories ON repositories.id = repository_id
       GROUP BY repository_id ORDER BY common_dir`,
    )
    .all();
}

function pragma(database: Database, name: "page_size" | "page_count" | "freelist_count"): number {
  const row = database.query<Record<string, number>, []>(`PRAGMA ${name}`).get();
  return row?.[name] ?? 0;
}

function emptyWal(database: Database): void {
  database.run("PRAGMA wal_checkpoint(TRUNCATE)");
}

function storeBytes(path: string): number {
  return fileBytes(path) + fileBytes(walOf(path));
}

function fileBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function walOf(path: string): string {
  return `${path}-wal`;
}
