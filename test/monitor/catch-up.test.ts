/** A history that was interrupted. */

import { expect, test } from "bun:test";
import { renameSync, statSync, writeFileSync } from "node:fs";

import type { BytePath, Generation } from "../../src/base/brands.ts";
import { fileIdentity } from "../../src/base/file-identity.ts";
import { SNAPSHOT_CHANGES } from "../../src/base/limits.ts";
import { CatchUps } from "../../src/monitor/catch-up.ts";
import type { CatchUp } from "../../src/monitor/messages.ts";
import { PublishedHistory } from "../../src/monitor/published-history.ts";
import { eventually } from "../support/eventually.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";

const ROOT = { device: 1n, inode: 2n };
const NOTHING = {
  entries: [],
  cones: [],
  listings: [],
  missing: undefined,
} as const;

interface Interrupted {
  readonly history: PublishedHistory;
  readonly catchUps: CatchUps;
  readonly paths: (token: string) => string[] | undefined;
  readonly record: (...paths: string[]) => void;
}

function opened(dir: TempDir): Interrupted {
  const history = new PublishedHistory(dir.join("log"), "0011223344556677");
  history.beginUnknown(ROOT);
  history.beginAnswers();
  return {
    history,
    catchUps: new CatchUps(history, dir.path),
    paths: (token) => {
      const answer = history.answer(token, () => []);
      return answer.kind === "changed" ? [...answer.paths].toSorted() : undefined;
    },
    record: (...paths) => {
      for (const path of paths) {
        history.record(path as BytePath);
      }
    },
  };
}

function difference(since: number, parts: Partial<CatchUp> = {}): CatchUp {
  return { ...NOTHING, since: since as Generation, ...parts };
}

test("[U1] what was recorded since the snapshot is reported again, with what is different", () => {
  using dir = tempDir("catch-up");
  const { history, catchUps, paths, record } = opened(dir);
  const first = history.token;
  record("a");
  history.publish();
  const second = history.token;
  history.suspend(ROOT);
  const b = "b" as BytePath;
  const moment = catchUps.apply(difference(1, { entries: [b], cones: [b], listings: [b] }));
  expect(catchUps.settle(1_000)).toBe(true);
  expect(paths(first)).toEqual(["a", "b", "b/", "b/.gity"]);
  expect(paths(second)).toEqual(["a", "b", "b/", "b/.gity"]);
  // What happens after the moment is not in the walk's snapshot.
  expect(Number(moment.generation)).toBe(2);
  expect(catchUps.mayAnswer(first, process.pid)).toBe(true);
});

test("without a difference older tokens are answered with everything, later ones are not", () => {
  using dir = tempDir("catch-up");
  const { history, catchUps, paths, record } = opened(dir);
  const { token } = history;
  history.suspend(ROOT);
  catchUps.apply(undefined);
  expect(catchUps.settle(1_000)).toBe(true);
  expect(paths(token)).toBeUndefined();
  const next = history.token;
  record("a");
  expect(paths(next)).toEqual(["a"]);
});

test("a snapshot older than what is remembered is of no use", () => {
  using dir = tempDir("catch-up");
  const { history, catchUps, paths } = opened(dir);
  history.forgetAll();
  const { token } = history;
  history.suspend(ROOT);
  catchUps.apply(difference(1));
  expect(catchUps.settle(1_000)).toBe(true);
  expect(paths(token)).toBeUndefined();
});

test("[U2] older tokens are for the index that was looked at, as long as it is the same", async () => {
  using dir = tempDir("catch-up");
  const { history, catchUps, paths } = opened(dir);
  const { token } = history;
  writeFileSync(dir.join("index"), "1");
  const identity = fileIdentity(statSync(dir.join("index"), { bigint: true }));
  const index = { path: dir.join("index"), identity };
  history.suspend(ROOT);
  const listings = ["d" as BytePath];
  catchUps.apply(difference(1, { listings, missing: { paths: ["d/gone"], index } }));
  expect(catchUps.settle(1_000)).toBe(true);
  expect(paths(token)).toEqual(["d/.gity", "d/gone"]);
  const asking = async (environment: Record<string, string>): Promise<boolean> => {
    await using child = Bun.spawn(["cat"], { cwd: dir.path, env: environment, stdin: "pipe" });
    const { pid } = child;
    return await eventually(() => catchUps.mayAnswer(token, pid)).catch(() => false);
  };
  expect(await asking({ A: "b" })).toBe(true);
  expect(catchUps.mayAnswer(history.token, 0)).toBe(true);
  await using other = Bun.spawn(["cat"], {
    cwd: dir.path,
    env: { GIT_INDEX_FILE: "/another" },
    stdin: "pipe",
  });
  expect(catchUps.mayAnswer(token, other.pid)).toBe(false);
  writeFileSync(dir.join("index.lock"), "2");
  renameSync(dir.join("index.lock"), dir.join("index"));
  await using late = Bun.spawn(["cat"], { cwd: dir.path, env: { A: "b" }, stdin: "pipe" });
  expect(catchUps.mayAnswer(token, late.pid)).toBe(false);
  expect(catchUps.mayAnswer(history.token, late.pid)).toBe(true);
});

test("a snapshot is due when enough paths have changed, not when a few change all the time", () => {
  using dir = tempDir("catch-up");
  const { history, catchUps, record } = opened(dir);
  catchUps.saved(history.moment);
  expect(catchUps.isSnapshotDue()).toBe(false);
  for (let i = 0; i < 2 * SNAPSHOT_CHANGES; i += 1) {
    record("the same");
    history.publish();
    expect(catchUps.isSnapshotDue()).toBe(false);
  }
  record(...Array.from({ length: SNAPSHOT_CHANGES }, (_, i) => `f${i}`));
  expect(catchUps.isSnapshotDue()).toBe(true);
  expect(catchUps.isSnapshotDue()).toBe(false);
  history.publish();
  catchUps.saved(history.moment);
  record(...Array.from({ length: SNAPSHOT_CHANGES - 1 }, (_, i) => `g${i}`));
  expect(catchUps.isSnapshotDue()).toBe(false);
});

test("what is different is recorded in slices, and none of it is answered for before the end", () => {
  using dir = tempDir("catch-up");
  const { history, catchUps, paths } = opened(dir);
  const first = history.token;
  history.suspend(ROOT);
  const entries = Array.from({ length: 10_000 }, (_, i) => `f${i}` as BytePath);
  catchUps.apply(difference(1, { entries }));
  let slices = 1;
  while (!catchUps.settle(0)) {
    slices += 1;
  }
  expect(slices).toBeGreaterThan(10);
  expect(catchUps.settle(0)).toBe(true);
  expect(paths(first)).toEqual(entries.toSorted());
});

test("another interruption in the middle gives the rest up", () => {
  using dir = tempDir("catch-up");
  const { catchUps } = opened(dir);
  const entries = Array.from({ length: 10_000 }, (_, i) => `f${i}` as BytePath);
  catchUps.apply(difference(1, { entries }));
  expect(catchUps.settle(0)).toBe(false);
  catchUps.giveUp();
  expect(catchUps.settle(0)).toBe(true);
});
