/**
 * Notices that a repository got or lost a linked worktree: git keeps a folder for each in
 * `<commondir>/worktrees` (gitrepository-layout(5)), which exists only while there is one.
 */

import { join } from "node:path";

import type { WatchDescriptor } from "../base/brands.ts";
import { NAMES_MASK, type PlaceWatch } from "../watch/place-watch.ts";
import type { RepositoryId } from "./messages.ts";

const FOLDER = "worktrees";

interface WatchedRepository {
  readonly commonDir: string;
  /** The folder's, or while there is none that of the common directory. */
  wd: WatchDescriptor | undefined;
}

export class WorktreeLists {
  readonly #places: PlaceWatch;
  readonly #changed: (repositoryId: RepositoryId) => void;
  readonly #repositories = new Map<RepositoryId, WatchedRepository>();

  /** `changed` may be called without need, and before a new worktree is complete. */
  constructor(places: PlaceWatch, changed: (repositoryId: RepositoryId) => void) {
    this.#places = places;
    this.#changed = changed;
  }

  /** Does nothing for one that is watched. */
  add(repositoryId: RepositoryId, commonDir: string): void {
    if (!this.#repositories.has(repositoryId)) {
      const repository: WatchedRepository = { commonDir, wd: undefined };
      this.#repositories.set(repositoryId, repository);
      this.#watch(repositoryId, repository);
    }
  }

  remove(repositoryId: RepositoryId): void {
    this.#places.unwatch(this.#repositories.get(repositoryId)?.wd);
    this.#repositories.delete(repositoryId);
  }

  /** The folder, where there is one; it may appear while we look at the directory above. */
  #watch(repositoryId: RepositoryId, repository: WatchedRepository): void {
    const { commonDir } = repository;
    const folder = join(commonDir, FOLDER);
    const isOpen = (): boolean => this.#repositories.get(repositoryId) === repository;
    const watchFolder = (): WatchDescriptor | undefined =>
      this.#places.watch(folder, NAMES_MASK, (name) => {
        if (isOpen()) {
          if (name === "") {
            this.#watchAgain(repositoryId, repository);
          }
          this.#changed(repositoryId);
        }
      });
    repository.wd = watchFolder();
    if (repository.wd !== undefined) {
      return;
    }
    const above = this.#places.watch(commonDir, NAMES_MASK, (name) => {
      if (isOpen() && (name === FOLDER || name === "")) {
        this.#watchAgain(repositoryId, repository);
        this.#changed(repositoryId);
      }
    });
    const appeared = watchFolder();
    if (appeared !== undefined) {
      this.#places.unwatch(above);
    }
    repository.wd = appeared ?? above;
  }

  #watchAgain(repositoryId: RepositoryId, repository: WatchedRepository): void {
    this.#places.unwatch(repository.wd);
    this.#watch(repositoryId, repository);
  }
}
