/**
 * Which paths changed, in which generation, most recent last.
 *
 * INVARIANTS
 *
 *   [H1] Asking changes nothing. A question only seals the open generation, so that what comes
 *        after it belongs to a later one.
 *   [H2] A path counts once, with its newest generation; an answer costs what it returns.
 *   [H3] Bounded: beyond HISTORY_PATHS_MAX, or when memory is short, the older half is given up and the
 *        oldest answerable generation moves up. A token below it is answered with `/`.
 */

import type { BytePath, Generation } from "../base/brands.ts";
import { HISTORY_PATHS_MAX } from "../base/limits.ts";
import { assert } from "../base/assert.ts";

/** What one sealing added. */
export interface SealedGeneration {
  readonly generation: Generation;
  readonly paths: readonly BytePath[];
}

export class History {
  /** Changes nobody has been told about, of generation `generation + 1`. */
  #open = new Set<BytePath>();
  /** Sealed records, oldest first. One that was superseded stays, empty, until the next compaction: to look
   *  each path up when it is asked for took most of an answer with many. */
  #paths: (BytePath | undefined)[] = [];
  #generations: Generation[] = [];
  /** Where each path's record is. */
  readonly #newest = new Map<BytePath, number>();
  #generation: Generation;
  #oldest: Generation;
  readonly #pathsMax: number;

  /** `generation` is the first that can be answered: everything before is unknown. */
  constructor(generation: Generation, pathsMax: number = HISTORY_PATHS_MAX) {
    this.#generation = generation;
    this.#oldest = generation;
    this.#pathsMax = pathsMax;
  }

  /** Goes on with what an earlier history had sealed: generations after `oldest`, oldest first. */
  static restore(
    from: {
      readonly generation: Generation;
      readonly oldestGeneration: Generation;
      readonly batches: readonly SealedGeneration[];
    },
    pathsMax: number = HISTORY_PATHS_MAX,
  ): History {
    const history = new History(from.oldestGeneration, pathsMax);
    for (const { generation, paths } of from.batches) {
      history.#append(generation, paths);
    }
    history.#generation = from.generation;
    return history;
  }

  /** The newest sealed generation. */
  get generation(): Generation {
    return this.#generation;
  }

  get oldestGeneration(): Generation {
    return this.#oldest;
  }

  /** Distinct paths held. */
  get size(): number {
    return this.#newest.size + this.#open.size;
  }

  get hasOpenChanges(): boolean {
    return this.#open.size > 0;
  }

  get openCount(): number {
    return this.#open.size;
  }

  record(path: BytePath): void {
    this.#open.add(path);
    if (this.#open.size > this.#pathsMax) {
      // More than the history may hold in a single generation: nobody gets to ask about it.
      this.forgetAll();
    }
  }

  /** Gives up everything: no token from before can be answered. Begins a new generation, which
   *  nobody has a token of yet. */
  forgetAll(): void {
    this.#open.clear();
    this.#generation = (this.#generation + 1) as Generation;
    this.#oldest = this.#generation;
    this.#rebuild(-1);
  }

  /**
   * Closes the open generation, so that its changes can be told and later ones are told apart.
   * Undefined when nothing has changed since the last sealing.
   */
  seal(): SealedGeneration | undefined {
    if (this.#open.size === 0) {
      return undefined;
    }
    const generation = (this.#generation + 1) as Generation;
    const paths = [...this.#open];
    this.#open = new Set();
    this.#append(generation, paths);
    return { generation, paths };
  }

  #append(generation: Generation, paths: readonly BytePath[]): void {
    this.#generation = generation;
    for (const path of paths) {
      const superseded = this.#newest.get(path);
      if (superseded !== undefined) {
        this.#paths[superseded] = undefined;
      }
      this.#newest.set(path, this.#paths.length);
      this.#paths.push(path);
      this.#generations.push(generation);
    }
    this.#compact();
  }

  /**
   * Paths that changed after `since`, newest first, each once; undefined when that is not known.
   * The open generation must have been sealed.
   */
  changesSince(since: Generation): BytePath[] | undefined {
    assert(this.#open.size === 0, "a question comes after sealing");
    if (since < this.#oldest || since > this.#generation) {
      return undefined;
    }
    const changed: BytePath[] = [];
    for (let i = this.#paths.length - 1; i >= 0; i -= 1) {
      if ((this.#generations[i] ?? 0) <= since) {
        break;
      }
      const path = this.#paths[i];
      if (path !== undefined) {
        changed.push(path);
      }
    }
    return changed;
  }

  /** Everything held, by generation, oldest first: what a new log starts with. */
  *generations(): Generator<SealedGeneration> {
    let paths: BytePath[] = [];
    for (let i = 0; i < this.#paths.length; i += 1) {
      const path = this.#paths[i];
      if (path !== undefined) {
        paths.push(path);
      }
      const generation = this.#generations[i] as Generation;
      if (this.#generations[i + 1] !== generation && paths.length > 0) {
        yield { generation, paths };
        paths = [];
      }
    }
  }

  #compact(): void {
    if (this.#newest.size > this.#pathsMax) {
      this.forgetOlderHalf();
    } else if (this.#paths.length > 2 * this.#newest.size + 1024) {
      this.#rebuild(0);
    }
  }

  /** [H3] Whole generations only: a token either has everything after it, or is too old. */
  forgetOlderHalf(): void {
    const middle = this.#generations[this.#paths.length >> 1];
    if (middle === undefined) {
      return;
    }
    this.#oldest = middle;
    this.#rebuild(this.#generations.findIndex((generation) => generation > middle));
  }

  /** Keeps the records from `first` on; -1 keeps none. */
  #rebuild(first: number): void {
    const paths = this.#paths;
    const generations = this.#generations;
    this.#paths = [];
    this.#generations = [];
    this.#newest.clear();
    for (let i = first === -1 ? paths.length : first; i < paths.length; i += 1) {
      const path = paths[i];
      if (path !== undefined) {
        this.#newest.set(path, this.#paths.length);
        this.#paths.push(path);
        this.#generations.push(generations[i] as Generation);
      }
    }
  }
}
