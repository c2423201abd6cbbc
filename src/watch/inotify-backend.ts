/**
 * Watches one worktree through inotify: what each event means.
 *
 * Owns: the backlog of events that come before the tree is known, the watch on the cookies, and
 * the files held open. The directories are watched-tree.ts's; the instance may be shared, see
 * inotify-instance.ts. Called by the monitor thread only; nothing here blocks or waits.
 *
 * INVARIANT
 *
 *   [W5] A file that was written to and not closed since is reported with every answer: stores into
 *        a mapping cause no event until it is given up. (What is only mapped, and never written to
 *        otherwise, shows when it is unmapped. IN_OPEN would tell earlier; it made reading a tree
 *        2.4 times as slow.)
 */

import type { BytePath, Fd, WatchDescriptor } from "../base/brands.ts";
import { CRAWL_BACKLOG_EVENTS_MAX } from "../base/limits.ts";
import {
  type InotifyEvent,
  isAppearance,
  isDirectory,
  isDisappearance,
  isMovedFrom,
  isMovedTo,
  isSelfGone,
  isUnmount,
  isWatchGone,
} from "../ffi/inotify.ts";
import { AT_FDCWD, type FileId, found, lookAt } from "../ffi/file-status.ts";
import { cString, ENOENT, ENOTDIR, SystemCallError } from "../ffi/libc.ts";
import type { ChangeSink, Loss, WatchBackend } from "./backend.ts";
import type { DirectoryTable } from "./directory-table.ts";
import type { DirectoryNode } from "./directory-tree.ts";
import type { ExcludedPaths } from "./excluded-paths.ts";
import { HeldFiles } from "./held-files.ts";
import type { InotifyInstance, InotifyPool, InstanceMember } from "./inotify-instance.ts";
import type { LinkedEntry, Place } from "./linked-entries.ts";
import { PathBuffer } from "./path-buffer.ts";
import { DOT_GIT } from "./walk.ts";
import { COOKIE_MASK } from "./watch-directory.ts";
import { GITIGNORE, WatchedTree } from "./watched-tree.ts";

const NO_WATCH = -1 as WatchDescriptor;

export class InotifyBackend implements WatchBackend, InstanceMember {
  readonly name = "inotify";
  readonly root: string;
  readonly #pool: InotifyPool;
  readonly #instance: InotifyInstance;
  readonly #rootPath: Uint8Array;
  readonly rootId: FileId;
  readonly #sink: ChangeSink;
  readonly #excluded: ExcludedPaths;
  readonly #excludedAtWalk: readonly BytePath[];
  #cookieWatch = NO_WATCH;
  /** Undefined until a walk has ended; until then events are kept in the backlog. */
  #watched: WatchedTree | undefined;
  #backlog: InotifyEvent[] = [];
  /** [W5] */
  readonly #held: HeldFiles;
  readonly #path: PathBuffer;
  #mounted: ReadonlySet<BytePath>;
  /** Where something was mounted or unmounted before the tree was known. */
  readonly #remounted = new Set<BytePath>();
  #eventsRead = 0;
  #hasLost = false;

  /** @throws SystemCallError EMFILE when the user has no inotify instance left. */
  constructor(
    root: string,
    sink: ChangeSink,
    shared: {
      readonly pool: InotifyPool;
      readonly excluded: ExcludedPaths;
      /** Where something is mounted in the tree. */
      readonly mounted?: ReadonlySet<BytePath>;
      /** Known to another back end before [W5]. */
      readonly heldOpen?: Iterable<BytePath>;
    },
  ) {
    this.root = root;
    this.#mounted = shared.mounted ?? new Set();
    this.#held = new HeldFiles(shared.heldOpen);
    this.#path = new PathBuffer(root);
    this.#excluded = shared.excluded;
    this.#excludedAtWalk = [...shared.excluded];
    this.#rootPath = cString(root, "utf8");
    checkLook(lookAt(AT_FDCWD, this.#rootPath), root);
    this.rootId = found.id;
    this.#sink = sink;
    this.#pool = shared.pool;
    this.#instance = shared.pool.join(this);
  }

  [Symbol.dispose](): void {
    this.#hasLost = true;
    this.#pool.leave(this.#instance, this);
  }

  get fd(): Fd {
    return this.#instance.fd;
  }

  get isWalking(): boolean {
    return this.#watched === undefined;
  }

  get mustBeAlone(): boolean {
    return this.#mounted.size > 0;
  }

  get hasWork(): boolean {
    return this.#watched?.hasWork ?? false;
  }

  get watchedDirectories(): number {
    return this.#watched?.tree.size ?? 0;
  }

  nestedRepositories(countMax: number): readonly BytePath[] {
    return this.#watched?.nestedRepositories(countMax) ?? [];
  }

  get newDirectories(): number {
    return this.#watched?.newDirectories ?? 0;
  }

  get hasForgottenHeldFiles(): boolean {
    return this.#held.hasForgotten;
  }

  get heldOpen(): Iterable<BytePath> {
    return this.#held;
  }

  get linkedEntries(): number {
    return this.#watched?.links.entries.count ?? 0;
  }

  get eventsRead(): number {
    return this.#eventsRead;
  }

  *ownWatches(): Generator<WatchDescriptor> {
    if (this.#cookieWatch !== NO_WATCH) {
      yield this.#cookieWatch;
    }
    yield* this.#watched?.tree.watches() ?? [];
  }

  directories(): Iterable<BytePath> {
    const paths: BytePath[] = [];
    const tree = this.#watched?.tree;
    tree?.forEachBelow(tree.root, (node) => paths.push(tree.path(node)));
    return paths;
  }

  watchCookies(folder: string): void {
    const wd = this.#instance.watch(this, cString(folder, "utf8"), COOKIE_MASK);
    if (wd < 0) {
      throw new SystemCallError("inotify_add_watch", -wd, folder);
    }
    this.#cookieWatch = wd as WatchDescriptor;
  }

  cover(table: DirectoryTable): void {
    const watched = new WatchedTree(table, {
      root: this.root,
      sink: this.#sink,
      excluded: this.#excluded,
      watch: (path, mask) => this.#instance.watch(this, path, mask),
      release: (wd) => {
        this.#instance.release(this, wd);
      },
      isReserved: (wd) => wd === this.#cookieWatch,
      isMountPoint: (path) => this.#mounted.has(path),
      verifyRoot: () => {
        this.verifyRoot();
      },
      moved: (from, to) => {
        this.#held.directoryMoved(from, to);
      },
      lose: (loss) => {
        this.#lose(loss);
      },
    });
    this.#watched = watched;
    for (const wd of watched.tree.watches()) {
      this.#instance.claim(this, wd);
    }
    // The exclusions may have changed since the walker was given them.
    const removed = this.#excludedAtWalk.filter((path) => !this.#excluded.has(path));
    watched.applyExclusions({ added: this.#excluded, removed });
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const event of backlog) {
      this.#apply(watched, event);
    }
    watched.drained();
    this.#applyRemounts(watched);
    // A root that was deleted while somebody still stands in it says so only when they leave.
    this.verifyRoot();
  }

  exclude(directories: Iterable<BytePath>): void {
    const change = this.#excluded.replace(directories);
    this.#watched?.applyExclusions(change);
  }

  reportExcluded(): void {
    for (const path of this.#excluded) {
      this.#sink.entryChanged(path);
      this.#sink.coneChanged(path);
      this.#sink.listingChanged(path);
    }
  }

  remount(mounted: ReadonlySet<BytePath>, changed: Iterable<BytePath>): void {
    this.#mounted = mounted;
    if (this.mustBeAlone && this.#instance.memberCount > 1) {
      this.#loseRoot("something was mounted in the worktree");
      return;
    }
    for (const path of changed) {
      this.#excluded.touch(path);
      this.#remounted.add(path);
    }
    if (this.#watched !== undefined) {
      this.#applyRemounts(this.#watched);
    }
  }

  #applyRemounts(watched: WatchedTree): void {
    for (const path of this.#remounted) {
      const directory = directoryOfDotGit(path);
      const node = directory === undefined ? undefined : watched.tree.find(directory);
      if (node !== undefined) {
        this.#remounted.delete(path);
        this.#reportRepositoryBoundary(watched, node);
      }
    }
    watched.remount(this.#remounted);
    this.#remounted.clear();
  }

  verifyRoot(): void {
    const result = lookAt(AT_FDCWD, this.#rootPath);
    if (isGone(result)) {
      this.#loseGoneRoot();
      return;
    }
    checkLook(result, this.root);
    if (!found.is(this.rootId)) {
      this.#loseRoot("another directory stands where the worktree was");
    }
  }

  reportLinked(): void {
    const watched = this.#watched;
    watched?.links.report(
      (entry) => this.#reportLinkedEntry(watched, entry),
      (path) => this.#held.has(path),
    );
  }

  #reportLinkedEntry(watched: WatchedTree, entry: LinkedEntry): BytePath {
    const path = watched.tree.entryPath(entry.parent, entry.name);
    this.#sink.entryChanged(path);
    if (entry.name === GITIGNORE && watched.links.hasChanged(entry)) {
      this.#sink.ignoreRulesChanged();
    }
    return path;
  }

  discard(table: DirectoryTable): void {
    this.#instance.discard(table.watchDescriptors);
  }

  drain(): void {
    this.#instance.drain();
    if (this.#watched?.links.look() === true) {
      // What is missing may have gone a moment ago, and the event that says so be in the queue.
      this.#instance.drain();
      this.#watched.links.look();
    }
    this.#watched?.reportDoubts();
    this.#held.look((path) => !isGone(lookAt(AT_FDCWD, this.#path.at(path))));
    for (const path of this.#held) {
      this.#sink.entryChanged(path);
    }
  }

  settle(budgetMs: number): boolean {
    const hasCrawled = this.#watched?.crawl(budgetMs, () => this.#hasLost) ?? false;
    if (!this.hasWork) {
      this.#watched?.links.judge();
      if (hasCrawled) {
        this.verifyRoot();
      }
    }
    return this.#hasLost || !this.hasWork;
  }

  /** What fails here concerns this worktree alone, whoever reads the events for it. */
  receive(event: InotifyEvent): void {
    if (this.#hasLost) {
      return;
    }
    try {
      this.#receive(event);
    } catch (error) {
      this.#loseToFailure(error);
    }
  }

  #loseToFailure(error: unknown): void {
    if (!(error instanceof SystemCallError)) {
      throw error;
    }
    this.unreadable(error);
  }

  #receive(event: InotifyEvent): void {
    this.#eventsRead += 1;
    if (event.wd === this.#cookieWatch) {
      this.#applyToCookies(event);
    } else if (this.#watched === undefined) {
      this.#keep(event);
    } else {
      this.#apply(this.#watched, event);
    }
  }

  drained(): void {
    try {
      this.#watched?.drained();
    } catch (error) {
      this.#loseToFailure(error);
    }
  }

  overflowed(): void {
    this.#lose({ kind: "overflow", reason: "the kernel's queue of events overflowed" });
  }

  unreadable(error: SystemCallError): void {
    this.#lose({ kind: "unreadable", reason: `events could not be read: ${error.message}` });
  }

  /** It was moved to another worktree; the event that says so is still to come. */
  watchTaken(wd: WatchDescriptor): void {
    const watched = this.#watched;
    const node = watched?.tree.byWatch(wd);
    if (watched === undefined || node === undefined) {
      return;
    }
    if (watched.tree.isAttached(node)) {
      this.#sink.coneChanged(watched.tree.path(node));
      watched.reportListings(node);
    }
    watched.forget(node);
  }

  /** Nothing reported before or after counts any more; the owner replaces this object. */
  #lose(loss: Loss): void {
    if (!this.#hasLost) {
      this.#hasLost = true;
      this.#sink.lost(loss);
    }
  }

  #loseGoneRoot(): void {
    this.#lose({ kind: "root-gone", reason: "the worktree's directory was moved or deleted" });
  }

  #loseRoot(reason: string): void {
    this.#lose({ kind: "root-replaced", reason });
  }

  /** Before the tree is known an event has no meaning yet. */
  #keep(event: InotifyEvent): void {
    this.#backlog.push({ ...event });
    if (this.#backlog.length > CRAWL_BACKLOG_EVENTS_MAX) {
      this.#lose({ kind: "overflow", reason: "too many changes during the crawl" });
    }
  }

  #applyToCookies(event: InotifyEvent): void {
    if (isWatchGone(event.mask) || isSelfGone(event.mask)) {
      if (this.#cookieWatch !== NO_WATCH) {
        this.#instance.release(this, this.#cookieWatch);
        this.#cookieWatch = NO_WATCH;
        this.#sink.cookiesLost();
      }
    } else if (event.name !== "") {
      this.#sink.cookieSeen(event.name);
    }
  }

  #apply(watched: WatchedTree, event: InotifyEvent): void {
    const node = watched.tree.byWatch(event.wd);
    // Events of a watch that was removed meanwhile are still in the queue.
    if (node === undefined || this.#hasLost) {
      return;
    }
    if (event.name === "") {
      this.#applyToSelf(watched, node, event.mask);
    } else if (watched.isInTree(node)) {
      this.#applyToEntry(watched, node, event);
    } else if (!isDirectory(event.mask)) {
      // It may come back, and what is written to here may have a name that has not moved.
      watched.links.hear({ parent: node, name: event.name }, event.mask, event.cookie);
    }
  }

  /** An event about a watched directory, from its own watch. */
  #applyToSelf(watched: WatchedTree, node: DirectoryNode, mask: number): void {
    if (node !== watched.tree.root) {
      if (isUnmount(mask)) {
        watched.remount([watched.tree.path(node)]);
      } else if (isWatchGone(mask)) {
        watched.forget(node);
      }
    } else if (isUnmount(mask)) {
      this.#lose({ kind: "root-gone", reason: "the worktree's file system was unmounted" });
    } else if (isSelfGone(mask) || isWatchGone(mask)) {
      this.#loseGoneRoot();
    } else {
      // Its permissions changed, and with them what git can read of the whole tree.
      this.#loseRoot("the permissions of the worktree's directory changed");
    }
  }

  /** An event about a name in a watched directory. */
  #applyToEntry(watched: WatchedTree, parent: DirectoryNode, event: InotifyEvent): void {
    const { mask, name } = event;
    if (name === DOT_GIT) {
      this.#reportRepositoryBoundary(watched, parent);
      return;
    }
    const path = watched.tree.entryPath(parent, name);
    this.#sink.entryChanged(path);
    if (name === GITIGNORE) {
      this.#sink.ignoreRulesChanged();
    }
    const place = { parent, name };
    if (!isDirectory(mask)) {
      this.#held.hear(path, mask, event.cookie);
      watched.links.hear(place, mask, event.cookie);
      if (watched.mayBeKnown(place)) {
        // What stands there may be neither the file nor the directory that was known.
        watched.arrive(place, "moved");
      }
      return;
    }
    if (isAppearance(mask) || isDisappearance(mask)) {
      this.#excluded.touch(path);
    }
    if (!this.#excluded.has(path)) {
      this.#applyToSubdirectory(watched, place, { ...event, path });
    }
  }

  #applyToSubdirectory(
    watched: WatchedTree,
    place: Place,
    event: { readonly mask: number; readonly cookie: number; readonly path: BytePath },
  ): void {
    const { mask, cookie, path } = event;
    if (isMovedFrom(mask)) {
      watched.moveAway(place, cookie);
    } else if (isMovedTo(mask)) {
      watched.moveIn(place, cookie);
    } else if (isAppearance(mask)) {
      watched.arrive(place, "created");
    } else if (isDisappearance(mask)) {
      watched.forgetEntry(place);
    } else {
      // Its permissions changed: what git can read of it may be more, or less, than before.
      this.#sink.coneChanged(path);
      this.#excluded.doubt(path);
      watched.change(place);
    }
  }

  /** A `.git` came or went. */
  #reportRepositoryBoundary(watched: WatchedTree, directory: DirectoryNode): void {
    if (directory === watched.tree.root) {
      this.#loseRoot("the worktree's .git was replaced");
    } else {
      watched.reportRepositoryBoundary(directory);
    }
  }
}

/** Of `sub/.git` it is `sub`; undefined for a path that is no such thing. */
function directoryOfDotGit(path: BytePath): BytePath | undefined {
  if (path === DOT_GIT) {
    return "" as BytePath;
  }
  return path.endsWith(`/${DOT_GIT}`)
    ? (path.slice(0, -DOT_GIT.length - 1) as BytePath)
    : undefined;
}

/** Of the result of a look. ENOTDIR: a file stands where a folder above was. */
function isGone(result: number): boolean {
  return result === -ENOENT || result === -ENOTDIR;
}

/** @throws SystemCallError for the result of a look that failed */
function checkLook(result: number, path: string): void {
  if (result !== 0) {
    throw new SystemCallError("statx", -result, path);
  }
}
