/**
 * The directories that are not watched, because git ignores them and nothing in them is tracked.
 */

import type { BytePath } from "../base/brands.ts";

export class ExcludedPaths {
  #paths: ReadonlySet<BytePath>;

  constructor(paths: Iterable<BytePath> = []) {
    this.#paths = new Set(paths);
  }

  get size(): number {
    return this.#paths.size;
  }

  has(path: BytePath): boolean {
    return this.#paths.has(path);
  }

  [Symbol.iterator](): Iterator<BytePath> {
    return this.#paths[Symbol.iterator]();
  }

  /** Takes over a new list. `added` and `removed` are relative to the one before. */
  replace(paths: Iterable<BytePath>): { added: BytePath[]; removed: BytePath[] } {
    const before = this.#paths;
    const after = new Set(paths);
    this.#paths = after;
    return {
      added: [...after].filter((path) => !before.has(path)),
      removed: [...before].filter((path) => !after.has(path)),
    };
  }

  /** What was below a directory that moved or went says nothing about what comes in its place. */
  dropBelow(directory: BytePath): void {
    const prefix = `${directory}/`;
    const kept = [...this.#paths].filter((path) => !path.startsWith(prefix));
    if (kept.length < this.#paths.size) {
      this.#paths = new Set(kept);
    }
  }
}
