/**
 * Covers a whole tree: watches every directory, then lists it for the next ones, and looks at every
 * file for those that have several names.
 *
 * Watch first, then list [W1]: a directory made in between is in the listing or causes an event,
 * or both; never neither. Runs on a walker thread, on a descriptor that the monitor reads.
 */

import type { BytePath, Fd } from "../base/brands.ts";
import { LINK_SETTLING_MS, LINKED_ENTRIES_MAX } from "../base/limits.ts";
import { closeDescriptor } from "../ffi/descriptors.ts";
import { listDirectory, openDirectory } from "../ffi/directory.ts";
import { SystemCallError } from "../ffi/libc.ts";
import type { DirectoryTable, LinkRow } from "./directory-table.ts";
import { PathBuffer } from "./path-buffer.ts";
import { DIRECTORY_MASK, refusalOf, ROOT_MASK, watchDirectory } from "./watch-directory.ts";

/** git's own directory, or the file that stands for it: never part of the tree. */
export const DOT_GIT = ".git";

/** How often `onProgress` is called: often enough for a bar, seldom enough to cost nothing. */
const DIRECTORIES_PER_REPORT = 2000;

interface Rows {
  readonly parents: number[];
  readonly watchDescriptors: number[];
  readonly names: string[];
  readonly links: LinkRow[];
}

/** In a table's `watchDescriptors`: exists and cannot be watched; does not exist any more. */
export const UNWATCHABLE = -1;
export const GONE = -2;

export interface WalkOptions {
  /** Paths of directories to pass over, latin1. */
  readonly excluded?: Iterable<string>;
  /** Told now and then how many directories there are so far. */
  readonly onProgress?: (directories: number) => void;
}

/**
 * Walks the tree at `root` and adds its watches to `inotifyFd`.
 *
 * @throws SystemCallError ENOSPC at the watch limit, EMFILE, EIO, …; any error on the root itself.
 */
export function walk(root: string, inotifyFd: Fd, options: WalkOptions = {}): DirectoryTable {
  const startMs = performance.now();
  // Compared with the times of files, which come from the same clock.
  const recentSinceMs = Date.now() - LINK_SETTLING_MS;
  const path = new PathBuffer(root);
  const excluded = new Set(options.excluded);
  const rows: Rows = { parents: [0], watchDescriptors: [], names: [""], links: [] };
  const paths: (BytePath | undefined)[] = ["" as BytePath];
  let watchMs = 0;
  // Breadth first: row i is visited i-th, and parents come before their children by themselves.
  for (let row = 0; row < paths.length; row += 1) {
    const relative = paths[row] ?? ("" as BytePath);
    paths[row] = undefined;
    const bytes = path.at(relative);
    const watchStartMs = performance.now();
    const wd = watchDirectory(inotifyFd, bytes, row === 0 ? ROOT_MASK : DIRECTORY_MASK);
    watchMs += performance.now() - watchStartMs;
    const shown = relative === "" ? root : relative;
    rows.watchDescriptors.push(
      wd < 0
        ? rowForRefusal(-wd, { syscall: "inotify_add_watch", path: shown, isRoot: row === 0 })
        : (listInto(bytes, { rows, paths, row, relative, shown, excluded, recentSinceMs }) ?? wd),
    );
    if (row % DIRECTORIES_PER_REPORT === 0) {
      options.onProgress?.(row);
    }
  }
  return packTable(rows, performance.now() - startMs, watchMs);
}

interface Attempt {
  readonly syscall: string;
  readonly path: string;
  readonly isRoot: boolean;
}

/** What stands in the table for a directory that was refused. @throws SystemCallError */
function rowForRefusal(code: number, attempt: Attempt): number {
  const refusal = refusalOf(code);
  if (attempt.isRoot || refusal === "failure") {
    throw new SystemCallError(attempt.syscall, code, attempt.path);
  }
  return refusal === "gone" ? GONE : UNWATCHABLE;
}

interface ListingTarget {
  readonly rows: Rows;
  readonly paths: (BytePath | undefined)[];
  readonly row: number;
  readonly relative: BytePath;
  readonly shown: string;
  readonly excluded: ReadonlySet<string>;
  readonly recentSinceMs: number;
}

/** Adds a row for each subdirectory, and one for each file with several names. Returns undefined, or what stands for this directory. */
function listInto(bytes: Buffer, target: ListingTarget): number | undefined {
  const attempt = { path: target.shown, isRoot: target.row === 0 };
  const fd = openDirectory(bytes);
  if (fd < 0) {
    return rowForRefusal(-fd, { syscall: "open", ...attempt });
  }
  const { links } = target.rows;
  const prefix = target.relative === "" ? "" : `${target.relative}/`;
  try {
    listDirectory(fd as Fd, {
      wantsFiles: false,
      visit(name) {
        if (name !== DOT_GIT && !target.excluded.has(prefix + name)) {
          target.rows.parents.push(target.row);
          target.rows.names.push(name);
          target.paths.push((prefix + name) as BytePath);
        }
      },
      visitLinked(name, file) {
        if (name !== DOT_GIT) {
          const isRecent = file.changedAtMs >= target.recentSinceMs;
          links.push({ row: target.row, name, file, isRecent });
        }
        return links.length <= LINKED_ENTRIES_MAX;
      },
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof SystemCallError)) {
      throw error;
    }
    return rowForRefusal(error.errno, { syscall: "getdents64", ...attempt });
  } finally {
    closeDescriptor(fd as Fd);
  }
}

function packTable(rows: Rows, walkMs: number, watchMs: number): DirectoryTable {
  const count = rows.names.length;
  const names = Buffer.from(rows.names.join(""), "latin1");
  const nameEnds = new Int32Array(count);
  let end = 0;
  for (let row = 0; row < count; row += 1) {
    end += rows.names[row]?.length ?? 0;
    nameEnds[row] = end;
  }
  return {
    count,
    parents: Int32Array.from(rows.parents),
    watchDescriptors: Int32Array.from(rows.watchDescriptors),
    nameEnds,
    names: new Uint8Array(names),
    links: rows.links,
    walkMs,
    watchMs,
  };
}
