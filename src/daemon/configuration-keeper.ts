/**
 * Puts gity into a repository's configuration and takes it out again, so that a crash at any
 * moment leaves something the next start understands.
 *
 * ORDER. Applying: save both contents in the store, then replace the file, then mark it applied.
 * Restoring: replace the file, then delete the row. A row is thus there whenever the file may
 * hold our keys, and as long as the repository is registered; the contents in it say which side of the
 * replacement we are on.
 */

import { CONFIGURATION_ATTEMPTS_MAX } from "../base/limits.ts";
import { GityError } from "../base/errors.ts";
import {
  commandsToRestore,
  isInPlace,
  planEdit,
  planOrphanRemoval,
  planRestoration,
  type Restoration,
  wantedConfiguration,
} from "../git/configuration-edit.ts";
import {
  configurationPath,
  isSameContent,
  readConfiguration,
  removeLeftovers,
  replaceConfiguration,
} from "../git/configuration-file.ts";
import type { RepositoryRow } from "../store/repositories.ts";
import type { SavedConfigurationRow } from "../store/saved-configurations.ts";
import type { Store } from "../store/store.ts";

export class ConfigurationKeeper {
  readonly #store: Store;
  /** Private to this user: git edits copies of configuration files in it. */
  readonly #scratchFolder: string;

  constructor(store: Store, scratchFolder: string) {
    this.#store = store;
    this.#scratchFolder = scratchFolder;
  }

  /**
   * From now on the repository's git asks `monitor`, the value of core.fsmonitor. Done before, or half, or undone in part by
   * the user: the outcome is the same.
   *
   * @throws GityError CONFIGURATION_LOCKED, PERMISSION_DENIED, GIT_FAILED
   */
  async apply(repository: RepositoryRow, monitor: string): Promise<void> {
    const wanted = wantedConfiguration(monitor);
    const path = configurationPath(repository.commonDir);
    removeLeftovers(path);
    for (let attempt = 0; attempt < CONFIGURATION_ATTEMPTS_MAX; attempt += 1) {
      const saved = this.#find(repository.id);
      if (saved !== undefined) {
        if (await isInPlace(readConfiguration(path), wanted, this.#scratchFolder)) {
          this.#markApplied(repository.id);
          return;
        }
        // Another helper, or an edit of the user since. What they changed becomes part of what
        // is restored one day. The row stays until it is replaced: putting back twice is as once.
        await this.#putBack(saved);
      }
      const current = readConfiguration(path);
      const clean = await planOrphanRemoval(current, this.#scratchFolder);
      const edit = await planEdit(clean, wanted, this.#scratchFolder);
      this.#store.write((tables) => {
        tables.savedConfigurations.saveApplying(repository.id, { configPath: path, ...edit });
      });
      if (replaceConfiguration(path, current, edit.bytesAfter)) {
        this.#markApplied(repository.id);
        return;
      }
    }
    throw unsettled(path);
  }

  /**
   * Returns what could not be put back. With nothing saved there is nothing to do.
   *
   * @throws GityError CONFIGURATION_LOCKED, PERMISSION_DENIED, GIT_FAILED
   */
  async restore(repository: RepositoryRow): Promise<readonly string[]> {
    const saved = this.#find(repository.id);
    if (saved === undefined) {
      return [];
    }
    const warnings = await this.#putBack(saved);
    this.#store.write((tables) => {
      tables.savedConfigurations.delete(repository.id);
    });
    return warnings;
  }

  /** Returns what could not be. */
  async #putBack(saved: SavedConfigurationRow): Promise<readonly string[]> {
    const path = saved.configPath;
    removeLeftovers(path);
    for (let attempt = 0; attempt < CONFIGURATION_ATTEMPTS_MAX; attempt += 1) {
      const current = readConfiguration(path);
      const { bytes, warnings } = await this.#without(saved, current);
      if (isSameContent(current, bytes) || replaceConfiguration(path, current, bytes)) {
        return warnings;
      }
    }
    throw unsettled(path);
  }

  /** What a person is to do in a repository that is not there, should it come back. */
  restorationByHand(repository: RepositoryRow): readonly string[] {
    const saved = this.#find(repository.id);
    const commands = saved === undefined ? [] : commandsToRestore(saved.configPath, saved.edits);
    return commands.length === 0 ? [] : [`should it come back, run there: ${commands.join("; ")}`];
  }

  /**
   * How the configuration of a repository compares with what gity made of another's: "exact", "edited" where
   * our keys are as they were and something else is not, or "other".
   */
  async compare(repositoryId: number, commonDir: string): Promise<"exact" | "edited" | "other"> {
    const saved = this.#find(repositoryId);
    if (saved === undefined) {
      return "other";
    }
    const current = readConfiguration(configurationPath(commonDir));
    if (isSameContent(current, saved.bytesAfter)) {
      return "exact";
    }
    const ours = new Map(saved.edits.map((edit) => [edit.key, edit.ours]));
    return (await isInPlace(current, ours, this.#scratchFolder)) ? "edited" : "other";
  }

  /** What is saved for one repository is what another, whose configuration is the same, had before. */
  inherit(heir: RepositoryRow, { id }: RepositoryRow): void {
    const saved = this.#find(id);
    if (saved !== undefined) {
      const configPath = configurationPath(heir.commonDir);
      this.#store.write((tables) => {
        tables.savedConfigurations.saveApplying(heir.id, { ...saved, configPath });
      });
    }
  }

  isSaved(repositoryId: number): boolean {
    return this.#find(repositoryId) !== undefined;
  }

  /** True when a crash came between saving and marking. */
  isUnfinished(repositoryId: number): boolean {
    return this.#find(repositoryId)?.state === "applying";
  }

  #find(repositoryId: number): SavedConfigurationRow | undefined {
    return this.#store.read((tables) => tables.savedConfigurations.find(repositoryId));
  }

  #markApplied(repositoryId: number): void {
    this.#store.write((tables) => {
      tables.savedConfigurations.markApplied(repositoryId);
    });
  }

  /** The content as it would be had gity never edited it. */
  async #without(saved: SavedConfigurationRow, current: Uint8Array | null): Promise<Restoration> {
    if (isSameContent(current, saved.bytesAfter)) {
      return { bytes: saved.bytesBefore, warnings: [] };
    }
    if (isSameContent(current, saved.bytesBefore)) {
      return { bytes: current, warnings: [] };
    }
    return planRestoration(current, saved.edits, this.#scratchFolder);
  }
}

function unsettled(path: string): GityError {
  return new GityError("CONFIGURATION_LOCKED", `cannot change '${path}': it keeps changing`, {
    hint: "wait for the program that writes it, and try again",
  });
}
