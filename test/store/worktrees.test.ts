/** Table `worktrees`. */

import { expect, test } from "bun:test";

import { Store } from "../../src/store/store.ts";
import { tempDir } from "../support/temp-dir.ts";
import { BY_HOOK } from "../support/ways.ts";

test("WorktreeTable keeps paths of any characters", () => {
  using folder = tempDir("store");
  using store = Store.open(folder.join("gity.db"));
  const { id } = store.write((tables) => tables.repositories.insert("/a/.git", 1, BY_HOOK));
  const root = "/a\n'\"; DROP TABLE worktrees; --é😀";

  const row = store.write((tables) =>
    tables.worktrees.insert({ repositoryId: id, root, gitDir: `${root}/.git` }),
  );

  expect(store.read((tables) => tables.worktrees.loadAll())).toEqual([row]);
  expect(row.root).toBe(root);
});

test("WorktreeTable never uses an id twice", () => {
  using folder = tempDir("store");
  using store = Store.open(folder.join("gity.db"));
  const repository = store.write((tables) => tables.repositories.insert("/a/.git", 1, BY_HOOK));
  const worktree = { repositoryId: repository.id, root: "/a", gitDir: "/a/.git" };

  const first = store.write((tables) => tables.worktrees.insert(worktree));
  store.write((tables) => {
    tables.worktrees.delete(first.id);
  });
  const second = store.write((tables) => tables.worktrees.insert(worktree));

  expect(second.id).toBeGreaterThan(first.id);
});
