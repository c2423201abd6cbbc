/**
 * Opening the store: one SQLite file that only this user can read, at the schema of this gity.
 *
 * Owns: the connection, its pragmas, and bringing an older schema up to date. Must never: change
 * a database of a newer gity, or guess at a damaged one.
 */

import { Database } from "bun:sqlite";
import { chmodSync, closeSync, constants, lstatSync, openSync } from "node:fs";

import { GityError } from "../base/errors.ts";
import { MIGRATIONS } from "./migrations.ts";
import { withStoreErrors } from "./store-error.ts";

/** Only backups and curious people hold the lock besides the daemon; they are brief. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * The folder must exist and be private: SQLite puts its `-wal` and `-shm` files beside this one,
 * with the same mode.
 *
 * @throws GityError STORE_FAILED when it is damaged, from a newer gity, or cannot be written.
 */
export function openDatabase(path: string): Database {
  createPrivateFile(path);
  return withStoreErrors(path, () => {
    const database = new Database(path, { readwrite: true, strict: true, safeIntegers: false });
    try {
      setPatience(database, "usual");
      database.run("PRAGMA journal_mode = WAL");
      // In WAL mode NORMAL keeps the database whole through a power loss; at worst the last
      // commits are missing (sqlite.org/pragma.html#pragma_synchronous).
      database.run("PRAGMA synchronous = NORMAL");
      database.run("PRAGMA foreign_keys = ON");
      migrate(database, path);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** How long a transaction waits for another process that holds the file. */
export function setPatience(database: Database, patience: "usual" | "none"): void {
  database.run(`PRAGMA busy_timeout = ${patience === "usual" ? BUSY_TIMEOUT_MS : 0}`);
}

/**
 * An empty file is a valid empty database. Created by us and not by SQLite, for its mode.
 *
 * A file that exists is not opened: closing it again would release the locks that this process
 * may hold on it through SQLite (fcntl(2), "Advisory record locking").
 */
export function createPrivateFile(path: string): void {
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) {
      createExclusively(path);
    }
    // SQLite would follow a link, and so would chmod(2).
    if (!lstatSync(path).isFile()) {
      throw new GityError("STORE_FAILED", `cannot open '${path}': it is no file`, {
        hint: "remove it",
      });
    }
    chmodSync(path, 0o600);
  } catch (error) {
    if (error instanceof GityError) {
      throw error;
    }
    throw new GityError("STORE_FAILED", `cannot open '${path}': ${String(error)}`, {
      cause: error,
    });
  }
}

/** Another process may be doing the same at this moment; then the file is as good as ours. */
function createExclusively(path: string): void {
  try {
    closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) {
      throw error;
    }
  }
}

function migrate(database: Database, path: string): void {
  const version = schemaVersion(database);
  if (version > MIGRATIONS.length) {
    throw new GityError(
      "STORE_FAILED",
      `cannot open '${path}': its schema ${version} is newer than this gity's ${MIGRATIONS.length}`,
      { hint: "run the newer gity that wrote it" },
    );
  }
  for (const [step, statements] of MIGRATIONS.slice(version).entries()) {
    const migration = database.transaction(() => {
      database.run(statements);
      database.run(`PRAGMA user_version = ${version + step + 1}`);
    });
    migration.immediate();
  }
}

function schemaVersion(database: Database): number {
  const row = database.query<{ user_version: number }, []>("PRAGMA user_version").get();
  return row?.user_version ?? 0;
}
