/**
 * The compact form in which a walker hands a tree of directories to the monitor.
 *
 * Row i is a directory; row 0 is the root. A parent's row always comes before its children's.
 * Four buffers cross the thread boundary instead of one object per directory. Files with several
 * names are few, and come as objects.
 */

import type { LinkedFile } from "../ffi/file-links.ts";

/** A name of a file with more than one, in the directory of a row. */
export interface LinkRow {
  readonly row: number;
  /** Latin1. */
  readonly name: string;
  readonly file: LinkedFile;
  /** It may have been given a name during the walk, after another was looked at. */
  readonly isRecent: boolean;
}

export interface DirectoryTable {
  readonly count: number;
  /** Row of the parent; the root's own is 0. */
  readonly parents: Int32Array;
  /** Watch descriptors, in the inotify instance that was given to the walker. */
  readonly watchDescriptors: Int32Array;
  /** Where each row's name ends in `names`; it begins where the one before ends. */
  readonly nameEnds: Int32Array;
  /** The names' bytes, one after the other. The root's is empty. */
  readonly names: Uint8Array;
  /** Few as a rule, and never more than one beyond LINKED_ENTRIES_MAX. */
  readonly links: readonly LinkRow[];
  /** Rows below the root with a `.git`. */
  readonly nested: readonly number[];
  /** Those of them with one that is no repository yet. */
  readonly unfinished: readonly number[];
  /** Whether there were files that the walker was not allowed to look at. */
  readonly hasRefused: boolean;
  /** Time of the walk, and of it in inotify_add_watch(2), in milliseconds. */
  readonly walkMs: number;
  readonly watchMs: number;
}

/** What to transfer, so that a table changes hands without being copied. */
export function tableBuffers(table: DirectoryTable): ArrayBuffer[] {
  const { parents, watchDescriptors, nameEnds, names } = table;
  return [parents, watchDescriptors, nameEnds, names].map((array) => array.buffer as ArrayBuffer);
}
