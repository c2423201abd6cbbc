/**
 * The store of a daemon that does not run, for the upkeep of it: holds the daemon's lock meanwhile, so that
 * none starts in the middle.
 */

import { existsSync } from "node:fs";

import { GityError } from "../base/errors.ts";
import type { HomeLayout } from "../base/home.ts";
import { requireOwnFolder } from "../base/own-folder.ts";
import type { StoreUpkeep } from "../protocol/store-upkeep.ts";
import { InstanceLock } from "./instance-lock.ts";
import { Store } from "./store.ts";

/** Makes no store where there is none. @throws GityError DAEMON_ALREADY_RUNNING, STORE_FAILED */
export function openIdleStore({
  database,
  runFolder,
  lock: lockFile,
}: HomeLayout): StoreUpkeep & Disposable {
  if (!existsSync(database)) {
    return emptyStore(database);
  }
  using stack = new DisposableStack();
  requireOwnFolder(runFolder);
  stack.use(acquire(lockFile));
  const store = stack.use(Store.open(database));
  const opened = stack.move();
  return {
    storeStatistics: async () => store.statistics(),
    compactStore: async () => store.compact(),
    pruneLogs: async (keepDays) => store.pruneLogs(keepDays),
    [Symbol.dispose]: () => {
      opened.dispose();
    },
  };
}

function acquire(lockFile: string): InstanceLock {
  try {
    return InstanceLock.acquire(lockFile);
  } catch (error) {
    if (error instanceof GityError && error.code === "DAEMON_ALREADY_RUNNING") {
      throw new GityError("DAEMON_ALREADY_RUNNING", "cannot open the store: a daemon has it open", {
        cause: error,
        hint: "it is starting or stopping; try again",
      });
    }
    throw error;
  }
}

function emptyStore(path: string): StoreUpkeep & Disposable {
  return {
    storeStatistics: async () => ({
      path,
      databaseBytes: 0,
      walBytes: 0,
      pageBytes: 0,
      pages: 0,
      freePages: 0,
      tables: [],
      snapshots: [],
      oldestLogAtMs: null,
      logLines: [],
    }),
    compactStore: async () => ({ bytesBefore: 0, bytesAfter: 0 }),
    pruneLogs: async () => ({ removed: 0, kept: 0 }),
    [Symbol.dispose]: () => {},
  };
}
