/**
 * Covers a whole tree: watches every directory, then lists it for the next ones, and looks at every
 * file: for those that have several names, for the snapshot, and for what is not as it was in an older
 * one.
 *
 * Watch first, then list [W1]: a directory made in between is in the listing or causes an event,
 * or both; never neither. Runs on a walker thread, on a descriptor that the monitor reads.
 */

import type { BytePath, Fd } from "../base/brands.ts";
import { HISTORY_PATHS_MAX, LINK_SETTLING_MS, LINKED_ENTRIES_MAX } from "../base/limits.ts";
import { closeDescriptor } from "../ffi/descriptors.ts";
import {
  entryBytes,
  nameOf,
  openDirectory,
  type RawEntry,
  visitEntries,
} from "../ffi/directory.ts";
import {
  lastLook,
  LINKS_UNKNOWN,
  linksFound,
  NAME_IS_GONE,
  refusedLooks,
} from "../ffi/file-links.ts";
import { type Digest, found, lookAt, lookAtOpen } from "../ffi/file-status.ts";
import { SystemCallError } from "../ffi/libc.ts";
import { Comparison, type Difference } from "./comparison.ts";
import type { DirectoryTable, LinkRow } from "./directory-table.ts";
import { nestedState } from "./nested-repositories.ts";
import { PathBuffer } from "./path-buffer.ts";
import { type Snapshot, SnapshotBuilder } from "./snapshot.ts";
import { DIRECTORY_MASK, refusalOf, ROOT_MASK, watchDirectory } from "./watch-directory.ts";

/** git's own directory, or the file that stands for it: never part of the tree. */
export const DOT_GIT = ".git";

/** How often `onProgress` is called: often enough for a bar, seldom enough to cost nothing. */
const DIRECTORIES_PER_REPORT = 2000;

/** In a table's `watchDescriptors`: exists and cannot be watched; does not exist any more. */
export const UNWATCHABLE = -1;
export const GONE = -2;

export interface WalkOptions {
  /** Paths of directories to pass over, latin1. */
  readonly excluded?: Iterable<string>;
  /** Told now and then how many directories there are so far. */
  readonly onProgress?: (directories: number) => void;
  /** What to compare the tree with. */
  readonly before?: Snapshot | undefined;
  /** How long something must have been left alone to be taken for what it is; LINK_SETTLING_MS. */
  readonly settlingMs?: number;
}

export interface WalkOutcome {
  readonly table: DirectoryTable;
  readonly snapshot: Snapshot;
  /** From `before`; undefined without one, or when there is too much of it to be told. */
  readonly difference: Difference | undefined;
}

/**
 * Walks the tree at `root` and adds its watches to `inotifyFd`; undefined: only looks.
 *
 * @throws SystemCallError ENOSPC at the watch limit, EMFILE, EIO, …; any error on the root itself.
 */
export function walk(
  root: string,
  inotifyFd: Fd | undefined,
  options: WalkOptions = {},
): WalkOutcome {
  return new Walk(root, inotifyFd, options).run();
}

const NOTHING_KNOWN: Digest = { low: 0, high: 0 };
const NO_NAME = new Uint8Array(0);

class Walk {
  readonly #startMs = performance.now();
  readonly #refusedBefore = refusedLooks();
  /** Compared with the times of files, which come from the same clock. */
  readonly #recentSinceMs: number;
  readonly #root: string;
  readonly #rootBytes: BytePath;
  readonly #inotifyFd: Fd | undefined;
  readonly #options: WalkOptions;
  readonly #path: PathBuffer;
  readonly #excluded: ReadonlySet<string>;
  readonly #snapshot = new SnapshotBuilder();
  readonly #comparison: Comparison | undefined;
  // The table's rows.
  readonly #parents: number[] = [0];
  readonly #names: string[] = [""];
  readonly #watchDescriptors: number[] = [];
  readonly #links: LinkRow[] = [];
  readonly #nested: number[] = [];
  readonly #unfinished: number[] = [];
  /** Paths of rows that are still to be visited. */
  readonly #paths: (BytePath | undefined)[] = ["" as BytePath];
  #watchMs = 0;
  // Of the directory that is being listed.
  readonly #digest: Digest = { low: 0, high: 0 };
  /** When it came to be as the digest says. */
  #digestMs = 0;
  /** Of its files, two words each, also of those that changed a moment ago. */
  readonly #fileDigests: number[] = [];
  readonly #children: string[] = [];

  constructor(root: string, inotifyFd: Fd | undefined, options: WalkOptions) {
    this.#root = root;
    this.#rootBytes = Buffer.from(root, "utf8").toString("latin1") as BytePath;
    this.#inotifyFd = inotifyFd;
    this.#options = options;
    this.#recentSinceMs = Date.now() - (options.settlingMs ?? LINK_SETTLING_MS);
    this.#path = new PathBuffer(root);
    this.#excluded = new Set(options.excluded);
    this.#comparison =
      options.before === undefined ? undefined : new Comparison(options.before, HISTORY_PATHS_MAX);
  }

  run(): WalkOutcome {
    // Breadth first: row i is visited i-th, and parents come before their children by themselves.
    for (let row = 0; row < this.#paths.length; row += 1) {
      const relative = this.#paths[row] ?? ("" as BytePath);
      this.#paths[row] = undefined;
      this.#watchDescriptors.push(this.#visit(row, relative));
      if (row % DIRECTORIES_PER_REPORT === 0) {
        this.#options.onProgress?.(row);
      }
    }
    return {
      table: this.#packTable(),
      snapshot: this.#snapshot.finish(),
      difference: this.#comparison?.difference,
    };
  }

  /** Returns what stands in the table for the directory. */
  #visit(row: number, relative: BytePath): number {
    const path = this.#path.at(relative);
    const shown = relative === "" ? this.#root : relative;
    const firstName = this.#snapshot.fileNames.length;
    const firstChildRow = this.#paths.length;
    this.#children.length = 0;
    this.#fileDigests.length = 0;
    this.#setDigest(NOTHING_KNOWN);
    const wd = this.#watch(path, row);
    const result =
      wd < 0
        ? rowForRefusal(-wd, { syscall: "inotify_add_watch", path: shown, isRoot: row === 0 })
        : (this.#list(row, { path, relative, shown }) ?? wd);
    const isSettled = this.#digestMs < this.#recentSinceMs;
    const parent = this.#parents[row] ?? 0;
    const name = row === 0 ? NO_NAME : Buffer.from(this.#names[row] ?? "", "latin1");
    this.#snapshot.addDirectory(parent, name, isSettled ? this.#digest : NOTHING_KNOWN);
    if (this.#comparison?.isOfUse === true) {
      this.#comparison.compare(row, relative, {
        digest: this.#digest,
        digests: this.#fileDigests,
        fileNames: this.#snapshot.fileNames.view().subarray(firstName),
        children: this.#children,
        firstChildRow,
      });
    }
    return result;
  }

  #watch(path: Uint8Array, row: number): number {
    if (this.#inotifyFd === undefined) {
      return 0;
    }
    const startMs = performance.now();
    const wd = watchDirectory(this.#inotifyFd, path, row === 0 ? ROOT_MASK : DIRECTORY_MASK);
    this.#watchMs += performance.now() - startMs;
    return wd;
  }

  #setDigest({ low, high }: Digest): void {
    this.#digest.low = low;
    this.#digest.high = high;
  }

  /** Takes in what is in the directory. Returns undefined, or what stands for it in the table. */
  #list(
    row: number,
    { path, relative, shown }: { path: Buffer; relative: BytePath; shown: string },
  ): number | undefined {
    const isRoot = row === 0;
    const opened = openDirectory(path);
    if (opened < 0) {
      return rowForRefusal(-opened, { syscall: "open", path: shown, isRoot });
    }
    const fd = opened as Fd;
    const prefix = relative === "" ? "" : `${relative}/`;
    try {
      // Before the listing: what comes or goes from now on makes it another.
      if (lookAtOpen(fd) === 0) {
        found.digestInto(this.#digest);
        this.#digestMs = found.latestMs;
      }
      visitEntries(fd, (entry) => {
        this.#take(row, fd, entry, prefix);
      });
      return undefined;
    } catch (error) {
      if (!(error instanceof SystemCallError)) {
        throw error;
      }
      this.#setDigest(NOTHING_KNOWN);
      return rowForRefusal(error.errno, { syscall: "getdents64", path: shown, isRoot });
    } finally {
      closeDescriptor(fd);
    }
  }

  #take(row: number, directory: Fd, entry: RawEntry, prefix: string): void {
    if (isDotGit(entry)) {
      // The worktree's own is never part of the tree.
      const result = row === 0 ? 0 : lookAt(directory, entry.address);
      if (row !== 0 && result === 0) {
        this.#keepDotGit(row, entry, prefix.slice(0, -1));
      }
      // Counts it, when it was refused.
      linksFound(result);
      return;
    }
    const result = entry.kind === "directory" ? 0 : lookAt(directory, entry.address);
    if (
      entry.kind === "directory" ||
      (result === 0 && entry.kind === "unknown" && found.isDirectory)
    ) {
      const name = nameOf(entry);
      if (!this.#excluded.has(prefix + name)) {
        this.#addRow(row, name, (prefix + name) as BytePath);
      }
      return;
    }
    const links = linksFound(result);
    if (links === NAME_IS_GONE) {
      return;
    }
    if ((links > 1 || links === LINKS_UNKNOWN) && this.#links.length <= LINKED_ENTRIES_MAX) {
      const file = lastLook(links);
      const isRecent = file.changedAtMs >= this.#recentSinceMs;
      this.#links.push({ row, name: nameOf(entry), file, isRecent });
    }
    if (result === 0) {
      found.digestInto(FILE);
      this.#keep(entry, found.latestMs);
    } else {
      this.#keepUnknown(entry);
    }
  }

  #addRow(parent: number, name: string, path: BytePath): void {
    this.#parents.push(parent);
    this.#names.push(name);
    this.#paths.push(path);
    this.#children.push(name);
  }

  /** FILE is the file's digest. */
  #keep({ start, end }: RawEntry, latestMs: number): void {
    this.#fileDigests.push(FILE.low, FILE.high);
    this.#snapshot.fileNames.pushName(entryBytes, start, end);
    if (latestMs < this.#recentSinceMs) {
      this.#snapshot.addFile(FILE.low, FILE.high);
    } else {
      this.#snapshot.addFile(0, 0);
    }
  }

  /** A directory changes with every command in it, and is the same repository. */
  #keepDotGit(row: number, entry: RawEntry, directory: string): void {
    this.#nested.push(row);
    if (found.isDirectory) {
      found.identityInto(FILE);
      const state = nestedState(this.#rootBytes, `${this.#rootBytes}/${directory}` as BytePath);
      if (state === "repository") {
        this.#keep(entry, Number.NEGATIVE_INFINITY);
      } else {
        // What it becomes is seen by nobody who only looks at it from outside.
        this.#unfinished.push(row);
        this.#keepUnknown(entry);
      }
    } else {
      found.digestInto(FILE);
      this.#keep(entry, found.latestMs);
    }
  }

  #keepUnknown({ start, end }: RawEntry): void {
    this.#fileDigests.push(0, 0);
    this.#snapshot.fileNames.pushName(entryBytes, start, end);
    this.#snapshot.addFile(0, 0);
  }

  #packTable(): DirectoryTable {
    const count = this.#names.length;
    const names = Buffer.from(this.#names.join(""), "latin1");
    const nameEnds = new Int32Array(count);
    let end = 0;
    for (let row = 0; row < count; row += 1) {
      end += this.#names[row]?.length ?? 0;
      nameEnds[row] = end;
    }
    return {
      count,
      parents: Int32Array.from(this.#parents),
      watchDescriptors: Int32Array.from(this.#watchDescriptors),
      nameEnds,
      names: new Uint8Array(names),
      links: this.#links,
      nested: this.#nested,
      unfinished: this.#unfinished,
      hasRefused: refusedLooks() > this.#refusedBefore,
      walkMs: performance.now() - this.#startMs,
      watchMs: this.#watchMs,
    };
  }
}

/** The digest of the file that is being looked at. */
const FILE: Digest = { low: 0, high: 0 };

/** ".git" */
const DOT_GIT_BYTES = [0x2e, 0x67, 0x69, 0x74] as const;

function isDotGit({ start, end }: RawEntry): boolean {
  return (
    end - start === DOT_GIT_BYTES.length &&
    DOT_GIT_BYTES.every((byte, i) => entryBytes[start + i] === byte)
  );
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
