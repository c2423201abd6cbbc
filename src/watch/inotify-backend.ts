/**
 * Watches one worktree through inotify.
 *
 * Owns: the tree of watched directories, and the list of those still to be crawled. The instance
 * may be shared: inotify-instance.ts.
 * Called by: the monitor thread only; nothing here blocks or waits.
 *
 * INVARIANTS
 *
 *   [W1] Watch first, then list. What is made in between is in the listing, or an event, or both.
 *   [W2] Paths are computed from the tree when needed, never stored.
 *   [W3] When the queue is empty and nothing is left to crawl, the tree is the disk's: for every
 *        directory, the last event that made or moved it (or one above it) was followed by a crawl
 *        of what was there then, and a crawl puts right whatever an earlier one, misled by a path
 *        that had already changed again, got wrong.
 *   [W4] A directory that cannot be watched is reported with every answer until it can.
 *   [W6] An excluded directory is neither watched nor entered; what comes or goes at its own path is
 *        reported. The exclusions of a place end when what is there moves or goes.
 *   [W5] So is a file that was written to and not closed since: stores into a mapping cause no
 *        event until it is given up. (What is only mapped, and never written to otherwise, shows
 *        when it is unmapped. IN_OPEN would tell earlier; it made reading a tree 2.4 times as slow.)
 */

import { lstatSync } from "node:fs";

import type { BytePath, Fd, WatchDescriptor } from "../base/brands.ts";
import { CRAWL_BACKLOG_EVENTS_MAX, HELD_OPEN_FILES_MAX } from "../base/limits.ts";
import { closeDescriptor } from "../ffi/descriptors.ts";
import { listDirectory, openDirectory } from "../ffi/directory.ts";
import {
  type InotifyEvent,
  isAppearance,
  isClosedAfterWrite,
  isDirectory,
  isDisappearance,
  isModified,
  isMovedFrom,
  isMovedTo,
  isSelfGone,
  isUnmount,
  isWatchGone,
} from "../ffi/inotify.ts";
import { cString, ENOSPC, errnoName, SystemCallError } from "../ffi/libc.ts";
import type { ChangeSink, Loss, WatchBackend } from "./backend.ts";
import type { DirectoryTable } from "./directory-table.ts";
import { type DirectoryNode, DirectoryTree } from "./directory-tree.ts";
import type { InotifyInstance, InotifyPool, InstanceMember } from "./inotify-instance.ts";
import type { ExcludedPaths } from "./excluded-paths.ts";
import { PathBuffer } from "./path-buffer.ts";
import { DOT_GIT, GONE, UNWATCHABLE } from "./walk.ts";
import { COOKIE_MASK, DIRECTORY_MASK, refusalOf } from "./watch-directory.ts";

/** Crawling looks at the clock once per this many directories. */
const DIRECTORIES_PER_LOOK = 16;

/**
 * How a directory came to need a crawl: made here, its entries are new one by one; moved here, all
 * that was known below it is in doubt, and its files need no listing.
 */
type Arrival = "created" | "moved";

const GITIGNORE = ".gitignore";
const NO_WATCH = -1 as WatchDescriptor;

export class InotifyBackend implements WatchBackend, InstanceMember {
  readonly name = "inotify";
  readonly root: string;
  readonly #pool: InotifyPool;
  readonly #instance: InotifyInstance;
  readonly #rootIdentity: string;
  readonly #sink: ChangeSink;
  readonly #path: PathBuffer;
  #cookieWatch = NO_WATCH;
  /** Undefined until a walk has ended; until then events are kept in the backlog. */
  #tree: DirectoryTree | undefined;
  #backlog: InotifyEvent[] = [];
  /** Directories moved away in this drain, by the cookie that ties the two halves of a rename. */
  readonly #movedAway = new Map<number, DirectoryNode>();
  readonly #toCrawl: { node: DirectoryNode; arrival: Arrival }[] = [];
  /** Parents and names of directories that may not be read [W4]. */
  readonly #forbidden = new Map<string, { parent: DirectoryNode; name: string }>();
  /** Written to and not closed since, oldest first [W5]. */
  readonly #heldOpen = new Set<BytePath>();
  readonly #excluded: ExcludedPaths;
  readonly #excludedAtWalk: readonly BytePath[];
  #newDirectories = 0;
  #eventsRead = 0;
  #hasLost = false;

  /** @throws SystemCallError EMFILE when the user has no inotify instance left. */
  constructor(
    root: string,
    sink: ChangeSink,
    shared: { readonly pool: InotifyPool; readonly excluded: ExcludedPaths },
  ) {
    this.root = root;
    this.#excluded = shared.excluded;
    this.#excludedAtWalk = [...shared.excluded];
    this.#rootIdentity = identityOf(root);
    this.#sink = sink;
    this.#path = new PathBuffer(root);
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
    return this.#tree === undefined;
  }

  get hasWork(): boolean {
    return this.#toCrawl.length > 0;
  }

  get watchedDirectories(): number {
    return this.#tree?.size ?? 0;
  }

  get excludedDirectories(): number {
    return this.#excluded.size;
  }

  get newDirectories(): number {
    return this.#newDirectories;
  }

  get eventsRead(): number {
    return this.#eventsRead;
  }

  *ownWatches(): Generator<WatchDescriptor> {
    if (this.#cookieWatch !== NO_WATCH) {
      yield this.#cookieWatch;
    }
    yield* this.#tree?.watches() ?? [];
  }

  directories(): Iterable<BytePath> {
    const paths: BytePath[] = [];
    const tree = this.#tree;
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
    const tree = treeFromTable(table, (parent, name) => this.#addForbidden(parent, name));
    this.#tree = tree;
    this.#matchExclusions(tree);
    for (const wd of tree.watches()) {
      this.#instance.claim(this, wd);
    }
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const event of backlog) {
      this.#apply(tree, event);
    }
    this.#dropMovedAway();
  }

  /** The exclusions may have changed since the walker was given them. */
  #matchExclusions(tree: DirectoryTree): void {
    for (const path of this.#excluded) {
      const node = tree.find(path);
      if (node !== undefined) {
        this.#forget(tree, node);
      }
    }
    for (const path of this.#excludedAtWalk) {
      if (!this.#excluded.has(path)) {
        this.#readmit(tree, path);
      }
    }
  }

  exclude(directories: Iterable<BytePath>): void {
    const { added, removed } = this.#excluded.replace(directories);
    const tree = this.#tree;
    this.#newDirectories = 0;
    if (tree === undefined) {
      return;
    }
    for (const path of added) {
      const node = tree.find(path);
      if (node !== undefined && node !== tree.root) {
        this.#forget(tree, node);
      }
    }
    for (const path of removed) {
      this.#readmit(tree, path);
    }
  }

  reportExcluded(): void {
    for (const path of this.#excluded) {
      this.#sink.entryChanged(path);
      this.#sink.coneChanged(path);
      this.#sink.listingChanged(path);
    }
  }

  /** Nothing is known of what happened in it while it was not watched. */
  #readmit(tree: DirectoryTree, path: BytePath): void {
    const slash = path.lastIndexOf("/");
    const parent = slash === -1 ? tree.root : tree.find(path.slice(0, slash) as BytePath);
    // Without a parent it lies in another excluded directory, or is gone.
    if (parent !== undefined) {
      this.#sink.entryChanged(path);
      this.#sink.coneChanged(path);
      this.#arrive(tree, { parent, name: path.slice(slash + 1), moved: undefined }, "moved");
    }
  }

  discard(table: DirectoryTable): void {
    this.#instance.discard(table.watchDescriptors);
  }

  drain(): void {
    this.#instance.drain();
    this.#reportForbidden();
    for (const path of this.#heldOpen) {
      this.#sink.entryChanged(path);
    }
  }

  settle(budgetMs: number): boolean {
    const endMs = performance.now() + budgetMs;
    for (let visited = 1; ; visited += 1) {
      const next = this.#toCrawl.pop();
      if (next === undefined || this.#hasLost) {
        if (visited > 1) {
          this.#checkRoot();
        }
        return true;
      }
      this.#crawl(next.node, next.arrival);
      if (visited % DIRECTORIES_PER_LOOK === 0 && performance.now() > endMs) {
        return this.#toCrawl.length === 0;
      }
    }
  }

  receive(event: InotifyEvent): void {
    if (this.#hasLost) {
      return;
    }
    this.#eventsRead += 1;
    if (event.wd === this.#cookieWatch) {
      this.#applyToCookies(event);
    } else if (this.#tree === undefined) {
      this.#keep(event);
    } else {
      this.#apply(this.#tree, event);
    }
  }

  drained(): void {
    this.#dropMovedAway();
  }

  overflowed(): void {
    this.#lose({ kind: "overflow", reason: "the kernel's queue of events overflowed" });
  }

  unreadable(error: SystemCallError): void {
    this.#lose({ kind: "unreadable", reason: `events could not be read: ${error.message}` });
  }

  /** It was moved to another worktree; the event that says so is still to come. */
  watchTaken(wd: WatchDescriptor): void {
    const tree = this.#tree;
    const node = tree?.byWatch(wd);
    if (tree === undefined || node === undefined) {
      return;
    }
    if (tree.isAttached(node)) {
      this.#sink.coneChanged(tree.path(node));
      this.#reportListings(tree, node);
    }
    this.#forget(tree, node);
  }

  /** A directory above the root may have been renamed, which no event tells: then the paths that
   *  were just crawled led to nothing, or elsewhere. */
  #checkRoot(): void {
    if (identityOf(this.root) !== this.#rootIdentity) {
      this.#loseRoot("another directory stands where the worktree was");
    }
  }

  /** Nothing reported before or after counts any more; the owner replaces this object. */
  #lose(loss: Loss): void {
    if (!this.#hasLost) {
      this.#hasLost = true;
      this.#sink.lost(loss);
    }
  }

  /** Before the tree is known an event has no meaning yet. */
  #keep(event: InotifyEvent): void {
    this.#backlog.push({ ...event });
    if (this.#backlog.length > CRAWL_BACKLOG_EVENTS_MAX) {
      this.#lose({ kind: "overflow", reason: "too many changes during the crawl" });
    }
  }

  #apply(tree: DirectoryTree, event: InotifyEvent): void {
    const node = tree.byWatch(event.wd);
    // Events of a watch that was removed meanwhile are still in the queue.
    if (node !== undefined && !this.#hasLost) {
      this.#applyToDirectory(tree, node, event);
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

  #applyToDirectory(tree: DirectoryTree, node: DirectoryNode, event: InotifyEvent): void {
    if (event.name !== "") {
      this.#applyToEntry(tree, node, event);
    } else if (isUnmount(event.mask)) {
      this.#lose({ kind: "unmounted", reason: "its file system was unmounted" });
    } else if (node === tree.root) {
      if (isSelfGone(event.mask) || isWatchGone(event.mask)) {
        this.#lose({ kind: "root-gone", reason: "the worktree's directory was moved or deleted" });
      } else {
        // Its permissions changed, and with them what git can read of the whole tree.
        this.#loseRoot("the permissions of the worktree's directory changed");
      }
    } else if (isWatchGone(event.mask)) {
      this.#forget(tree, node);
    }
  }

  #applyToEntry(tree: DirectoryTree, parent: DirectoryNode, event: InotifyEvent): void {
    const { mask, name } = event;
    if (!this.#isInTree(tree, parent)) {
      return;
    }
    if (name === DOT_GIT) {
      this.#reportRepositoryBoundary(tree, parent);
      return;
    }
    const path = tree.entryPath(parent, name);
    this.#sink.entryChanged(path);
    if (name === GITIGNORE) {
      this.#sink.ignoreRulesChanged();
    }
    const known = tree.child(parent, name);
    if (isDirectory(mask)) {
      if (isDisappearance(mask)) {
        this.#excluded.dropBelow(path);
      }
      if (this.#excluded.has(path)) {
        return;
      }
      if (isMovedFrom(mask)) {
        this.#moveAway(tree, { node: known, path, cookie: event.cookie });
        // Another one may stand there already, its own events read before (RENAME_EXCHANGE).
        this.#arrive(tree, { parent, name, moved: undefined }, "moved");
      } else if (isMovedTo(mask)) {
        this.#sink.coneChanged(path);
        this.#arrive(tree, { parent, name, moved: this.#takeMoved(event.cookie) }, "moved");
      } else if (isAppearance(mask)) {
        this.#arrive(tree, { parent, name, moved: undefined }, "created");
      } else if (isDisappearance(mask)) {
        this.#forgetEntry(tree, parent, name);
      } else {
        // Its permissions changed: what git can read of it may be more, or less, than before.
        this.#sink.coneChanged(path);
        this.#arrive(tree, { parent, name, moved: undefined }, "moved");
      }
    } else {
      this.#applyToFile(path, mask);
      if (known !== undefined || this.#forbidden.size > 0) {
        // What stands there may be neither the file nor the directory that was known.
        this.#arrive(tree, { parent, name, moved: undefined }, "moved");
      }
    }
  }

  /** [W5] */
  #applyToFile(path: BytePath, mask: number): void {
    if (isModified(mask)) {
      this.#heldOpen.add(path);
      if (this.#heldOpen.size > HELD_OPEN_FILES_MAX) {
        for (const oldest of this.#heldOpen) {
          this.#heldOpen.delete(oldest);
          break;
        }
      }
    } else if (isClosedAfterWrite(mask) || isDisappearance(mask)) {
      this.#heldOpen.delete(path);
    }
  }

  /** Whether changes in `node` are changes of the worktree, not of something just moved out. */
  #isInTree(tree: DirectoryTree, node: DirectoryNode): boolean {
    return this.#movedAway.size === 0 || tree.isAttached(node);
  }

  #moveAway(
    tree: DirectoryTree,
    moved: { node: DirectoryNode | undefined; path: BytePath; cookie: number },
  ): void {
    this.#sink.coneChanged(moved.path);
    if (moved.node !== undefined) {
      this.#reportListings(tree, moved.node);
      tree.detach(moved.node);
      this.#movedAway.set(moved.cookie, moved.node);
    }
  }

  #takeMoved(cookie: number): DirectoryNode | undefined {
    const node = this.#movedAway.get(cookie);
    this.#movedAway.delete(cookie);
    return node;
  }

  /** What left in this drain and did not come back is outside: its watches are of no use. */
  #dropMovedAway(): void {
    for (const node of this.#movedAway.values()) {
      this.#tree?.remove(node, (wd) => this.#instance.release(this, wd));
    }
    this.#movedAway.clear();
  }

  /** A directory stands at this place now: watch it, and have it crawled. */
  #arrive(
    tree: DirectoryTree,
    place: { parent: DirectoryNode; name: string; moved: DirectoryNode | undefined },
    arrival: Arrival,
  ): void {
    const { parent, name, moved } = place;
    if (moved !== undefined) {
      // A rename may replace an empty directory.
      this.#forgetEntry(tree, parent, name);
      tree.attach(moved, parent, name);
    }
    const node = this.#watchChild(tree, parent, name);
    if (node !== undefined) {
      this.#toCrawl.push({ node, arrival });
    }
  }

  /**
   * Watches the directory that is at this place now, and makes the tree say so. Undefined when
   * there is none, or none that may be watched.
   */
  #watchChild(tree: DirectoryTree, parent: DirectoryNode, name: string): DirectoryNode | undefined {
    const path = tree.entryPath(parent, name);
    const known = tree.child(parent, name);
    const result = this.#instance.watch(this, this.#path.at(path), DIRECTORY_MASK);
    if (known !== undefined && known.wd === result) {
      return known;
    }
    if (result < 0) {
      this.#refuse(tree, { parent, name, code: -result });
      return undefined;
    }
    const wd = result as WatchDescriptor;
    this.#forgetEntry(tree, parent, name);
    const elsewhere = tree.byWatch(wd);
    if (elsewhere === undefined) {
      this.#newDirectories += 1;
      return wd === this.#cookieWatch ? undefined : tree.add(parent, name, wd);
    }
    return this.#moveHere(tree, elsewhere, { parent, name });
  }

  /** The directory is known at another place: it was moved, and the event is still to come. */
  #moveHere(
    tree: DirectoryTree,
    node: DirectoryNode,
    place: { parent: DirectoryNode; name: string },
  ): DirectoryNode | undefined {
    if (tree.isSameOrBelow(place.parent, node)) {
      // Mounted below itself. Its events carry the upper path; here it stays in doubt.
      this.#addForbidden(place.parent, place.name);
      return undefined;
    }
    if (tree.isAttached(node)) {
      this.#sink.coneChanged(tree.path(node));
      this.#reportListings(tree, node);
    }
    for (const [cookie, moved] of this.#movedAway) {
      if (moved === node) {
        this.#movedAway.delete(cookie);
      }
    }
    tree.detach(node);
    tree.attach(node, place.parent, place.name);
    this.#sink.coneChanged(tree.path(node));
    this.#toCrawl.push({ node, arrival: "moved" });
    return node;
  }

  #refuse(
    tree: DirectoryTree,
    refused: { parent: DirectoryNode; name: string; code: number },
  ): void {
    this.#forgetEntry(tree, refused.parent, refused.name);
    switch (refusalOf(refused.code)) {
      case "gone":
        return;
      case "forbidden":
        this.#addForbidden(refused.parent, refused.name);
        return;
      case "failure":
        this.#loseToFailure(refused.code, "inotify_add_watch");
    }
  }

  #loseToFailure(code: number, syscall: string): void {
    if (code === ENOSPC) {
      this.#lose({ kind: "watch-limit", reason: "the limit of inotify watches is reached" });
    } else {
      const reason = `a directory could not be watched: ${syscall}: ${errnoName(code)}`;
      this.#lose({ kind: "unreadable", reason });
    }
  }

  /** Lists one directory: its subdirectories are watched and crawled in turn. */
  #crawl(node: DirectoryNode, arrival: Arrival): void {
    const tree = this.#tree;
    if (tree === undefined || !tree.isAttached(node)) {
      return;
    }
    const path = tree.path(node);
    this.#sink.listingChanged(path);
    const fd = openDirectory(this.#path.at(path));
    if (fd < 0) {
      if (node.parent !== undefined) {
        this.#refuse(tree, { parent: node.parent, name: node.name, code: -fd });
      }
      return;
    }
    const found: string[] = [];
    try {
      listDirectory(fd as Fd, {
        // A moved directory brings its ignore rules along.
        wantsFiles: true,
        visit: (name, kind) => {
          if (name === DOT_GIT) {
            return;
          }
          if (arrival === "created") {
            this.#sink.entryChanged(tree.entryPath(node, name));
          }
          if (name === GITIGNORE) {
            this.#sink.ignoreRulesChanged();
          }
          if (kind !== "other" && !this.#isExcluded(tree, node, name)) {
            found.push(name);
          }
        },
      });
    } catch (error) {
      this.#crawlFailed(error);
      return;
    } finally {
      closeDescriptor(fd as Fd);
    }
    this.#matchChildren(tree, { node, found, arrival });
  }

  /** Makes the children of a node those that are on disk. */
  #matchChildren(
    tree: DirectoryTree,
    listing: { node: DirectoryNode; found: readonly string[]; arrival: Arrival },
  ): void {
    const { node, found, arrival } = listing;
    const onDisk = new Set(found);
    for (const name of Array.from(node.children?.keys() ?? [])) {
      if (!onDisk.has(name)) {
        this.#forgetEntry(tree, node, name);
      }
    }
    for (const name of found) {
      const child = this.#watchChild(tree, node, name);
      if (child !== undefined) {
        this.#toCrawl.push({ node: child, arrival });
      }
    }
  }

  #isExcluded(tree: DirectoryTree, parent: DirectoryNode, name: string): boolean {
    return this.#excluded.size > 0 && this.#excluded.has(tree.entryPath(parent, name));
  }

  #crawlFailed(error: unknown): void {
    if (!(error instanceof SystemCallError)) {
      throw error;
    }
    // Removed while it was listed: the events that say so are in the queue.
    if (refusalOf(error.errno) !== "gone") {
      this.#loseToFailure(error.errno, error.syscall);
    }
  }

  #forgetEntry(tree: DirectoryTree, parent: DirectoryNode, name: string): void {
    const node = tree.child(parent, name);
    if (node !== undefined) {
      this.#forget(tree, node);
    }
    if (this.#forbidden.size > 0) {
      this.#forbidden.delete(forbiddenKey(parent, name));
    }
  }

  #forget(tree: DirectoryTree, node: DirectoryNode): void {
    tree.remove(node, (wd) => this.#instance.release(this, wd));
  }

  #addForbidden(parent: DirectoryNode, name: string): void {
    this.#forbidden.set(forbiddenKey(parent, name), { parent, name });
  }

  /** [W4] */
  #reportForbidden(): void {
    const tree = this.#tree;
    if (tree === undefined) {
      return;
    }
    for (const [key, { parent, name }] of this.#forbidden) {
      if (tree.isAttached(parent)) {
        const path = tree.entryPath(parent, name);
        this.#sink.entryChanged(path);
        this.#sink.coneChanged(path);
        this.#sink.listingChanged(path);
      } else {
        this.#forbidden.delete(key);
      }
    }
  }

  /** A `.git` came or went: git now treats the directory it is in as another thing. */
  #reportRepositoryBoundary(tree: DirectoryTree, directory: DirectoryNode): void {
    if (directory === tree.root) {
      this.#loseRoot("the worktree's .git was replaced");
      return;
    }
    const path = tree.path(directory);
    this.#sink.entryChanged(path);
    this.#sink.coneChanged(path);
    this.#reportListings(tree, directory);
  }

  #loseRoot(reason: string): void {
    this.#lose({ kind: "root-replaced", reason });
  }

  #reportListings(tree: DirectoryTree, node: DirectoryNode): void {
    tree.forEachBelow(node, (below) => this.#sink.listingChanged(tree.path(below)));
  }
}

/** Device and inode of what stands at this path; empty for nothing. */
function identityOf(path: string): string {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? "" : `${stat.dev}:${stat.ino}`;
}

function forbiddenKey(parent: DirectoryNode, name: string): string {
  return `${parent.wd}/${name}`;
}

/** Rows whose watch is already in the tree are directories that were moved during the walk: the
 *  later row is where they were found last. */
function treeFromTable(
  table: DirectoryTable,
  forbid: (parent: DirectoryNode, name: string) => void,
): DirectoryTree {
  const names = Buffer.from(table.names.buffer, table.names.byteOffset, table.names.length);
  const tree = new DirectoryTree((table.watchDescriptors[0] ?? -1) as WatchDescriptor);
  const nodes: (DirectoryNode | undefined)[] = [tree.root];
  for (let row = 1; row < table.count; row += 1) {
    const wd = (table.watchDescriptors[row] ?? GONE) as WatchDescriptor;
    const parent = nodes[table.parents[row] ?? 0];
    const name = names.toString("latin1", table.nameEnds[row - 1] ?? 0, table.nameEnds[row]);
    if (parent === undefined || wd === GONE) {
      continue;
    }
    if (wd === UNWATCHABLE) {
      forbid(parent, name);
      continue;
    }
    const moved = tree.byWatch(wd);
    if (moved === undefined) {
      nodes[row] = tree.add(parent, name, wd);
    } else if (!tree.isSameOrBelow(parent, moved)) {
      tree.detach(moved);
      tree.attach(moved, parent, name);
      nodes[row] = moved;
    }
  }
  return tree;
}
