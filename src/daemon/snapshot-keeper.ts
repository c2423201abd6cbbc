/**
 * Keeps a snapshot of each registered worktree in the store, and brings it to the walkers that compare
 * with it.
 *
 * Owns: the rows, and the moments at which another snapshot is made. What is in a snapshot is the
 * walker's; of which moment it is, the monitor says.
 */

import { GityError } from "../base/errors.ts";
import { SNAPSHOT_CHANGES, SNAPSHOT_DELAY_MS, SNAPSHOT_REST_FACTOR } from "../base/limits.ts";
import { findMissing } from "../git/index-names.ts";
import type {
  CatchUp,
  SeenDifference,
  SnapshotBeginning,
  SnapshotOrigin,
  WalkerFinding,
  WalkMessage,
  WorktreeId,
} from "../monitor/messages.ts";
import type { Store } from "../store/store.ts";
import type { WorktreeRow } from "../store/worktrees.ts";
import type { Log } from "./log-file.ts";

type Table = Extract<WalkerFinding, { kind: "table" }>;

/** What is needed of the monitor's thread. */
export interface SnapshotMonitor {
  /** "gone": the worktree is not open. `forgets`: older tokens are answered no more.
   *  @throws GityError DAEMON_FAILED */
  beginSnapshot(
    worktreeId: WorktreeId,
    forgets: boolean,
  ): Promise<SnapshotBeginning | "not-now" | "gone">;
  /** Whether the walk since then may be kept. @throws GityError DAEMON_FAILED */
  endSnapshot(
    worktreeId: WorktreeId,
    origin: SnapshotOrigin,
    seen: SeenDifference,
  ): Promise<boolean>;
  snapshotSaved(worktreeId: WorktreeId, origin: SnapshotOrigin): void;
  /** Walks a tree without watching it, and compares it with a snapshot. */
  look(
    root: string,
    excluded: readonly string[],
    before: Uint8Array | undefined,
  ): Promise<WalkerFinding>;
}

interface Pending {
  readonly attempt: number;
  readonly found: Table;
}

interface Rest {
  /** Of the last snapshot's walk. */
  readonly walkMs: number;
  readonly endedAtMs: number;
  readonly unsettled: number;
}

/** What the monitor records between two looks at its sockets: some milliseconds. */
const SEEN_PART = 2_000;

const NOTHING_SEEN: SeenDifference = { entries: [], cones: [], listings: [] };

const NO_REST: Rest = { walkMs: 0, endedAtMs: 0, unsettled: Number.POSITIVE_INFINITY };

export class SnapshotKeeper implements Disposable {
  readonly #store: Store;
  readonly #log: Log;
  readonly #delayMs: number;
  #monitor: SnapshotMonitor | undefined;
  /** Found by walks of which the monitor has not said yet of which moment they are. */
  readonly #pending = new Map<WorktreeId, Pending>();
  readonly #timers = new Map<WorktreeId, Timer>();
  readonly #rests = new Map<WorktreeId, Rest>();

  constructor(store: Store, log: Log, delayMs: number = SNAPSHOT_DELAY_MS) {
    this.#store = store;
    this.#log = log;
    this.#delayMs = delayMs;
  }

  attach(monitor: SnapshotMonitor): void {
    this.#monitor = monitor;
  }

  [Symbol.dispose](): void {
    this.#monitor = undefined;
    for (const timer of this.#timers.values()) {
      clearTimeout(timer);
    }
    this.#timers.clear();
  }

  /** What a walk is to be compared with. */
  before({
    worktreeId,
    past,
  }: Pick<WalkMessage, "worktreeId" | "past">): { bytes: Uint8Array; since: number } | undefined {
    if (past === undefined) {
      return undefined;
    }
    const row = this.#guard(() =>
      this.#store.read((tables) => tables.snapshots.find(worktreeId, past.epoch)),
    );
    const isOfUse =
      row !== undefined &&
      row.generation >= past.oldestGeneration &&
      row.generation <= past.generation;
    return isOfUse ? { bytes: row.bytes, since: row.generation } : undefined;
  }

  /** What the monitor has to know of a walk that was compared. Undefined: anything may be different. */
  async catchUp(
    walk: WalkMessage,
    since: number,
    { difference }: Table,
  ): Promise<CatchUp | undefined> {
    if (difference === undefined) {
      return undefined;
    }
    const { changed, ...rest } = difference;
    try {
      const missing = changed.length === 0 ? undefined : await findMissing(walk, changed);
      // The generation came from the monitor.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      return { ...rest, since: since as CatchUp["since"], missing };
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      this.#log.write("warn", "cannot find out what changed meanwhile", {
        root: walk.root,
        reason: error.message,
      });
      return undefined;
    }
  }

  /** A walk of the whole tree has ended. */
  found({ worktreeId, attempt }: WalkMessage, found: Table): void {
    this.#pending.set(worktreeId, { attempt, found });
  }

  /** The monitor says of which moment a walk is. */
  covered(worktreeId: WorktreeId, attempt: number, origin: SnapshotOrigin): void {
    const pending = this.#pending.get(worktreeId);
    this.#pending.delete(worktreeId);
    if (pending?.attempt === attempt) {
      this.#save(worktreeId, origin, pending.found);
    }
  }

  /** So much has changed that another snapshot is worth a walk. */
  due(worktreeId: WorktreeId): void {
    if (this.#timers.has(worktreeId) || this.#monitor === undefined) {
      return;
    }
    const { walkMs, endedAtMs } = this.#rests.get(worktreeId) ?? NO_REST;
    const restMs = endedAtMs + SNAPSHOT_REST_FACTOR * walkMs - performance.now();
    const timer = setTimeout(
      () => {
        this.#timers.delete(worktreeId);
        void this.#take(worktreeId);
      },
      Math.max(this.#delayMs, restMs),
    );
    this.#timers.set(worktreeId, timer);
  }

  async #take(worktreeId: WorktreeId): Promise<void> {
    const monitor = this.#monitor;
    const row = this.#rowOf(worktreeId);
    if (monitor === undefined || row === undefined) {
      return;
    }
    try {
      const outcome = await this.#look(monitor, row, false);
      if (outcome === "incomparable") {
        // What nobody was told of would be in the snapshot, and never come to light.
        await this.#look(monitor, row, true);
      }
    } catch (error) {
      // The daemon is ending, or the worktree was unregistered meanwhile.
      if (!(error instanceof GityError)) {
        throw error;
      }
      this.#log.write("info", "did not save the state of the tree", {
        root: row.root,
        reason: error.message,
      });
    }
  }

  /** "incomparable": there is nothing to compare with, or too much is different. */
  async #look(
    monitor: SnapshotMonitor,
    { id, root }: WorktreeRow,
    forgets: boolean,
  ): Promise<"done" | "incomparable"> {
    const beginning = await monitor.beginSnapshot(id, forgets);
    if (beginning === "gone") {
      return "done";
    }
    if (beginning === "not-now") {
      this.due(id);
      return "done";
    }
    const { origin, oldestGeneration, excluded } = beginning;
    const before = this.before({ worktreeId: id, past: { ...origin, oldestGeneration } });
    if (before === undefined && !forgets) {
      return "incomparable";
    }
    const found = await monitor.look(root, excluded, before?.bytes);
    if (found.kind !== "table") {
      return "done";
    }
    const seen = forgets ? NOTHING_SEEN : found.difference;
    if (seen === undefined) {
      return "incomparable";
    }
    if (await endInParts(monitor, { id, origin, seen })) {
      this.#save(id, origin, found);
      if (seen.entries.length + seen.listings.length >= SNAPSHOT_CHANGES) {
        // All of that would be reported after a restart; after another walk it is not.
        this.due(id);
      }
    }
    return "done";
  }

  /** The worktree is no longer served. */
  forget(worktreeId: WorktreeId): void {
    this.#pending.delete(worktreeId);
    this.#rests.delete(worktreeId);
    clearTimeout(this.#timers.get(worktreeId));
    this.#timers.delete(worktreeId);
  }

  #save(
    worktreeId: WorktreeId,
    origin: SnapshotOrigin,
    { snapshot, unsettled, table }: Table,
  ): void {
    const startMs = performance.now();
    const row = { worktreeId, ...origin, takenAtMs: Date.now(), bytes: snapshot };
    const isSaved = this.#guard(() =>
      this.#store.write((tables) => {
        tables.snapshots.save(row);
        return true;
      }),
    );
    const endedAtMs = performance.now();
    const before = this.#rests.get(worktreeId) ?? NO_REST;
    this.#rests.set(worktreeId, { walkMs: table.walkMs, endedAtMs, unsettled });
    if (isSaved !== true) {
      return;
    }
    this.#log.write("info", "saved the state of the tree", {
      worktreeId,
      directories: table.count,
      bytes: snapshot.length,
      unsettled,
      walkMs: Math.round(table.walkMs),
      saveMs: Math.round(endedAtMs - startMs),
    });
    this.#monitor?.snapshotSaved(worktreeId, origin);
    // Files whose times lie in the future do not settle.
    if (unsettled >= SNAPSHOT_CHANGES && unsettled < before.unsettled) {
      this.due(worktreeId);
    }
  }

  #rowOf(worktreeId: WorktreeId): WorktreeRow | undefined {
    const rows = this.#guard(() => this.#store.read((tables) => tables.worktrees.loadAll()));
    return rows?.find(({ id }) => id === worktreeId);
  }

  /** A store that cannot be read or written costs a look at every file after a restart, and no more. */
  #guard<Result>(step: () => Result): Result | undefined {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof GityError)) {
        throw error;
      }
      this.#log.write("warn", "cannot save the state of a tree", { reason: error.message });
      return undefined;
    }
  }
}

/** Whether all of it is in the log, so that the walk may be kept. */
async function endInParts(
  monitor: SnapshotMonitor,
  walk: {
    readonly id: WorktreeId;
    readonly origin: SnapshotOrigin;
    readonly seen: SeenDifference;
  },
): Promise<boolean> {
  const { id, origin, seen } = walk;
  const longest = Math.max(seen.entries.length, seen.cones.length, seen.listings.length);
  let isValid = true;
  for (let start = 0; isValid && (start === 0 || start < longest); start += SEEN_PART) {
    const part = <Path>(paths: readonly Path[]): readonly Path[] =>
      paths.slice(start, start + SEEN_PART);
    // The next one is sent when this one is done: git may ask in between.
    // oxlint-disable-next-line no-await-in-loop
    isValid = await monitor.endSnapshot(id, origin, {
      entries: part(seen.entries),
      cones: part(seen.cones),
      listings: part(seen.listings),
    });
  }
  return isValid;
}
