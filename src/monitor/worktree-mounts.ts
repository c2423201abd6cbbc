/**
 * The mounts that concern one worktree: the one it lies on, and those inside it.
 *
 * Owns: what they were when the session last looked, so that it learns what has changed since.
 */

import type { BytePath } from "../base/brands.ts";
import { isWatchableFileSystem } from "../watch/file-systems.ts";
import { isSameMount, type Mount } from "../watch/mount-table.ts";
import type { Mounts } from "./mounts.ts";

export interface MountChange {
  /** Something else is visible at the root, or was for a moment. */
  readonly isRootConcerned: boolean;
  /** Paths below the root at which something else may be visible. */
  readonly below: readonly BytePath[];
}

export interface MountObstacle {
  /** The type of the file system. */
  readonly type: string;
  /** Where it is mounted; empty when the root lies on it. */
  readonly path: BytePath;
}

export class WorktreeMounts {
  readonly #mounts: Mounts;
  readonly #root: string;
  #seenVersion = 0;
  #own: Mount | undefined;
  #below: ReadonlyMap<BytePath, Mount> = new Map();

  constructor(mounts: Mounts, root: string) {
    this.#mounts = mounts;
    this.#root = Buffer.from(root, "utf8").toString("latin1");
    this.update();
  }

  /** Whether the table is newer than what the session knows. */
  get isOutdated(): boolean {
    return this.#seenVersion !== this.#mounts.version;
  }

  /** Where something is mounted inside the worktree. */
  points(): ReadonlySet<BytePath> {
    return new Set(this.#below.keys());
  }

  /**
   * What makes it impossible to watch the whole worktree, in words; undefined if nothing does.
   *
   * Reporting such a directory with every answer would not do: git's untracked cache forgets one
   * listing a path, and which directories there are below, only who lists them knows.
   */
  obstacle(excluded: Iterable<BytePath>): MountObstacle | undefined {
    const type = this.#own?.fileSystem;
    if (type !== undefined && !isWatchableFileSystem(type)) {
      return { type, path: "" as BytePath };
    }
    for (const [path, { fileSystem }] of this.#below) {
      const matters = !isInGitDirectory(path) && !isInAny(path, excluded);
      if (matters && !isWatchableFileSystem(fileSystem)) {
        return { type: fileSystem, path };
      }
    }
    return undefined;
  }

  /** Takes in what was mounted and unmounted since the last call; undefined for nothing here. */
  update(): MountChange | undefined {
    this.#mounts.refresh();
    if (!this.isOutdated) {
      return undefined;
    }
    const { table, version } = this.#mounts;
    const own = table.at(this.#root);
    const before = this.#below;
    const after = table.below(this.#root);
    const isRootConcerned = !isSameMount(own, this.#own);
    const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
      (path) => !isSameMount(before.get(path), after.get(path)),
    );
    this.#seenVersion = version;
    this.#own = own;
    this.#below = after;
    return isRootConcerned || changed.length > 0 ? { isRootConcerned, below: changed } : undefined;
  }
}

/** Nothing in a `.git` is part of a worktree. */
function isInGitDirectory(path: BytePath): boolean {
  return path.split("/").includes(".git");
}

function isInAny(path: BytePath, directories: Iterable<BytePath>): boolean {
  for (const directory of directories) {
    if (path === directory || path.startsWith(`${directory}/`)) {
      return true;
    }
  }
  return false;
}
