/**
 * Looking at the store and keeping it small: what `gity db` asks for, of the daemon that has the store open
 * or of the store itself when none has.
 */

export interface StoreStatistics {
  readonly path: string;
  readonly databaseBytes: number;
  /** Of the file beside it that holds what was written last. */
  readonly walBytes: number;
  readonly pageBytes: number;
  readonly pages: number;
  /** What 'gity db compact' would give back. */
  readonly freePages: number;
  readonly tables: readonly TableStatistics[];
  /** One for each worktree that has one, the largest first. */
  readonly snapshots: readonly SnapshotStatistics[];
  /** Unix time; null without a log line. */
  readonly oldestLogAtMs: number | null;
}

export interface TableStatistics {
  readonly name: string;
  readonly rows: number;
}

export interface SnapshotStatistics {
  readonly root: string;
  readonly bytes: number;
  readonly takenAtMs: number;
}

/** Both files together. */
export interface CompactReply {
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

export interface PruneLogsReply {
  readonly removed: number;
  readonly kept: number;
}

export interface StoreUpkeep {
  readonly storeStatistics: () => Promise<StoreStatistics>;
  readonly compactStore: () => Promise<CompactReply>;
  /** Removes log lines older than that. */
  readonly pruneLogs: (keepDays: number) => Promise<PruneLogsReply>;
}
