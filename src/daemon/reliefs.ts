/** What is done about a resource that is over its limit, beside that jobs wait: each gives up what can be had
 *  again, or what nobody needs. */

import { GONE_SNAPSHOT_AGE_MS_MIN } from "../base/limits.ts";
import { RESOURCE_RELEASE_SHARE, type ResourceStanding } from "../protocol/resources.ts";
import type { Store } from "../store/store.ts";
import type { EventHub } from "./event-hub.ts";
import type { Fleet } from "./fleet.ts";
import type { LogFile } from "./log-file.ts";
import type { MonitorThread } from "./monitor-thread.ts";
import type { Relief, ResourcesOptions } from "./resources.ts";
import type { StatusKeeper } from "./status-keeper.ts";

export interface ReliefOptions {
  readonly hub: Pick<EventHub, "forgetKept">;
  readonly monitor: Pick<MonitorThread, "shrink">;
  readonly statuses: Pick<StatusKeeper, "forgetAll">;
  readonly store: Pick<Store, "writeIfFree" | "compactIfCheap" | "shrinkMemory">;
  readonly fleet: Pick<Fleet, "releaseAdopted" | "goneWorktreeIds">;
  readonly log: Pick<LogFile, "shrinkTo">;
}

/** Against processor time and jobs nothing helps but to begin no others. */
export function makeReliefs(options: ReliefOptions): ResourcesOptions["reliefs"] {
  const letAdoptedGo: Relief = async () => {
    const count = await options.fleet.releaseAdopted();
    return count === 0 ? undefined : `${count} adopted worktrees were let go`;
  };
  return {
    memory: async () => shrinkCaches(options),
    descriptors: letAdoptedGo,
    watches: letAdoptedGo,
    store: async () => shrinkStore(options),
    log: async (standing) => shrinkLog(options, standing),
  };
}

function shrinkCaches({ hub, monitor, statuses, store }: ReliefOptions): string {
  const events = hub.forgetKept();
  statuses.forgetAll();
  monitor.shrink();
  store.shrinkMemory();
  Bun.gc(true);
  return `${events} events and the older half of each history were given up`;
}

function shrinkStore({ store, fleet }: ReliefOptions): string | undefined {
  let lines = 0;
  let snapshots = 0;
  const beforeMs = Date.now() - GONE_SNAPSHOT_AGE_MS_MIN;
  store.writeIfFree((tables) => {
    lines = tables.logLines.pruneOlderHalf();
    snapshots = fleet
      .goneWorktreeIds()
      .filter((id) => tables.snapshots.deleteOlder(id, beforeMs)).length;
  });
  const compacted = store.compactIfCheap();
  if (compacted === undefined && lines + snapshots === 0) {
    return undefined;
  }
  const size =
    compacted === undefined
      ? "it was not compacted"
      : `compacted from ${compacted.bytesBefore} to ${compacted.bytesAfter} bytes`;
  return `${lines} log lines and ${snapshots} snapshots were removed; ${size}`;
}

function shrinkLog({ log }: ReliefOptions, { limit }: ResourceStanding): string | undefined {
  const count = log.shrinkTo(Math.floor(RESOURCE_RELEASE_SHARE * limit));
  return count === 0 ? undefined : `${count} older files of the log were removed`;
}
