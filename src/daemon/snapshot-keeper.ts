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
  /** "gone": the worktree is not open. @throws GityError DAEMON_FAILED */
  beginSnapshot(worktreeId: WorktreeId): Promise<SnapshotBeginning | "not-now" | "gone">;
  /** Whether the walk since then may be kept. @throws GityError DAEMON_FAILED */
  endSnapshot(worktreeId: WorktreeId, origin: SnapshotOrigin): Promise<boolean>;
  snapshotSaved(worktreeId: WorktreeId, origin: SnapshotOrigin): void;
  /** Walks a tree without watching it. */
  look(root: string, excluded: readonly string[]): Promise<WalkerFinding>;
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
  before({ worktreeId, past }: WalkMessage): { bytes: Uint8Array; since: number } | undefined {
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
      this.#log.write("warn", "cannot catch up", { root: walk.root, reason: error.message });
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
      const beginning = await monitor.beginSnapshot(worktreeId);
      if (beginning === "not-now") {
        this.due(worktreeId);
      } else if (beginning !== "gone") {
        const found = await monitor.look(row.root, beginning.excluded);
        const { origin } = beginning;
        if (found.kind === "table" && (await monitor.endSnapshot(worktreeId, origin))) {
          this.#save(worktreeId, origin, found);
        }
      }
    } catch (error) {
      // The daemon is ending, or the worktree was unregistered meanwhile.
      if (!(error instanceof GityError)) {
        throw error;
      }
      this.#log.write("info", "no snapshot", { root: row.root, reason: error.message });
    }
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
    this.#log.write("info", "snapshot", {
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
      this.#log.write("warn", "snapshots cannot be kept", { reason: error.message });
      return undefined;
    }
  }
}
