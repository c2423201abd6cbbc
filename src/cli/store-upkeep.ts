/**
 * The store as `gity db` needs it: the daemon's, if one runs, because only one process writes; else the
 * store itself, and no daemon is started for it.
 */

import { unreachable } from "../base/assert.ts";
import { clientOf, currentHome } from "../client/connect.ts";
import { findDaemon, silenceError } from "../client/start-daemon.ts";
import type { StoreUpkeep } from "../protocol/store-upkeep.ts";
import type { CliContext } from "./command.ts";

/** @throws GityError DAEMON_FAILED, DAEMON_ALREADY_RUNNING, STORE_FAILED */
export async function withStore<Result>(
  { openStore }: CliContext,
  work: (store: StoreUpkeep) => Promise<Result>,
): Promise<Result> {
  const layout = currentHome();
  const found = await findDaemon(layout);
  switch (found.kind) {
    case "running":
      return work(clientOf(layout));
    case "silent":
      throw silenceError(layout, found.waitedMs);
    case "none": {
      using store = await openStore(layout);
      return await work(store);
    }
    default:
      return unreachable(found);
  }
}
