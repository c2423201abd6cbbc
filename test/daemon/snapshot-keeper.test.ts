/** Which snapshot a walk is compared with, and when another is made. */

import { expect, test } from "bun:test";

import type { BytePath, Epoch, Generation } from "../../src/base/brands.ts";
import { GityError } from "../../src/base/errors.ts";
import type { Log } from "../../src/daemon/log-file.ts";
import { SnapshotKeeper, type SnapshotMonitor } from "../../src/daemon/snapshot-keeper.ts";
import type { SeenDifference, WalkerFinding, WalkMessage } from "../../src/monitor/messages.ts";
import { Store } from "../../src/store/store.ts";
import { eventually } from "../support/eventually.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";
import { BY_HOOK } from "../support/ways.ts";

type Table = Extract<WalkerFinding, { kind: "table" }>;

const EPOCH = "00000000000000aa" as Epoch;

function origin(generation: number) {
  return { epoch: EPOCH, generation: generation as Generation };
}

function found(text: string, unsettled = 0, difference?: Table["difference"]): Table {
  const none = new Int32Array(0);
  return {
    kind: "table",
    table: {
      count: 1,
      parents: none,
      watchDescriptors: none,
      nameEnds: none,
      names: new Uint8Array(0),
      links: [],
      nested: [],
      unfinished: [],
      hasRefused: false,
      walkMs: 0,
      watchMs: 0,
    },
    snapshot: Buffer.from(text),
    unsettled,
    difference,
  };
}

const SAME = { entries: [], cones: [], listings: [], changed: [] } as const;

interface Kept extends Disposable {
  readonly keeper: SnapshotKeeper;
  readonly said: string[];
  readonly saved: number[];
  /** Generations of the walks that were over. */
  readonly ended: number[];
  readonly seen: SeenDifference[];
  readonly worktreeId: number;
  readonly walk: (attempt: number, oldest?: number, generation?: number) => WalkMessage;
}

function kept(
  root = "/a",
  beginnings: (number | "not-now" | "gone")[] = [],
  endings: boolean[] = [],
  differences: Table["difference"][] = [SAME, SAME],
): Kept {
  const stack = new DisposableStack();
  const folder = stack.use(tempDir("keeper"));
  const store = stack.use(Store.open(folder.join("gity.db")));
  const worktreeId = store.write(({ repositories, worktrees }) => {
    const { id } = repositories.insert(`${root}/.git`, 1, BY_HOOK);
    return worktrees.insert({ repositoryId: id, root, gitDir: `${root}/.git` }).id;
  });
  const said: string[] = [];
  const saved: number[] = [];
  const ended: number[] = [];
  const seen: SeenDifference[] = [];
  const log: Log = { write: (_level, message) => void said.push(message) };
  const keeper = stack.use(new SnapshotKeeper(store, log, 1));
  const monitor: SnapshotMonitor = {
    beginSnapshot: async (_id, forgets) => {
      said.push(...(forgets ? ["forgets"] : []));
      const next = beginnings.shift() ?? "gone";
      return typeof next === "number"
        ? { origin: origin(next), oldestGeneration: 1 as Generation, excluded: [] }
        : next;
    },
    endSnapshot: async (_id, { generation }, part) => {
      ended.push(generation);
      seen.push(part);
      return endings.shift() ?? true;
    },
    snapshotSaved: (_id, { generation }) => void saved.push(generation),
    look: async (_root, _excluded, before) =>
      found("looked at", 0, before === undefined ? undefined : differences.shift()),
  };
  keeper.attach(monitor);
  return {
    keeper,
    said,
    saved,
    ended,
    seen,
    worktreeId,
    walk: (attempt, oldest = 1, generation = 9) => ({
      kind: "walk",
      worktreeId,
      attempt,
      root,
      gitDir: `${root}/.git`,
      inotifyFd: -1,
      excluded: [],
      past: {
        epoch: EPOCH,
        oldestGeneration: oldest as Generation,
        generation: generation as Generation,
      },
    }),
    [Symbol.dispose]: () => {
      stack.dispose();
    },
  };
}

test("a walk is kept as a snapshot when the monitor has said of which moment it is", () => {
  using kit = kept();
  const { keeper, worktreeId, walk, saved } = kit;
  keeper.found(walk(1), found("first"));
  expect(keeper.before(walk(2))).toBeUndefined();
  keeper.covered(worktreeId, 1, origin(4));
  expect(saved).toEqual([4]);
  const before = keeper.before(walk(2));
  expect([before?.since, Buffer.from(before?.bytes ?? []).toString()]).toEqual([4, "first"]);
  // The monitor has begun another walk meanwhile.
  keeper.found(walk(2), found("second"));
  keeper.covered(worktreeId, 1, origin(5));
  expect(keeper.before(walk(3))?.since).toBe(4);
});

test("a snapshot of another epoch, or of a moment that is not remembered, is of no use", () => {
  using kit = kept();
  const { keeper, worktreeId, walk } = kit;
  keeper.found(walk(1), found("first"));
  keeper.covered(worktreeId, 1, origin(4));
  expect(keeper.before(walk(2, 5))).toBeUndefined();
  expect(keeper.before(walk(2, 1, 3))).toBeUndefined();
  expect(keeper.before({ ...walk(2), past: undefined })).toBeUndefined();
  const past = { ...walk(2).past!, epoch: "00000000000000bb" as Epoch };
  expect(keeper.before({ ...walk(2), past })).toBeUndefined();
});

test("catchUp() asks git for missing names only where directories are not as they were", async () => {
  using tree = tempWorktree("keeper", { files: { f: "1", "d/g": "1" } });
  using kit = kept(tree.path);
  const { keeper, walk } = kit;
  const same = { entries: [], cones: [], listings: [], changed: [] };
  const nothing = await keeper.catchUp(walk(1), 3, found("", 0, same));
  expect(nothing).toEqual({
    entries: [],
    cones: [],
    listings: [],
    since: 3 as Generation,
    missing: undefined,
  });
  const changed = [{ path: "d" as never, names: [] }];
  const something = await keeper.catchUp(walk(1), 3, found("", 0, { ...same, changed }));
  expect(something?.missing?.paths).toEqual(["d/g"]);
  expect(await keeper.catchUp(walk(1), 3, found(""))).toBeUndefined();
});

test("where git cannot tell, anything may be different", async () => {
  using kit = kept("/nowhere");
  const { keeper, walk, said } = kit;
  const changed = [{ path: "" as never, names: [] }];
  const difference = { entries: [], cones: [], listings: [], changed };
  expect(await keeper.catchUp(walk(1), 3, found("", 0, difference))).toBeUndefined();
  expect(said).toEqual(["cannot find out what changed meanwhile"]);
});

test("due() makes another snapshot, once the monitor is ready for it", async () => {
  using kit = kept("/a", ["not-now", 7]);
  const { keeper, worktreeId, walk, saved } = kit;
  keeper.found(walk(1), found("first"));
  keeper.covered(worktreeId, 1, origin(4));
  keeper.due(worktreeId);
  keeper.due(worktreeId);
  await eventually(() => saved.length > 1);
  expect(saved).toEqual([4, 7]);
  expect(Buffer.from(keeper.before(walk(1))?.bytes ?? []).toString()).toBe("looked at");
});

test("[S2] a walk of which not all is in the log is not kept", async () => {
  using kit = kept("/a", [7, 8], [false, true]);
  const { keeper, worktreeId, walk, saved, ended } = kit;
  keeper.found(walk(1), found("first"));
  keeper.covered(worktreeId, 1, origin(4));
  keeper.due(worktreeId);
  await eventually(() => ended.length === 1);
  expect(keeper.before(walk(1))?.since).toBe(4);
  keeper.due(worktreeId);
  await eventually(() => saved.length === 2);
  expect(saved).toEqual([4, 8]);
});

test("[S2] much that was seen reaches the monitor in parts, and is not kept unless all of it does", async () => {
  const entries = Array.from({ length: 5_000 }, (_, i) => `f${i}` as BytePath);
  const much = { ...SAME, entries, listings: ["", "d"] as BytePath[] };
  using kit = kept("/a", [7, 8], [true, false, true, true, true], [much, much]);
  const { keeper, worktreeId, walk, saved, ended, seen } = kit;
  keeper.found(walk(1), found("first"));
  keeper.covered(worktreeId, 1, origin(4));
  keeper.due(worktreeId);
  await eventually(() => ended.length === 2);
  expect(saved).toEqual([4]);
  seen.length = 0;
  keeper.due(worktreeId);
  await eventually(() => saved.length === 2);
  expect(saved).toEqual([4, 8]);
  expect(Math.max(...seen.map((part) => part.entries.length))).toBeLessThan(entries.length / 2);
  expect(seen.flatMap((part) => part.entries)).toEqual(entries);
  expect(seen.flatMap((part) => part.listings)).toEqual([...much.listings]);
});

test("[S2] without anything to compare with, what is older is forgotten first", async () => {
  using kit = kept("/a", [7, 8]);
  const { keeper, worktreeId, saved, said } = kit;
  keeper.due(worktreeId);
  await eventually(() => saved.length === 1);
  expect([saved, said.includes("forgets")]).toEqual([[8], true]);
});

test("a walk that finds very much is followed by another", async () => {
  const entries = Array.from({ length: 600 }, (_, i) => `f${i}` as never);
  using kit = kept("/a", [7, 8], [], [{ ...SAME, entries }, SAME]);
  const { keeper, worktreeId, walk, saved } = kit;
  keeper.found(walk(1), found("first"));
  keeper.covered(worktreeId, 1, origin(4));
  keeper.due(worktreeId);
  await eventually(() => saved.length === 3);
  expect(saved).toEqual([4, 7, 8]);
});

test("a snapshot of what had just changed is made again, but not for ever", async () => {
  using kit = kept("/a", [8, 9]);
  const { keeper, worktreeId, walk, saved } = kit;
  keeper.found(walk(1), found("just made", 600));
  keeper.covered(worktreeId, 1, origin(4));
  await eventually(() => saved.length === 2);
  expect(saved).toEqual([4, 8]);
});

function fail(): never {
  throw new GityError("STORE_FAILED", "database or disk is full");
}

test("a store that cannot be written costs the snapshot, and nothing else", () => {
  using kit = kept();
  const { walk, worktreeId } = kit;
  const said: string[] = [];
  // A full disk, without filling one.
  const store = { read: fail, write: fail } as unknown as Store;
  using keeper = new SnapshotKeeper(store, { write: (_level, message) => void said.push(message) });
  keeper.found(walk(1), found("first"));
  keeper.covered(worktreeId, 1, origin(4));
  expect(keeper.before(walk(2))).toBeUndefined();
  expect(said).toEqual(["cannot save the state of a tree", "cannot save the state of a tree"]);
});
