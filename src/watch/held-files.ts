/**
 * The files of one worktree that were written to and not closed since: stores into a mapping of them
 * cause no event until it is given up, so they are reported with every answer [W5].
 *
 * A rename takes them along. What stands at their old path is looked at once, because an exchange puts
 * another file there, and its events are those of two renames.
 */

import type { BytePath } from "../base/brands.ts";
import { HELD_OPEN_FILES_MAX } from "../base/limits.ts";
import {
  isClosedAfterWrite,
  isDisappearance,
  isModified,
  isMovedFrom,
  isMovedTo,
} from "../ffi/inotify.ts";

export class HeldFiles {
  /** Oldest first. */
  readonly #paths: Set<BytePath>;
  /** Of these, where something has left since the last look. */
  readonly #left = new Set<BytePath>();
  /** Of the renames of such files, until the other half is heard; those that go outside have none. */
  readonly #cookies = new Set<number>();
  #hasForgotten = false;

  /** `paths` were known to another back end. */
  constructor(paths: Iterable<BytePath> = []) {
    this.#paths = new Set(paths);
  }

  /** Whether there were more of them than are kept. */
  get hasForgotten(): boolean {
    return this.#hasForgotten;
  }

  has(path: BytePath): boolean {
    return this.#paths.has(path);
  }

  [Symbol.iterator](): Iterator<BytePath> {
    return this.#paths[Symbol.iterator]();
  }

  /** An event about what is, or was, a file. */
  hear(path: BytePath, mask: number, cookie: number): void {
    if (isModified(mask)) {
      this.#paths.add(path);
      this.#forgetOldest();
    } else if (isMovedFrom(mask)) {
      this.#hearLeft(path, cookie);
    } else if (isMovedTo(mask)) {
      if (this.#cookies.delete(cookie)) {
        this.#paths.add(path);
      }
    } else if (isClosedAfterWrite(mask) || isDisappearance(mask)) {
      this.#paths.delete(path);
    }
  }

  #hearLeft(path: BytePath, cookie: number): void {
    if (this.#paths.has(path)) {
      this.#left.add(path);
      this.#cookies.add(cookie);
      dropFirst(this.#cookies, HELD_OPEN_FILES_MAX);
    }
  }

  /** A directory was renamed in the tree. */
  directoryMoved(from: BytePath, to: BytePath): void {
    for (const path of [...this.#paths].filter((each) => each.startsWith(`${from}/`))) {
      this.#left.add(path);
      this.#paths.add(`${to}${path.slice(from.length)}` as BytePath);
    }
  }

  /** Once the queue of events is empty: forgets the paths at which nothing stands any more. */
  look(isThere: (path: BytePath) => boolean): void {
    for (const path of this.#left) {
      if (!isThere(path)) {
        this.#paths.delete(path);
      }
    }
    this.#left.clear();
    this.#forgetOldest();
  }

  #forgetOldest(): void {
    this.#hasForgotten = dropFirst(this.#paths, HELD_OPEN_FILES_MAX) || this.#hasForgotten;
  }
}

/** Drops the oldest of more than `sizeMax`. True when there were any. */
function dropFirst(set: Set<unknown>, sizeMax: number): boolean {
  const hasMore = set.size > sizeMax;
  for (const oldest of set) {
    if (set.size <= sizeMax) {
      break;
    }
    set.delete(oldest);
  }
  return hasMore;
}
