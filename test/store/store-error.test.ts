/** Where SQLite's failures become gity's. */

import { Database, SQLiteError } from "bun:sqlite";

import { expect, test } from "bun:test";

import { isBusy, withStoreErrors } from "../../src/store/store-error.ts";

test("withStoreErrors() names the file, and keeps SQLite's own code", () => {
  using database = new Database(":memory:");

  expect(() => withStoreErrors("/x.db", () => database.run("SELECT nonsense"))).toThrow(
    expect.objectContaining({
      code: "STORE_FAILED",
      message: expect.stringContaining("'/x.db'"),
      cause: expect.any(SQLiteError),
    }),
  );
});

test("withStoreErrors() lets everything else through", () => {
  const bug = new TypeError("bug");

  expect(() =>
    withStoreErrors("/x.db", () => {
      throw bug;
    }),
  ).toThrow(bug);
  expect(isBusy(bug)).toBe(false);
});
