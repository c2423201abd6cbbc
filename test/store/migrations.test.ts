/** The schema's steps, each taken whole or not at all. */

import { Database } from "bun:sqlite";

import { expect, test } from "bun:test";

import { MIGRATIONS } from "../../src/store/migrations.ts";

test("MIGRATIONS lead from nothing to the tables of the store", () => {
  using database = new Database(":memory:");
  for (const step of MIGRATIONS) {
    database.run(step);
  }

  const names = tablesOf(database);

  expect(names.toSorted()).toEqual([
    "job_runs",
    "jobs",
    "log_lines",
    "repositories",
    "saved_configurations",
    "snapshots",
    "status_measurements",
    "worktrees",
  ]);
});

test.each(MIGRATIONS.map((_, version) => version).slice(1))(
  "MIGRATIONS keep what a database of version %d holds",
  (version) => {
    using database = new Database(":memory:");
    database.run("PRAGMA foreign_keys = ON");
    for (const step of MIGRATIONS.slice(0, version)) {
      database.run(step);
    }
    fill(database);
    const before = contents(database);

    for (const step of MIGRATIONS.slice(version)) {
      database.run(step);
    }

    const after = contents(database);
    expect(Object.keys(before).length).toBeGreaterThanOrEqual(3);
    for (const [table, rows] of Object.entries(before)) {
      // Later steps add columns.
      expect(after[table]).toMatchObject(rows);
    }
    expect(database.query("PRAGMA foreign_key_check").all()).toEqual([]);
  },
);

/** One row for each table there is. */
function fill(database: Database): void {
  const rows: Readonly<Record<string, string>> = {
    repositories: "(common_dir, registered_at_ms) VALUES ('/a/.git', 5)",
    worktrees: "(repository_id, root, git_dir) VALUES (1, '/a', '/a/.git')",
    saved_configurations:
      "(repository_id, config_path, state, bytes_after, edits) VALUES (1, '/c', 'applied', x'00ff', '[]')",
    snapshots: "(worktree_id, epoch, generation, taken_at_ms, bytes) VALUES (1, 'e', 7, 8, x'00')",
    status_measurements:
      "(worktree_id, at_ms, runs, with_ms, without_ms) VALUES (1, 2, 10, 1.5, 200.25)",
    log_lines: "(at_ms, level, repository_id, message, fields) VALUES (1, 'info', 1, 'm', '{}')",
    jobs: "(common_dir, task, origin, priority, queued_at_ms, not_before_ms) VALUES ('/a', 'gc', 'user', 1, 2, 3)",
  };
  for (const [table, row] of Object.entries(rows)) {
    if (tablesOf(database).includes(table)) {
      database.run(`INSERT INTO ${table} ${row}`);
    }
  }
}

function contents(database: Database): Record<string, unknown[]> {
  return Object.fromEntries(
    tablesOf(database).map((table) => [table, database.query(`SELECT * FROM ${table}`).all()]),
  );
}

function tablesOf(database: Database): readonly string[] {
  return database
    .query<{ name: string }, []>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )
    .all()
    .map(({ name }) => name);
}
