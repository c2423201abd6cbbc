/** Table `jobs`. */

import { expect, test } from "bun:test";

import type { JobRow, NewJob } from "../../src/store/jobs.ts";
import { Store } from "../../src/store/store.ts";
import { tempDir } from "../support/temp-dir.ts";

const JOB: NewJob = {
  commonDir: "/a/.git",
  task: "gc",
  origin: "schedule",
  priority: 40,
  queuedAtMs: 1_000,
  notBeforeMs: 2_000,
};

interface Jobs extends Disposable {
  readonly store: Store;
  put(job?: Partial<NewJob>): { readonly row: JobRow; readonly isNew: boolean };
  find(id: number): JobRow | undefined;
  all(): readonly JobRow[];
}

function jobStore(): Jobs {
  const folder = tempDir("store");
  const store = Store.open(folder.join("gity.db"));
  return {
    store,
    put: (job = {}) => store.write(({ jobs }) => jobs.put({ ...JOB, ...job })),
    find: (id) => store.read(({ jobs }) => jobs.find(id)),
    all: () => store.read(({ jobs }) => jobs.loadAll()),
    [Symbol.dispose]: () => {
      store[Symbol.dispose]();
      folder[Symbol.dispose]();
    },
  };
}

const WAITING = {
  state: "queued",
  failures: 0,
  startedAtMs: null,
  pid: null,
  identity: null,
} as const;

test("JobTable gives back a job as it was put", () => {
  using filled = jobStore();
  const commonDir = "/a b/\n'é\"/.git";

  const { row, isNew } = filled.put({ commonDir });

  expect({ row, isNew }).toEqual({
    row: { ...JOB, ...WAITING, commonDir, id: row.id },
    isNew: true,
  });
  expect(filled.find(row.id)).toEqual(row);
  expect(filled.find(row.id + 1)).toBeUndefined();
});

test("JobTable.put() keeps what is there, and its age", () => {
  using filled = jobStore();
  const { row } = filled.put();

  for (const again of [
    {},
    { queuedAtMs: 9_000, notBeforeMs: 9_000 },
    { priority: 50, notBeforeMs: 1 },
  ]) {
    expect(filled.put(again)).toEqual({ row, isNew: false });
  }
  expect(filled.all()).toEqual([row]);
});

test("JobTable.put() makes more urgent what is asked for more urgently, and puts nothing off", () => {
  using filled = jobStore();
  const { row } = filled.put();

  const sooner = filled.put({
    origin: "user",
    priority: 20,
    queuedAtMs: 9_000,
    notBeforeMs: 1_500,
  });
  const later = filled.put({ origin: "user", priority: 10, notBeforeMs: 9_000 });

  expect(sooner).toEqual({
    row: { ...row, origin: "user", priority: 20, notBeforeMs: 1_500 },
    isNew: false,
  });
  expect(later.row).toEqual({ ...sooner.row, priority: 10 });
});

test("JobTable has each task of each repository once", () => {
  using filled = jobStore();
  filled.put();
  filled.put({ task: "prefetch" });
  filled.put({ commonDir: "/b/.git" });
  filled.put({ commonDir: "/b/.git" });

  expect(filled.all().map(({ commonDir, task }) => [commonDir, task])).toEqual([
    ["/a/.git", "gc"],
    ["/a/.git", "prefetch"],
    ["/b/.git", "gc"],
  ]);
});

test("JobTable.loadAll() has the most urgent first, then the oldest, then the first", () => {
  using filled = jobStore();
  filled.put({ commonDir: "/1", queuedAtMs: 3 });
  filled.put({ commonDir: "/2", queuedAtMs: 2 });
  filled.put({ commonDir: "/3", queuedAtMs: 2 });
  filled.put({ commonDir: "/4", queuedAtMs: 9, priority: 0 });

  expect(filled.all().map(({ commonDir }) => commonDir)).toEqual(["/4", "/2", "/3", "/1"]);
});

test("JobTable keeps which process does a job until it is queued again, and counts its failures", () => {
  using filled = jobStore();
  const { row } = filled.put();
  const { id } = row;
  filled.store.write(({ jobs }) => {
    jobs.setRunning(id, 5_000);
  });
  const begun = { ...row, state: "running" as const, startedAtMs: 5_000 };
  expect(filled.find(id)).toEqual(begun);

  filled.store.write(({ jobs }) => {
    jobs.setProcess(id, 77, "boot:77");
  });
  expect(filled.find(id)).toEqual({ ...begun, pid: 77, identity: "boot:77" });
  // Somebody wants it while it runs.
  expect(filled.put({ origin: "user", priority: 1, notBeforeMs: 6_000 }).row).toMatchObject({
    state: "running",
    pid: 77,
    origin: "user",
  });

  filled.store.write(({ jobs }) => {
    jobs.requeue(id, 9_000, 3);
  });
  expect(filled.find(id)).toEqual({
    ...row,
    origin: "user",
    priority: 1,
    notBeforeMs: 9_000,
    failures: 3,
  });
  // The process of an earlier run is nobody's.
  filled.store.write(({ jobs }) => {
    jobs.setProcess(id, 77, null);
    jobs.setRunning(id, 10_000);
  });
  expect(filled.find(id)).toMatchObject({ pid: null, identity: null, startedAtMs: 10_000 });
});

test("JobTable gives no job the number of one that is gone", () => {
  using filled = jobStore();
  const first = filled.put().row.id;
  filled.store.write(({ jobs }) => {
    jobs.delete(first);
    jobs.delete(first);
  });

  expect(filled.all()).toEqual([]);
  expect(filled.put().row.id).toBeGreaterThan(first);
});
