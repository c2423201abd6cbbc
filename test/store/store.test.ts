/** Transactions over all tables. */

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
