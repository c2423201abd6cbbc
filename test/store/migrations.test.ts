/** The schema's steps, each taken whole or not at all. */

import { Database } from "bun:sqlite";

import { expect, test } from "bun:test";

import { MIGRATIONS } from "../../src/store/migrations.ts";

test("MIGRATIONS lead from nothing to the tables of the store", () => {
  using database = new Database(":memory:");
  for (const step of MIGRATIONS) {
    database.run(step);
  }

  const names = database
    .query<{ name: string }, []>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )
    .all()
    .map(({ name }) => name);

  expect(names.toSorted()).toEqual([
    "job_runs",
    "jobs",
    "log_lines",
    "repositories",
    "saved_configurations",
    "snapshots",
    "worktrees",
  ]);
});
