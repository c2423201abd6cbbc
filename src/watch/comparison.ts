/**
 * Compares a tree, while it is walked, with a snapshot of what it was: what is not the same is reported
 * as a change.
 *
 * The walk calls for each directory, in its own order: parents first, the children of one next to each
 * other. Where nothing came or went the orders are the same, and a directory costs a comparison of bytes.
 *
 * INVARIANT
 *
 *   [C1] Every entry that is not certainly what it was is reported by its path, or by a cone it is in;
 *        and the listing of every directory that is not certainly what it was. What came and went while
 *        nobody looked left a trace in its directory only: `changed` names these directories, with what
 *        they hold now, for whoever knows which other names git may believe in.
 */

import type { BytePath } from "../base/brands.ts";
import type { Digest } from "../ffi/file-status.ts";
import type { Snapshot } from "./snapshot.ts";

/** What is different. Paths are latin1; the root is the empty path. */
export interface Difference {
  readonly entries: readonly BytePath[];
  readonly cones: readonly BytePath[];
  readonly listings: readonly BytePath[];
  /** Directories whose own state is another, with the names in them now. */
  readonly changed: readonly { readonly path: BytePath; readonly names: readonly string[] }[];
}

const DOT_GIT = ".git";
/** In place of a row of the snapshot. */
const NONE = -1;

/** A directory that is being compared. */
interface Row {
  readonly path: BytePath;
  /** The row of the same path in the snapshot. */
  readonly before: number;
}

export class Comparison {
  readonly #before: Snapshot;
  readonly #firstChild: Int32Array;
  readonly #entries: BytePath[] = [];
  readonly #cones: BytePath[] = [];
  readonly #listings: BytePath[] = [];
  readonly #changed: { readonly path: BytePath; readonly names: string[] }[] = [];
  /** For rows of the walk: what they were in the snapshot. */
  readonly #rowsBefore: number[] = [0];
  /** Rows of the walk below a directory that git now treats as another thing. */
  readonly #isBelowBoundary: boolean[] = [false];
  readonly #changesMax: number;

  /** Beyond `changesMax` changes it is not worth the memory: `difference` is undefined then. */
  constructor(before: Snapshot, changesMax: number) {
    this.#before = before;
    this.#firstChild = firstChildren(before);
    this.#changesMax = changesMax;
  }

  /** Whether anything is still to be found out. */
  get isOfUse(): boolean {
    return this.#entries.length + this.#cones.length + this.#listings.length <= this.#changesMax;
  }

  get difference(): Difference | undefined {
    return this.isOfUse
      ? {
          entries: this.#entries,
          cones: this.#cones,
          listings: this.#listings,
          changed: this.#changed,
        }
      : undefined;
  }

  /**
   * Compares a directory that was just listed. `digest` is its own, `files` and `fileNames` are what the
   * builder holds of it, from these places on; `children` are the names of its directories, whose rows
   * follow from `firstChildRow` on.
   */
  compare(
    row: number,
    path: BytePath,
    now: {
      readonly digest: Digest;
      readonly digests: readonly number[];
      readonly fileNames: Uint8Array;
      readonly children: readonly string[];
      readonly firstChildRow: number;
    },
  ): void {
    const before = this.#rowsBefore[row] ?? NONE;
    const isBelowBoundary = this.#isBelowBoundary[row] ?? false;
    const isBoundary = before !== NONE && this.#compareFiles({ path, before }, now);
    this.#matchChildren({ path, before }, now);
    if (isBoundary) {
      this.#entries.push(path);
      this.#cones.push(path);
    }
    for (let i = 0; i < now.children.length; i += 1) {
      this.#isBelowBoundary[now.firstChildRow + i] = isBoundary || isBelowBoundary;
    }
    const isSame = before !== NONE && this.#isSameDirectory(before, now.digest);
    if (!isSame || isBelowBoundary || isBoundary) {
      this.#listings.push(path);
    }
    // Below a directory that is new its cone says everything.
    if (!isSame && before !== NONE) {
      const files = splitNames(now.fileNames);
      this.#changed.push({ path, names: [...files, ...now.children] });
    }
  }

  #isSameDirectory(before: number, { low, high }: Digest): boolean {
    const { directoryDigests } = this.#before;
    return (
      directoryDigests[2 * before] === low &&
      directoryDigests[2 * before + 1] === high &&
      (low !== 0 || high !== 0)
    );
  }

  /** Returns whether a `.git` came, went, or is another one. */
  #compareFiles(
    { path, before }: Row,
    now: { readonly digests: readonly number[]; readonly fileNames: Uint8Array },
  ): boolean {
    const { fileEnds, fileNameEnds, fileNames, fileDigests } = this.#before;
    const first = before === 0 ? 0 : (fileEnds[before - 1] ?? 0);
    const end = fileEnds[before] ?? 0;
    const namesBefore = fileNames.subarray(
      before === 0 ? 0 : fileNameEnds[before - 1],
      fileNameEnds[before],
    );
    if (Buffer.compare(namesBefore, now.fileNames) === 0) {
      if (isSameRun(fileDigests, 2 * first, now.digests)) {
        return false;
      }
    }
    const known = new Map(splitNames(namesBefore).map((name, i) => [name, first + i]));
    let isBoundary = false;
    for (const [i, name] of splitNames(now.fileNames).entries()) {
      const file = known.get(name) ?? NONE;
      known.delete(name);
      const low = fileDigests[2 * file] ?? 0;
      const high = fileDigests[2 * file + 1] ?? 0;
      const isSame =
        file !== NONE &&
        (low !== 0 || high !== 0) &&
        low === now.digests[2 * i] &&
        high === now.digests[2 * i + 1];
      isBoundary = (!isSame && this.#report(path, name)) || isBoundary;
    }
    if (end - first > 0) {
      for (const name of known.keys()) {
        isBoundary = this.#report(path, name) || isBoundary;
      }
    }
    return isBoundary;
  }

  /** Returns whether it is a `.git`. */
  #report(directory: BytePath, name: string): boolean {
    if (name === DOT_GIT) {
      return true;
    }
    this.#entries.push(join(directory, name));
    return false;
  }

  /** Finds the directories in this one that were there before, and reports those that were not, and
   *  those that are no longer. */
  #matchChildren(
    { path, before }: Row,
    now: { readonly children: readonly string[]; readonly firstChildRow: number },
  ): void {
    const first = before === NONE ? 0 : (this.#firstChild[before] ?? 0);
    const end = before === NONE ? 0 : (this.#firstChild[before + 1] ?? first);
    let known: Map<string, number> | undefined;
    let expected = first;
    for (const [i, name] of now.children.entries()) {
      let match = NONE;
      if (known === undefined && expected < end && this.#nameBefore(expected) === name) {
        match = expected;
        expected += 1;
      } else if (before !== NONE) {
        known ??= new Map(
          Array.from({ length: end - expected }, (_, k) => [
            this.#nameBefore(expected + k),
            expected + k,
          ]),
        );
        match = known.get(name) ?? NONE;
        known.delete(name);
      }
      this.#rowsBefore[now.firstChildRow + i] = match;
      if (match === NONE && before !== NONE) {
        this.#entries.push(join(path, name));
        this.#cones.push(join(path, name));
      }
    }
    const gone =
      known?.keys() ??
      Array.from({ length: end - expected }, (_, k) => this.#nameBefore(expected + k));
    for (const name of gone) {
      this.#entries.push(join(path, name));
      this.#cones.push(join(path, name));
    }
  }

  #nameBefore(row: number): string {
    const { names, nameEnds } = this.#before;
    const end = (nameEnds[row] ?? 1) - 1;
    return latin1(names, row === 0 ? 0 : (nameEnds[row - 1] ?? 0), end);
  }
}

/** Where the children of each row begin; one more row, for where those of the last one end. */
function firstChildren({ parents, directories }: Snapshot): Int32Array {
  const first = new Int32Array(directories + 1).fill(directories);
  // From behind: a row without children has those of the next one begin at the same place.
  for (let row = directories - 1; row > 0; row -= 1) {
    first[parents[row] ?? 0] = row;
  }
  for (let row = directories - 1; row >= 0; row -= 1) {
    first[row] = Math.min(first[row] ?? directories, first[row + 1] ?? directories);
  }
  return first;
}

function isSameRun(before: Uint32Array, first: number, now: readonly number[]): boolean {
  for (let i = 0; i < now.length; i += 2) {
    const low = before[first + i] ?? 0;
    const high = before[first + i + 1] ?? 0;
    if (low !== now[i] || high !== now[i + 1] || (low === 0 && high === 0)) {
      return false;
    }
  }
  return true;
}

/** Of names that are each ended by NUL. */
function splitNames(names: Uint8Array): string[] {
  return names.length === 0 ? [] : latin1(names, 0, names.length - 1).split("\0");
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1", start, end);
}

function join(directory: BytePath, name: string): BytePath {
  return (directory === "" ? name : `${directory}/${name}`) as BytePath;
}
