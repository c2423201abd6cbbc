/**
 * One daemon per home: an exclusive SQLite transaction held for the life of the process.
 *
 * SQLite's lock is a lock of the kernel (fcntl(2)), gone with the process however it ends, and
 * not inherited by children. The database stores nothing.
 */

import { Database } from "bun:sqlite";

import { GityError } from "../base/errors.ts";
import { createPrivateFile } from "./database.ts";
import { isBusy, withStoreErrors } from "./store-error.ts";

export class InstanceLock implements Disposable {
  readonly #database: Database;

  private constructor(database: Database) {
    this.#database = database;
  }

  /** @throws GityError DAEMON_ALREADY_RUNNING, STORE_FAILED */
  static acquire(path: string): InstanceLock {
    createPrivateFile(path);
    return withStoreErrors(path, () => {
      const database = new Database(path, { readwrite: true });
      try {
        database.run("BEGIN EXCLUSIVE");
        return new InstanceLock(database);
      } catch (error) {
        database.close();
        if (isBusy(error)) {
          throw new GityError(
            "DAEMON_ALREADY_RUNNING",
            `cannot start a daemon: another one holds '${path}'`,
            { cause: error },
          );
        }
        throw error;
      }
    });
  }

  [Symbol.dispose](): void {
    this.#database.run("ROLLBACK");
    this.#database.close();
  }
}
