/** Opening the store: permissions, schema, damage. */

import { Database } from "bun:sqlite";
import { chmodSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { openDatabase } from "../../src/store/database.ts";
import { MIGRATIONS } from "../../src/store/migrations.ts";
import { tempDir } from "../support/temp-dir.ts";

test("openDatabase() X2 creates files that only this user can read", () => {
  using folder = tempDir("store");
  using database = openDatabase(folder.join("gity.db"));
  database.run("CREATE TABLE written (x)");

  const names = readdirSync(folder.path).toSorted();
  const modes = names.map((name) => [name, (statSync(folder.join(name)).mode & 0o777).toString(8)]);

  expect(modes).toEqual([
    ["gity.db", "600"],
    ["gity.db-shm", "600"],
    ["gity.db-wal", "600"],
  ]);
});

test("openDatabase() X2 narrows the mode of a file that others could read", () => {
  using folder = tempDir("store");
  writeFileSync(folder.join("gity.db"), "");
  chmodSync(folder.join("gity.db"), 0o666);

  openDatabase(folder.join("gity.db")).close();

  expect(statSync(folder.join("gity.db")).mode & 0o777).toBe(0o600);
});

test("openDatabase() sets the pragmas", () => {
  using folder = tempDir("store");
  using database = openDatabase(folder.join("gity.db"));

  const values = ["journal_mode", "synchronous", "foreign_keys", "busy_timeout"].map((name) =>
    Object.values(database.query<Record<string, unknown>, []>(`PRAGMA ${name}`).get() ?? {}),
  );

  expect(values.flat()).toEqual(["wal", 1, 1, 5000]);
});

test("openDatabase() takes an empty file and an old schema to the newest", () => {
  using folder = tempDir("store");
  const versions: unknown[] = [];
  for (let i = 0; i < 2; i += 1) {
    using database = openDatabase(folder.join("gity.db"));
    versions.push(database.query("PRAGMA user_version").get());
  }

  expect(versions).toEqual([
    { user_version: MIGRATIONS.length },
    { user_version: MIGRATIONS.length },
  ]);
});

test("openDatabase() refuses the schema of a newer gity, and leaves it alone", () => {
  using folder = tempDir("store");
  const path = folder.join("gity.db");
  {
    using newer = new Database(path);
    newer.run("PRAGMA user_version = 999");
  }

  expect(() => openDatabase(path)).toThrow(
    expect.objectContaining({
      code: "STORE_FAILED",
      message: expect.stringContaining("schema 999 is newer"),
    }),
  );
  using database = new Database(path);
  expect(database.query("SELECT name FROM sqlite_schema").all()).toEqual([]);
});

test.each([
  ["noise", "x".repeat(5000)],
  ["a header and nothing else", "SQLite format 3\0".padEnd(5000, "\xff")],
])("openDatabase() names a damaged file: %s", (_name, content) => {
  using folder = tempDir("store");
  const path = folder.join("gity.db");
  writeFileSync(path, content);

  expect(() => openDatabase(path)).toThrow(
    expect.objectContaining({
      code: "STORE_FAILED",
      message: expect.stringContaining(path),
      hint: expect.stringContaining("damaged"),
    }),
  );
});

test("openDatabase() reports a folder that is missing", () => {
  using folder = tempDir("store");

  expect(() => openDatabase(folder.join("none", "gity.db"))).toThrow(
    expect.objectContaining({ code: "STORE_FAILED" }),
  );
});

test.each(["a file", "nothing"])("openDatabase() X4 does not follow a link to %s", (what) => {
  using folder = tempDir("store");
  if (what === "a file") {
    writeFileSync(folder.join("target"), "mine", { mode: 0o644 });
  }
  symlinkSync(folder.join("target"), folder.join("gity.db"));

  expect(() => openDatabase(folder.join("gity.db"))).toThrow(
    expect.objectContaining({ code: "STORE_FAILED" }),
  );
  const stat = statSync(folder.join("target"), { throwIfNoEntry: false });
  expect(stat?.size).toBe(what === "a file" ? 4 : undefined);
  expect((stat?.mode ?? 0o644) & 0o777).toBe(0o644);
});
