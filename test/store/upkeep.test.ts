/** How large the store is, and how it is kept small. */

// oxlint-disable-next-line no-restricted-imports -- What is pruned is asked of a moment of its own.
import { Database } from "bun:sqlite";
import { statSync } from "node:fs";

import { expect, test } from "bun:test";

import { Store } from "../../src/store/store.ts";
import { pruneLogLines } from "../../src/store/upkeep.ts";
import { tempDir } from "../support/temp-dir.ts";
import { BY_HOOK } from "../support/ways.ts";

const DAY_MS = 86_400_000;

/** A snapshot of that many bytes, of a worktree at that root. */
function addSnapshot(store: Store, root: string, byteCount: number): number {
  return store.write(({ repositories, worktrees, snapshots }) => {
    const { id } = repositories.insert(`${root}/.git`, 1, BY_HOOK);
    const worktree = worktrees.insert({ repositoryId: id, root, gitDir: `${root}/.git` });
    const bytes = crypto.getRandomValues(new Uint8Array(byteCount));
    snapshots.save({ worktreeId: worktree.id, epoch: "e", generation: 1, takenAtMs: 5, bytes });
    return worktree.id;
  });
}

test("Store.statistics() says what takes the room", () => {
  using folder = tempDir("upkeep");
  const path = folder.join("gity.db");
  using store = Store.open(path);
  addSnapshot(store, "/small", 10);
  addSnapshot(store, "/large", 60_000);

  expect(store.statistics()).toEqual({
    path,
    databaseBytes: statSync(path).size,
    walBytes: statSync(`${path}-wal`).size,
    pageBytes: 4096,
    pages: expect.any(Number),
    freePages: 0,
    tables: [
      { name: "job_runs", rows: 0 },
      { name: "jobs", rows: 0 },
      { name: "log_lines", rows: 0 },
      { name: "repositories", rows: 2 },
      { name: "saved_configurations", rows: 0 },
      { name: "snapshots", rows: 2 },
      { name: "status_measurements", rows: 0 },
      { name: "worktrees", rows: 2 },
    ],
    snapshots: [
      { root: "/large", bytes: 60_000, takenAtMs: 5 },
      { root: "/small", bytes: 10, takenAtMs: 5 },
    ],
    oldestLogAtMs: null,
    logLines: [],
  });
});

test("Store.compact() gives back what was deleted, and keeps the rest", () => {
  using folder = tempDir("upkeep");
  const path = folder.join("gity.db");
  using store = Store.open(path);
  const gone = addSnapshot(store, "/gone", 65_536);
  addSnapshot(store, "/kept", 100);
  store.write(({ worktrees }) => {
    worktrees.delete(gone);
  });
  expect(store.statistics().freePages).toBeGreaterThan(10);

  const { bytesBefore, bytesAfter } = store.compact();

  expect(bytesAfter).toBe(statSync(path).size);
  expect(bytesBefore - bytesAfter).toBeGreaterThan(65_536);
  expect(store.statistics()).toMatchObject({
    freePages: 0,
    walBytes: 0,
    snapshots: [{ root: "/kept", bytes: 100 }],
  });
  expect(store.check()).toEqual([]);
});

test("Store.pruneLogs() removes lines that are older", () => {
  using folder = tempDir("upkeep");
  const path = folder.join("gity.db");
  using store = Store.open(path);
  expect(store.pruneLogs(0)).toEqual({ removed: 0, kept: 0 });
  const nowMs = 1_000 * DAY_MS;
  store.write(({ logLines }) => {
    logLines.insertAll(
      [30, 7, 6.5, 1, 0].map((daysAgo, i) => ({
        id: i + 1,
        atMs: nowMs - daysAgo * DAY_MS,
        level: "info",
        repositoryId: null,
        worktreeId: null,
        message: "m",
        fields: {},
      })),
    );
  });
  using database = new Database(path);

  expect(store.statistics().oldestLogAtMs).toBe(nowMs - 30 * DAY_MS);
  expect(pruneLogLines(database, 7, nowMs)).toEqual({ removed: 1, kept: 4 });
  expect(pruneLogLines(database, 1, nowMs)).toEqual({ removed: 2, kept: 2 });
  expect(pruneLogLines(database, 0, nowMs)).toEqual({ removed: 1, kept: 1 });
  expect(store.statistics().oldestLogAtMs).toBe(nowMs);
});

test("Store.compactIfCheap() does so where there is something to give back, and nobody in the way", () => {
  using folder = tempDir("upkeep");
  const path = folder.join("gity.db");
  using store = Store.open(path);
  const gone = addSnapshot(store, "/gone", 65_536);
  addSnapshot(store, "/kept", 100);
  expect(store.compactIfCheap()).toBeUndefined();
  store.write(({ worktrees }) => {
    worktrees.delete(gone);
  });
  using other = Store.open(path);
  expect(other.write(() => store.compactIfCheap())).toBeUndefined();

  const reply = store.compactIfCheap();

  expect(reply?.bytesBefore).toBeGreaterThan(65_536 + (reply?.bytesAfter ?? 0));
  expect(store.compactIfCheap()).toBeUndefined();
  store.shrinkMemory();
});

test("Store.statistics() counts the lines about each repository", () => {
  using folder = tempDir("upkeep");
  using store = Store.open(folder.join("gity.db"));
  addSnapshot(store, "/a", 1);
  addSnapshot(store, "/b", 1);
  const [, id = null] = store.read(({ repositories }) =>
    repositories.loadAll().map((row) => row.id),
  );
  const line = { atMs: 1, level: "info", worktreeId: null, message: "m", fields: {} } as const;
  store.write(({ logLines }) => {
    logLines.insertAll([
      { ...line, id: 1, repositoryId: id },
      { ...line, id: 2, repositoryId: id },
      { ...line, id: 3, repositoryId: null },
    ]);
  });

  expect(store.statistics().logLines).toEqual([{ commonDir: "/b/.git", lines: 2 }]);
});
