/** Transactions over all tables. */

import { readFileSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { Store } from "../../src/store/store.ts";
import { tempDir } from "../support/temp-dir.ts";
import { BY_HOOK } from "../support/ways.ts";

test("Store.write() does all of it or nothing", () => {
  using folder = tempDir("store");
  using store = Store.open(folder.join("gity.db"));

  expect(() =>
    store.write((tables) => {
      tables.repositories.insert("/a/.git", 1, BY_HOOK);
      tables.worktrees.insert({ repositoryId: 999, root: "/a", gitDir: "/a/.git" });
    }),
  ).toThrow(expect.objectContaining({ code: "STORE_FAILED" }));
  expect(store.read((tables) => tables.repositories.loadAll())).toEqual([]);
});

test("Store is found again by the next that opens it", () => {
  using folder = tempDir("store");
  {
    using store = Store.open(folder.join("gity.db"));
    store.write((tables) => tables.repositories.insert("/a/.git", 1, BY_HOOK));
  }
  using store = Store.open(folder.join("gity.db"));

  expect(store.read((tables) => tables.repositories.find("/a/.git"))).toMatchObject({
    registeredAtMs: 1,
  });
});

test("Store.check() has nothing to say of a whole store, and tells of a damaged page", () => {
  using folder = tempDir("store");
  const path = folder.join("gity.db");
  {
    using store = Store.open(path);
    expect(store.check()).toEqual([]);
  }
  const bytes = readFileSync(path);
  // The second page holds a table.
  writeFileSync(path, bytes.fill(0xff, 4096, 4200));
  using store = Store.open(path);
  expect(store.check().length).toBeGreaterThan(0);
});
