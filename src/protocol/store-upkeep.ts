/**
 * Looking at the store and keeping it small: what `gity db` asks for, of the daemon that has the store open
 * or of the store itself when none has.
 */

import type { z } from "@hono/zod-openapi";

import type * as schemas from "./schemas.ts";

export type StoreStatistics = z.infer<typeof schemas.storeStatistics>;
export type TableStatistics = StoreStatistics["tables"][number];
export type SnapshotStatistics = StoreStatistics["snapshots"][number];
/** Both files together. */
export type CompactReply = z.infer<typeof schemas.compactReply>;
export type PruneLogsReply = z.infer<typeof schemas.pruneLogsReply>;

export interface StoreUpkeep {
  readonly storeStatistics: () => Promise<StoreStatistics>;
  readonly compactStore: () => Promise<CompactReply>;
  /** Removes log lines older than that. */
  readonly pruneLogs: (keepDays: number) => Promise<PruneLogsReply>;
}
