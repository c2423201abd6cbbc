/**
 * Where SQLite's failures become gity's: one code, and a message that names the file.
 */

import { SQLiteError } from "bun:sqlite";

import { GityError } from "../base/errors.ts";

const DAMAGED = new Set(["SQLITE_NOTADB", "SQLITE_CORRUPT"]);

const FULL_DISK_HINT = "make room on its disk, and try again";

/** Runs `work`; what SQLite refuses there is thrown as STORE_FAILED with `path` and its reason. */
export function withStoreErrors<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SQLiteError)) {
      throw error;
    }
    if (DAMAGED.has(primaryCode(error))) {
      throw new GityError("STORE_FAILED", `cannot use '${path}': ${error.message}`, {
        cause: error,
        hint: `the file is damaged: move it away, start gity, and register again`,
        details: { sqlite: error.code },
      });
    }
    throw new GityError("STORE_FAILED", `cannot use '${path}': ${error.message}`, {
      cause: error,
      details: { sqlite: error.code },
      ...(primaryCode(error) === "SQLITE_FULL" ? { hint: FULL_DISK_HINT } : {}),
    });
  }
}

export function isBusy(error: unknown): boolean {
  return error instanceof SQLiteError && primaryCode(error) === "SQLITE_BUSY";
}

/** `SQLITE_CORRUPT_VTAB` is a kind of `SQLITE_CORRUPT`; see sqlite.org/rescode.html. */
function primaryCode(error: SQLiteError): string {
  return (error.code ?? "").split("_").slice(0, 2).join("_");
}
