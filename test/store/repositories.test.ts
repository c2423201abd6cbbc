/** Table `repositories`. */

import { expect, test } from "bun:test";

import { Store } from "../../src/store/store.ts";
import { tempDir } from "../support/temp-dir.ts";
import { BY_HOOK } from "../support/ways.ts";

test("RepositoryTable keeps what was inserted, in order of the path", () => {
  using folder = tempDir("store");
  using store = Store.open(folder.join("gity.db"));
  const later = store.write((tables) => tables.repositories.insert("/b/.git", 2, BY_HOOK));
  const first = store.write((tables) => tables.repositories.insert("/a/.git", 1, BY_HOOK));

  expect(store.read((tables) => tables.repositories.loadAll())).toEqual([first, later]);
  expect(store.read((tables) => tables.repositories.find("/b/.git"))).toEqual(later);
  expect(store.read((tables) => tables.repositories.find("/c/.git"))).toBeUndefined();
});

test("RepositoryTable holds a common directory once", () => {
  using folder = tempDir("store");
  using store = Store.open(folder.join("gity.db"));
  store.write((tables) => tables.repositories.insert("/a/.git", 1, BY_HOOK));

  expect(() => store.write((tables) => tables.repositories.insert("/a/.git", 2, BY_HOOK))).toThrow(
    expect.objectContaining({ code: "STORE_FAILED" }),
  );
});

test("RepositoryTable.delete() takes worktrees and configuration along", () => {
  using folder = tempDir("store");
  using store = Store.open(folder.join("gity.db"));
  const { id } = store.write((tables) => tables.repositories.insert("/a/.git", 1, BY_HOOK));
  store.write((tables) => {
    tables.worktrees.insert({ repositoryId: id, root: "/a", gitDir: "/a/.git" });
    tables.savedConfigurations.saveApplying(id, {
      configPath: "/a/.git/config",
      bytesBefore: null,
      bytesAfter: new Uint8Array(),
      edits: [],
    });
    tables.repositories.delete(id);
  });

  expect(store.read((tables) => tables.worktrees.loadAll())).toEqual([]);
  expect(store.read((tables) => tables.savedConfigurations.find(id))).toBeUndefined();
});
