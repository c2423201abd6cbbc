/**
 * The directories that are not watched, because git ignores them and nothing in them is tracked.
 *
 * Git's word comes late: between its look at the tree and the arrival of the list, a directory may
 * have made room for another of the same name, which brings rules of its own, or none.
 *
 * INVARIANT
 *
 *   [X1] Nothing is excluded below a place where a directory came or went, or had its permissions
 *        changed, since git was asked.
 */

import type { BytePath } from "../base/brands.ts";
import { TOUCHED_DIRECTORIES_MAX } from "../base/limits.ts";

export class ExcludedPaths {
  #paths: ReadonlySet<BytePath> = new Set();
  /** Every directory above an excluded one. */
  #above: ReadonlySet<BytePath> = new Set();
  /** Where directories came or went since git was asked; undefined when nobody waits for it. */
  #touched: Set<BytePath> | undefined;

  constructor(paths: Iterable<BytePath> = []) {
    this.#set(new Set(paths));
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

  /** Git is about to be asked: from now on it is remembered what makes its word worthless. */
  beginRequest(): void {
    this.#touched = new Set();
  }

  /** Those of git's list that can be relied on [X1]. Ends the request. */
  trusted(list: readonly BytePath[]): BytePath[] {
    const touched = this.#touched;
    this.#touched = undefined;
    if (touched === undefined || touched.size === 0) {
      return [...list];
    }
    if (touched.size > TOUCHED_DIRECTORIES_MAX) {
      return [];
    }
    return list.filter((path) => !ancestorsOf(path).some((ancestor) => touched.has(ancestor)));
  }

  /** Takes over a new list. `added` and `removed` are relative to the one before. */
  replace(paths: Iterable<BytePath>): { added: BytePath[]; removed: BytePath[] } {
    const before = this.#paths;
    const after = new Set(paths);
    this.#set(after);
    return {
      added: [...after].filter((path) => !before.has(path)),
      removed: [...before].filter((path) => !after.has(path)),
    };
  }

  /** A directory here may have been closed while git looked, which then saw no rules in it [X1]. */
  doubt(directory: BytePath): void {
    if (this.#touched !== undefined && this.#touched.size <= TOUCHED_DIRECTORIES_MAX) {
      this.#touched.add(directory);
    }
  }

  /** A directory came or went here: what was below says nothing about what is there now [X1]. */
  touch(directory: BytePath): void {
    this.doubt(directory);
    if (this.#above.has(directory)) {
      const prefix = `${directory}/`;
      this.#set(new Set([...this.#paths].filter((path) => !path.startsWith(prefix))));
    }
  }

  #set(paths: ReadonlySet<BytePath>): void {
    this.#paths = paths;
    this.#above = new Set([...paths].flatMap(ancestorsOf));
  }
}

/** The directories above a path, without the worktree's own, which is never replaced. */
function ancestorsOf(path: BytePath): BytePath[] {
  const ancestors: BytePath[] = [];
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
    ancestors.push(path.slice(0, end) as BytePath);
  }
  return ancestors;
}
