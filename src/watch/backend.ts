/**
 * What the monitor asks of the code that watches one worktree, whatever the operating system.
 *
 * A back end owns its kernel resources and its picture of the directories. It knows nothing of
 * tokens, logs or git: it says which entries, listings and cones changed, and when it can no
 * longer say.
 */

import type { BytePath, Fd } from "../base/brands.ts";
import type { FileId } from "../ffi/file-status.ts";
import type { DirectoryTable } from "./directory-table.ts";

/** Where a back end reports. All calls come from inside the back end's own methods. */
export interface ChangeSink {
  /** The entry at `path` came, went, or is not what it was. */
  entryChanged(path: BytePath): void;
  /** The names in `directory` itself may be others; the entries below have their own reports. */
  listingChanged(directory: BytePath): void;
  /** Everything below `directory` may have changed. */
  coneChanged(directory: BytePath): void;
  /** Anything in the tree may have changed since it was reported last. */
  everythingChanged(): void;
  /** A `.gitignore` came, went or changed. */
  ignoreRulesChanged(): void;
  /** A helper made this file in the cookie folder. */
  cookieSeen(name: string): void;
  /** The folder for cookies is gone; `watchCookies` can bring it back. */
  cookiesLost(): void;
  /** What was seen so far is incomplete, and nothing reported before can be relied on. */
  lost(loss: Loss): void;
}

export type Loss =
  /** Watching the same tree again will do. */
  | {
      readonly kind: "overflow" | "unreadable" | "root-replaced" | "names-lost";
      readonly reason: string;
    }
  /** The tree cannot be watched until somebody changes something. */
  | {
      readonly kind: "watch-limit" | "too-many-links" | "root-gone" | "unwatchable";
      readonly reason: string;
    };

export interface WatchBackend extends Disposable {
  readonly name: "inotify";
  /** For poll(2): readable when there is something to drain. Back ends may share it. */
  readonly fd: Fd;
  /** The directory that is watched, whatever its path leads to by now. */
  readonly rootId: FileId;
  /** Whether directories wait to be crawled. */
  readonly hasWork: boolean;
  readonly watchedDirectories: number;
  /** Directories watched that the last scope did not know. */
  readonly newDirectories: number;
  readonly eventsRead: number;
  /** Names of files that have several, reported by `reportLinked`. */
  readonly linkedEntries: number;
  /** Files that were written to and not closed yet, for the next back end of this tree. */
  readonly heldOpen: Iterable<BytePath>;
  /** Whether more files were held open for writing than are reported with every answer. */
  readonly hasForgottenHeldFiles: boolean;

  /** Every watched directory; the root is the empty path. */
  directories(): Iterable<BytePath>;

  /** Directories below the root that have a `.git`, and some that may have had one: at most so many, and one more. */
  nestedRepositories(countMax: number): readonly BytePath[];

  /** Reports files made in this folder as cookies, in order with all other changes.
   *  @throws SystemCallError */
  watchCookies(folder: string): void;

  /** Takes over what a walker has found and watched. Changes since the walk began follow. */
  cover(table: DirectoryTable): void;

  /** Stops watching these directories, and watches again those that were excluded before. */
  exclude(directories: Iterable<BytePath>): void;

  /** Reports every excluded directory, as if anything in it had changed. */
  reportExcluded(): void;

  /**
   * Something was mounted or unmounted at the paths in `changed`: what is visible there now is
   * reported as a whole, and watched. `mounted` is where something is mounted now.
   */
  remount(mounted: ReadonlySet<BytePath>, changed: Iterable<BytePath>): void;

  /**
   * Makes certain that the root's path still leads to the tree. A directory above may have been
   * renamed, or another file system mounted over it, which no event tells. One lstat(2).
   */
  verifyRoot(): void;

  /**
   * Reports every entry that is one of several names of a file: through the others it may have
   * changed without an event. To be called before every answer, after `settle`.
   */
  reportLinked(): void;

  /** Gives up the watches of a walk whose result is no longer wanted. */
  discard(table: DirectoryTable): void;

  /**
   * Reports every change made by a system call that returned before this call. Directories that
   * appeared may still wait to be crawled: see `settle`.
   *
   * Never blocks. Does not wait for events, only collects those that are queued.
   */
  drain(): void;

  /**
   * Crawls directories that appeared, for about `budgetMs`. True when none is left: then, and only
   * then, what was reported is complete.
   */
  settle(budgetMs: number): boolean;
}
