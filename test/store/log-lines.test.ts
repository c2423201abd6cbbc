/** Table `log_lines`. */

import { expect, test } from "bun:test";

import { LOG_LINE_AGE_MS_MAX, LOG_LINES_MAX } from "../../src/base/limits.ts";
import type { LogLine, LogQuestion } from "../../src/protocol/log-line.ts";
import { Store } from "../../src/store/store.ts";
import { tempDir } from "../support/temp-dir.ts";
import { BY_HOOK } from "../support/ways.ts";

interface Filled extends Disposable {
  readonly store: Store;
  readonly repositoryId: number;
  readonly worktreeId: number;
  ids(question?: Partial<LogQuestion>): number[];
  insert(...lines: readonly Partial<LogLine>[]): void;
}

function filledStore(): Filled {
  const folder = tempDir("store");
  const store = Store.open(folder.join("gity.db"));
  const worktree = store.write(({ repositories, worktrees }) => {
    const { id } = repositories.insert("/a/.git", 1, BY_HOOK);
    return worktrees.insert({ repositoryId: id, root: "/a", gitDir: "/a/.git" });
  });
  return {
    store,
    repositoryId: worktree.repositoryId,
    worktreeId: worktree.id,
    ids: (question = {}) =>
      store.read(({ logLines }) => logLines.load({ limit: 100, ...question })).map(({ id }) => id),
    insert: (...lines) => {
      store.write(({ logLines }) => {
        logLines.insertAll(lines.map((line) => ({ ...LINE, ...line })));
      });
    },
    [Symbol.dispose]: () => {
      store[Symbol.dispose]();
      folder[Symbol.dispose]();
    },
  };
}

const LINE: LogLine = {
  id: 1,
  atMs: 1_790_000_000_000,
  level: "info",
  repositoryId: null,
  worktreeId: null,
  message: "a\n{b}",
  fields: { path: 'x"\u0000é', count: 1, ok: true, none: null },
};

test("LogLineTable gives back lines as they were, oldest first", () => {
  using filled = filledStore();
  const { store, repositoryId, worktreeId } = filled;
  const lines = [LINE, { ...LINE, id: 2, level: "error" as const, repositoryId, worktreeId }];
  filled.insert(...lines);

  expect(store.read(({ logLines }) => logLines.load({ limit: 10 }))).toEqual(lines);
  expect(store.read(({ logLines }) => logLines.lastId())).toBe(2);
});

test("LogLineTable finds lines by repository, worktree, level and place", () => {
  using filled = filledStore();
  const { repositoryId, worktreeId } = filled;
  filled.insert(
    { id: 1, level: "debug" },
    { id: 2, level: "info", repositoryId },
    { id: 3, level: "warn", repositoryId, worktreeId },
    { id: 4, level: "error" },
  );

  expect(filled.ids()).toEqual([1, 2, 3, 4]);
  expect(filled.ids({ level: "info" })).toEqual([2, 3, 4]);
  expect(filled.ids({ level: "error" })).toEqual([4]);
  expect(filled.ids({ repositoryId })).toEqual([2, 3]);
  expect(filled.ids({ repositoryId, level: "warn" })).toEqual([3]);
  expect(filled.ids({ worktreeId })).toEqual([3]);
  expect(filled.ids({ limit: 2 })).toEqual([3, 4]);
  expect(filled.ids({ limit: 2, beforeId: 3 })).toEqual([1, 2]);
  expect(filled.ids({ limit: 0 })).toEqual([]);
  expect(filled.ids({ limit: -1 })).toEqual([]);
});

test("LogLineTable forgets the lines of a repository that goes, and none of their numbers", () => {
  using filled = filledStore();
  const { store, repositoryId, worktreeId } = filled;
  filled.insert({ id: 7 }, { id: 8, repositoryId, worktreeId });
  store.write(({ worktrees }) => {
    worktrees.delete(worktreeId);
  });
  expect(filled.ids()).toEqual([7, 8]);

  store.write(({ repositories }) => {
    repositories.delete(repositoryId);
  });
  filled.insert({ id: 9, repositoryId, worktreeId });

  expect(filled.ids()).toEqual([7]);
  expect(store.read(({ logLines }) => logLines.lastId())).toBe(8);
});

test("LogLineTable knows what a line is about by what its fields name", () => {
  using filled = filledStore();
  const { store, repositoryId, worktreeId } = filled;
  const find = (fields: LogLine["fields"]) =>
    store.read(({ logLines }) => logLines.findPlace(fields));

  expect(find({ root: "/a" })).toEqual({ repositoryId, worktreeId });
  expect(find({ gitDir: "/a/.git" })).toEqual({ repositoryId, worktreeId });
  expect(find({ worktreeId })).toEqual({ repositoryId, worktreeId });
  expect(find({ repositoryId })).toEqual({ repositoryId, worktreeId: null });
  expect(find({ commonDir: "/a/.git" })).toEqual({ repositoryId, worktreeId: null });
  for (const fields of [{}, { root: "/b" }, { worktreeId: -1 }, { repositoryId: null }]) {
    expect(find(fields)).toEqual({ repositoryId: null, worktreeId: null });
  }
});

test("LogLineTable.prune() takes away what is too old or too much", () => {
  using filled = filledStore();
  const nowMs = LINE.atMs + LOG_LINE_AGE_MS_MAX;
  filled.insert({ id: 1 }, { id: 2, atMs: LINE.atMs - 1 }, { id: 3 }, { id: LOG_LINES_MAX + 1 });
  filled.store.write(({ logLines }) => {
    logLines.prune(nowMs);
  });

  expect(filled.ids()).toEqual([3, LOG_LINES_MAX + 1]);
});

test("LogLineTable.pruneOlderHalf() takes away the older half, and never the only one", () => {
  using filled = filledStore();
  const prune = (): number => filled.store.write(({ logLines }) => logLines.pruneOlderHalf());
  expect(prune()).toBe(0);
  filled.insert(...[1, 2, 5, 7, 9].map((id) => ({ id })));

  expect(prune()).toBe(2);
  expect(filled.ids()).toEqual([5, 7, 9]);
  expect([prune(), prune()]).toEqual([1, 1]);
  expect(prune()).toBe(0);
  expect(filled.ids()).toEqual([9]);
});
