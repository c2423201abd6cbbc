/** Table `snapshots`. */

import { expect, test } from "bun:test";

import { Store } from "../../src/store/store.ts";
import { tempDir } from "../support/temp-dir.ts";
import { BY_HOOK } from "../support/ways.ts";

test("SnapshotTable keeps one snapshot a worktree, and none of a worktree that is gone", () => {
  using folder = tempDir("store");
  using store = Store.open(folder.join("gity.db"));
  const worktree = store.write(({ repositories, worktrees }) => {
    const { id } = repositories.insert("/a/.git", 1, BY_HOOK);
    return worktrees.insert({ repositoryId: id, root: "/a", gitDir: "/a/.git" });
  });
  const row = {
    worktreeId: worktree.id,
    epoch: "00000000000000aa",
    generation: 9_007_199_254_740_991,
    takenAtMs: 1,
    bytes: Uint8Array.from({ length: 256 }, (_, i) => i),
  };
  const find = (epoch: string) => store.read(({ snapshots }) => snapshots.find(worktree.id, epoch));
  const save = (saved: typeof row): void => {
    store.write(({ snapshots }) => {
      snapshots.save(saved);
    });
  };
  save(row);
  expect(find(row.epoch)).toEqual(row);
  expect(find("00000000000000bb")).toBeUndefined();
  save({ ...row, epoch: "00000000000000bb" });
  expect(find(row.epoch)).toBeUndefined();
  expect(find("00000000000000bb")?.generation).toBe(row.generation);

  const deleteOlder = (beforeMs: number): boolean =>
    store.write(({ snapshots }) => snapshots.deleteOlder(worktree.id, beforeMs));
  expect(deleteOlder(row.takenAtMs)).toBe(false);
  expect(deleteOlder(row.takenAtMs + 1)).toBe(true);
  expect(deleteOlder(row.takenAtMs + 1)).toBe(false);
  expect(find("00000000000000bb")).toBeUndefined();
  save({ ...row, epoch: "00000000000000bb" });

  save({ ...row, worktreeId: worktree.id + 1 });
  store.write(({ worktrees }) => {
    worktrees.delete(worktree.id);
  });
  expect(find("00000000000000bb")).toBeUndefined();
});
