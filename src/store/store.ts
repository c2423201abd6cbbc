/**
 * The store as the daemon holds it: its tables and the transactions over them.
 *
 * Owns: the one connection. All access goes through `read` and `write`, so that a statement is
 * never outside a transaction and SQLite's errors leave with the file's name.
 */

import type { Database } from "bun:sqlite";

import { GityError } from "../base/errors.ts";
import type { CompactReply, PruneLogsReply, StoreStatistics } from "../protocol/store-upkeep.ts";
import { openDatabase, setPatience } from "./database.ts";
import { JobRunTable } from "./job-runs.ts";
import { JobTable } from "./jobs.ts";
import { LogLineTable } from "./log-lines.ts";
import { RepositoryTable } from "./repositories.ts";
import { SavedConfigurationTable } from "./saved-configurations.ts";
import { SnapshotTable } from "./snapshots.ts";
import { StatusMeasurementTable } from "./status-measurements.ts";
import { isBusy, withStoreErrors } from "./store-error.ts";
import { compactDatabase, isCheapToCompact, measureStore, pruneLogLines } from "./upkeep.ts";
import { WorktreeTable } from "./worktrees.ts";

export interface Tables {
  readonly repositories: RepositoryTable;
  readonly worktrees: WorktreeTable;
  readonly savedConfigurations: SavedConfigurationTable;
  readonly snapshots: SnapshotTable;
  readonly statusMeasurements: StatusMeasurementTable;
  readonly logLines: LogLineTable;
  readonly jobs: JobTable;
  readonly jobRuns: JobRunTable;
}

export class Store implements Disposable {
  readonly #path: string;
  readonly #database: Database;
  readonly #tables: Tables;

  private constructor(path: string, database: Database) {
    this.#path = path;
    this.#database = database;
    this.#tables = {
      repositories: new RepositoryTable(database),
      worktrees: new WorktreeTable(database),
      savedConfigurations: new SavedConfigurationTable(database),
      snapshots: new SnapshotTable(database),
      statusMeasurements: new StatusMeasurementTable(database),
      logLines: new LogLineTable(database),
      jobs: new JobTable(database),
      jobRuns: new JobRunTable(database),
    };
  }

  /** @throws GityError STORE_FAILED */
  static open(path: string): Store {
    return new Store(path, openDatabase(path));
  }

  /** One consistent view of all tables. @throws GityError STORE_FAILED */
  read<Result>(work: (tables: Tables) => Result): Result {
    return withStoreErrors(this.#path, () =>
      this.#database.transaction(() => work(this.#tables)).deferred(),
    );
  }

  /** All of it or nothing, and on disk when it returns. @throws GityError STORE_FAILED */
  write<Result>(work: (tables: Tables) => Result): Result {
    return withStoreErrors(this.#path, () =>
      this.#database.transaction(() => work(this.#tables)).immediate(),
    );
  }

  /** As write(), for what can wait: false at once when somebody else holds the file.
   *  @throws GityError STORE_FAILED */
  writeIfFree(work: (tables: Tables) => void): boolean {
    const isDone = this.#ifFree(() => {
      this.write(work);
      return true;
    });
    return isDone === true;
  }

  /** Undefined when somebody else holds the file. @throws GityError STORE_FAILED */
  #ifFree<Result>(step: () => Result): Result | undefined {
    setPatience(this.#database, "none");
    try {
      return step();
    } catch (error) {
      if (error instanceof GityError && isBusy(error.cause)) {
        return undefined;
      }
      throw error;
    } finally {
      setPatience(this.#database, "usual");
    }
  }

  /** What is damaged, in SQLite's words; nothing when nothing is. */
  check(): readonly string[] {
    try {
      return this.#quickCheck().filter((text) => text !== "ok");
    } catch (error) {
      if (error instanceof GityError) {
        return [error.message];
      }
      throw error;
    }
  }

  /** How large it is, and what of. @throws GityError STORE_FAILED */
  statistics(): StoreStatistics {
    return this.read(() => measureStore(this.#database, this.#path));
  }

  /** Gives unused space back; blocks until it has. @throws GityError STORE_FAILED */
  compact(): CompactReply {
    return withStoreErrors(this.#path, () => compactDatabase(this.#database, this.#path));
  }

  /** As compact(), where that takes but a moment and gives something back; undefined where it does not, or
   *  somebody else holds the file. @throws GityError STORE_FAILED */
  compactIfCheap(): CompactReply | undefined {
    return this.#ifFree(() => {
      const isCheap = withStoreErrors(this.#path, () => isCheapToCompact(this.#database));
      return isCheap ? this.compact() : undefined;
    });
  }

  /** Gives back what SQLite keeps in memory. @throws GityError STORE_FAILED */
  shrinkMemory(): void {
    withStoreErrors(this.#path, () => {
      this.#database.run("PRAGMA shrink_memory");
    });
  }

  /** Removes log lines older than that. @throws GityError STORE_FAILED */
  pruneLogs(keepDays: number): PruneLogsReply {
    return this.write(() => pruneLogLines(this.#database, keepDays));
  }

  /** @throws GityError STORE_FAILED when it is too damaged to be looked at */
  #quickCheck(): readonly string[] {
    return withStoreErrors(this.#path, () =>
      this.#database
        .query<{ quick_check: string }, []>("PRAGMA quick_check")
        .all()
        .map((row) => row.quick_check),
    );
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
