/**
 * Table `saved_configurations`: git's configuration file as it was before gity's edit, and as
 * the edit left it, so that unregistering can put it back byte for byte.
 *
 * A row is saved as `applying` before the file is touched and marked `applied` afterwards. Both
 * contents are in it from the beginning, so that a crash in between can always be told apart.
 */

import type { Database } from "bun:sqlite";

/** One key of ours. Values are latin1, one character per byte; null is a key without a value. */
export interface SavedEdit {
  readonly key: string;
  readonly before: readonly (string | null)[];
  readonly ours: string;
}

export interface SavedConfiguration {
  /** The real file, with symlinks resolved. */
  readonly configPath: string;
  /** Null when there was no file. */
  readonly bytesBefore: Uint8Array | null;
  readonly bytesAfter: Uint8Array;
  readonly edits: readonly SavedEdit[];
}

export interface SavedConfigurationRow extends SavedConfiguration {
  readonly repositoryId: number;
  readonly state: "applying" | "applied";
}

interface RawRow extends Omit<SavedConfigurationRow, "edits"> {
  readonly edits: string;
}

export class SavedConfigurationTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(repositoryId: number): SavedConfigurationRow | undefined {
    const row = this.#database
      .query<RawRow, [number]>(
        `SELECT repository_id AS repositoryId, config_path AS configPath, state,
                bytes_before AS bytesBefore, bytes_after AS bytesAfter, edits
         FROM saved_configurations WHERE repository_id = ?`,
      )
      .get(repositoryId);
    if (row === null) {
      return undefined;
    }
    // Written by saveApplying() only.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return { ...row, edits: JSON.parse(row.edits) as readonly SavedEdit[] };
  }

  /** Replaces what was saved for this repository. */
  saveApplying(repositoryId: number, configuration: SavedConfiguration): void {
    this.#database
      .query<unknown, [number, string, Uint8Array | null, Uint8Array, string]>(
        `INSERT OR REPLACE INTO saved_configurations
           (repository_id, config_path, state, bytes_before, bytes_after, edits)
         VALUES (?, ?, 'applying', ?, ?, ?)`,
      )
      .run(
        repositoryId,
        configuration.configPath,
        configuration.bytesBefore,
        configuration.bytesAfter,
        JSON.stringify(configuration.edits),
      );
  }

  markApplied(repositoryId: number): void {
    this.#database
      .query<unknown, [number]>(
        `UPDATE saved_configurations SET state = 'applied' WHERE repository_id = ?`,
      )
      .run(repositoryId);
  }

  delete(repositoryId: number): void {
    this.#database
      .query<unknown, [number]>(`DELETE FROM saved_configurations WHERE repository_id = ?`)
      .run(repositoryId);
  }
}
