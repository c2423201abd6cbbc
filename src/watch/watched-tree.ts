/**
 * The directories of one worktree, kept under watch as they come, move and go.
 *
 * Owns: the tree, the directories still to be crawled, those that may not be read, and those just
 * moved away. What an event means is decided in inotify-backend.ts; here it is carried out.
 *
 * INVARIANTS
 *
 *   [W1] Watch first, then list. What is made in between is in the listing, or an event, or both.
 *   [W2] Paths are computed from the tree when needed, never stored.
 *   [W3] When the queue is empty and nothing is left to crawl, the tree is the disk's: for every
 *        directory, the last event that moved it (or one above it) was followed by a crawl of what
 *        was there then, and a crawl puts right whatever an earlier one, misled by a path that had
 *        already changed again, got wrong. One that was made is crawled once: what is at a path
 *        and has the watch that it had before is the same directory, and whatever came into it since
 *        it was listed has told so itself. To crawl it again with each event that names it, or a
 *        directory above it, was to look at 10,000 new directories fourteen times each.
 *   [W4] A directory that cannot be watched is reported with every answer until it can. So is a
 *        file that is mounted over another: its events go to the directory it comes from.
 *   [W6] An excluded directory is neither watched nor entered; what comes or goes at its own path
 *        is reported. The exclusions of a place end when what is there moves or goes.
 *   [W9] A directory whose permissions may have changed is reported with all that is below it, and
 *        with all listings there: git may read more, or less, than before. It is crawled again with
 *        all below only where something may have been closed to us, so that something was not
 *        looked at, or where it is closed now: most of these events tell of times alone.
 */

import type { BytePath, Fd, WatchDescriptor } from "../base/brands.ts";
import { LINKED_ENTRIES_MAX } from "../base/limits.ts";
import { closeDescriptor } from "../ffi/descriptors.ts";
import { listDirectory, openDirectory } from "../ffi/directory.ts";
import { refusedLooks } from "../ffi/file-links.ts";
import { AT_FDCWD, lookAt } from "../ffi/file-status.ts";
import { ENOSPC, errnoName, SystemCallError } from "../ffi/libc.ts";
import type { ChangeSink, Loss } from "./backend.ts";
import type { DirectoryTable } from "./directory-table.ts";
import type { LinkedFile } from "../ffi/file-links.ts";
import { type DirectoryNode, DirectoryTree } from "./directory-tree.ts";
import type { ExcludedPaths } from "./excluded-paths.ts";
import { LinkWatch } from "./link-watch.ts";
import type { Place } from "./linked-entries.ts";
import { NestedRepositories } from "./nested-repositories.ts";
import { PathBuffer } from "./path-buffer.ts";
import { DOT_GIT, GONE, UNWATCHABLE } from "./walk.ts";
import { DIRECTORY_MASK, refusalOf } from "./watch-directory.ts";

export const GITIGNORE = ".gitignore";

/**
 * How a directory came to need a crawl: made here, its entries are new one by one; moved here, all
 * that was known below it is in doubt.
 */
export type Arrival = "created" | "moved";

/** What a crawl is for, as bits: to report each entry, and to crawl also what is known below. */
const ENTRY_BY_ENTRY = 1;
const ALL_BELOW = 2;

/** A directory that was listed, and which of the names in it have not been looked at yet. */
interface Listing {
  readonly node: DirectoryNode;
  readonly due: number;
  readonly names: readonly string[];
  next: number;
}

/** What the tree needs of the kernel and of its owner. */
export interface TreeHost {
  readonly root: string;
  readonly sink: ChangeSink;
  readonly excluded: ExcludedPaths;
  /** Watches a directory. Returns the descriptor, or the negated errno. `path` ends with NUL. */
  watch(path: Uint8Array, mask: number): number;
  /** Forgets a watch. */
  release(wd: WatchDescriptor): void;
  /** Descriptors that are no directory of the tree. */
  isReserved(wd: WatchDescriptor): boolean;
  /** Whether something is mounted at this path. */
  isMountPoint(path: BytePath): boolean;
  /** Makes certain that paths below the root still lead into this tree. */
  verifyRoot(): void;
  /** A directory has another path now, and with it all that is below. */
  moved(from: BytePath, to: BytePath): void;
  /** What was seen so far is incomplete. */
  lose(loss: Loss): void;
}

export class WatchedTree {
  readonly tree: DirectoryTree;
  /** The files with several names among what the directories hold. */
  readonly links: LinkWatch;
  readonly #host: TreeHost;
  readonly #path: PathBuffer;
  /** Parents before what was found in them, so that each is crawled once; those before #crawled are done. */
  #toCrawl: DirectoryNode[] = [];
  #crawled = 0;
  /** The one listed last: it may hold so many that they take longer than a slice. */
  #listing: Listing | undefined;
  /** Directories that may not be read [W4]. */
  readonly #forbidden = new Map<string, Place>();
  /** Directories moved away in this drain, by the cookie that ties the two halves of a rename. */
  readonly #movedAway = new Map<
    number,
    { readonly node: DirectoryNode; readonly from: BytePath }
  >();
  /** In this drain [W9]. */
  #changed = new Set<DirectoryNode>();
  /** How many looks had been refused on this thread before the first of this tree; -1 when the walker's were. */
  readonly #refusedBefore: number;
  #wasClosed = false;
  readonly #nested: NestedRepositories;
  #newDirectories = 0;

  /** Takes over what a walker has found and watched. */
  constructor(table: DirectoryTable, host: TreeHost) {
    this.#host = host;
    this.#path = new PathBuffer(host.root);
    this.#refusedBefore = table.hasRefused ? -1 : refusedLooks();
    const { tree, nodes } = treeFromTable(table, {
      forbid: (place) => {
        this.#addForbidden(place);
      },
      loseIfAtBoth: (one, other, wd) => this.#loseIfAtBoth(one, other, wd),
    });
    this.tree = tree;
    this.links = new LinkWatch({
      absolutePath: ({ parent, name }) => this.#path.at(tree.entryPath(parent, name)),
      doubtEverything: () => {
        host.sink.everythingChanged();
      },
      loseCount: () => {
        host.lose(TOO_MANY_LINKS);
      },
      loseNames: () => {
        host.lose(NAMES_LOST);
      },
      seekNames: () => {
        host.lose(NAMES_SOUGHT);
      },
    });
    this.links.cover(
      table.links.flatMap(({ row, name, file, isRecent }) => {
        const parent = nodes[row];
        return parent === undefined ? [] : [{ place: { parent, name }, file, isRecent }];
      }),
    );
    this.#nested = new NestedRepositories(host.root, this.tree, host.sink);
    for (const row of table.nested) {
      const directory = nodes[row];
      if (directory !== undefined) {
        this.#nested.found(directory);
      }
    }
    for (const row of table.unfinished) {
      const directory = nodes[row];
      if (directory !== undefined) {
        this.#nested.appeared(directory);
      }
    }
  }

  /** Directories below the root that have a `.git`: see NestedRepositories.paths(). */
  nestedRepositories(countMax: number): readonly BytePath[] {
    return this.#nested.paths(countMax);
  }

  get hasWork(): boolean {
    return this.#listing !== undefined || this.#toCrawl.length > this.#crawled;
  }

  /** Directories watched since the last change of the exclusions. */
  get newDirectories(): number {
    return this.#newDirectories;
  }

  /** Whether a name in `parent` may stand for a directory that is known, or known to be closed. */
  mayBeKnown({ parent, name }: Place): boolean {
    return this.#forbidden.size > 0 || this.tree.child(parent, name) !== undefined;
  }

  /** Whether changes in `node` are changes of the worktree, not of something just moved out. */
  isInTree(node: DirectoryNode): boolean {
    return this.#movedAway.size === 0 || this.tree.isAttached(node);
  }

  /** Excludes and readmits, after the list of excluded directories has changed. */
  applyExclusions(change: { added: Iterable<BytePath>; removed: Iterable<BytePath> }): void {
    this.#newDirectories = 0;
    for (const path of change.added) {
      const node = this.tree.find(path);
      if (node !== undefined && node !== this.tree.root) {
        this.forget(node);
      }
    }
    for (const path of change.removed) {
      this.#readmit(path);
    }
  }

  /** Nothing is known of what happened in it while it was not watched. */
  #readmit(path: BytePath): void {
    const place = this.#placeAt(path);
    if (place !== undefined) {
      this.#host.sink.entryChanged(path);
      this.#host.sink.coneChanged(path);
      this.arrive(place, "moved");
    }
  }

  /** Something was mounted or unmounted at these paths, or their file system is no more. */
  remount(paths: Iterable<BytePath>): void {
    for (const path of paths) {
      const place = this.#placeAt(path);
      if (place !== undefined && !this.#host.excluded.has(path)) {
        this.#replaceMounted(place, path);
      }
    }
  }

  #replaceMounted(place: Place, path: BytePath): void {
    this.#host.sink.entryChanged(path);
    this.#host.sink.coneChanged(path);
    const node = this.tree.child(place.parent, place.name);
    if (node !== undefined) {
      this.reportListings(node);
    }
    this.forgetEntry(place);
    this.arrive(place, "moved");
  }

  /** Undefined where the directory above is not watched: it is excluded, or gone. */
  #placeAt(path: BytePath): Place | undefined {
    const slash = path.lastIndexOf("/");
    const parent = slash === -1 ? this.tree.root : this.tree.find(path.slice(0, slash) as BytePath);
    return parent === undefined ? undefined : { parent, name: path.slice(slash + 1) };
  }

  /** Whatever directory stands at this place now is watched, and will be crawled if that has not been done. */
  arrive(place: Place, arrival: Arrival): void {
    this.#arrive(place, arrival === "created" ? ENTRY_BY_ENTRY : ALL_BELOW);
  }

  /** Something about the directory at this place changed, and it may be closed, or no longer closed, to us or to git [W9]. */
  change(place: Place): void {
    const known = this.tree.child(place.parent, place.name);
    const node = this.#watchChild(place);
    if (node === undefined) {
      return;
    }
    if (node === known && this.#canEnter(node) && !this.#mayBeClosed) {
      this.#changed.add(node);
    } else {
      this.#crawlLater(node, ALL_BELOW);
    }
  }

  /** Whether we are allowed to look at what is in it. To watch and to list it takes less. */
  #canEnter(node: DirectoryNode): boolean {
    const itself = this.#path.at(`${this.tree.path(node)}/.` as BytePath);
    const result = lookAt(AT_FDCWD, itself);
    this.#wasClosed ||= result < 0 && refusalOf(-result) === "forbidden";
    return result === 0;
  }

  /** Whether there may be something that we were not allowed to look at. */
  get #mayBeClosed(): boolean {
    return this.#wasClosed || this.#forbidden.size > 0 || refusedLooks() > this.#refusedBefore;
  }

  #arrive(place: Place, due: number): void {
    const node = this.#watchChild(place);
    if (node !== undefined) {
      this.#crawlLater(node, due);
    }
  }

  /** [W3] */
  #crawlLater(node: DirectoryNode, wanted: number): void {
    const due = node.isReported ? wanted & ~ENTRY_BY_ENTRY : wanted;
    if (due !== 0 && node.due === 0) {
      this.#toCrawl.push(node);
    }
    node.due |= due;
    node.isReported ||= (due & ENTRY_BY_ENTRY) !== 0;
  }

  #nextToCrawl(): DirectoryNode | undefined {
    const node = this.#toCrawl[this.#crawled];
    if (node === undefined) {
      this.#toCrawl = [];
      this.#crawled = 0;
    } else {
      this.#crawled += 1;
    }
    return node;
  }

  /** The directory at this place left; it may come back under another name in this drain. */
  moveAway(place: Place, cookie: number): void {
    const node = this.tree.child(place.parent, place.name);
    const from = this.tree.entryPath(place.parent, place.name);
    this.#host.sink.coneChanged(from);
    if (node !== undefined) {
      this.reportListings(node);
      this.tree.detach(node);
      this.#movedAway.set(cookie, { node, from });
    }
    // Another one may stand there already, its own events read before (RENAME_EXCHANGE).
    this.arrive(place, "moved");
  }

  /** The directory that left with this cookie, or one from outside, came here. */
  moveIn(place: Place, cookie: number): void {
    const to = this.tree.entryPath(place.parent, place.name);
    this.#host.sink.coneChanged(to);
    const moved = this.#movedAway.get(cookie);
    if (moved !== undefined) {
      this.#movedAway.delete(cookie);
      // A rename may replace an empty directory.
      this.forgetEntry(place);
      this.tree.attach(moved.node, place.parent, place.name);
      this.#host.moved(moved.from, to);
    }
    this.arrive(place, "moved");
  }

  /** All that was in the queue has been told. */
  drained(): void {
    this.#reportChanged();
    this.#dropMovedAway();
  }

  /** [W9] Each directory once, however many of those above it changed. */
  #reportChanged(): void {
    const changed = this.#changed;
    if (changed.size === 0) {
      return;
    }
    this.#changed = new Set();
    for (const node of changed) {
      if (this.tree.isAttached(node) && !isBelowAny(node, changed)) {
        this.reportListings(node);
      }
    }
  }

  /** What left in this drain and did not come back is outside: its watches are of no use. */
  #dropMovedAway(): void {
    for (const { node } of this.#movedAway.values()) {
      this.forget(node);
    }
    this.#movedAway.clear();
  }

  /** Nothing that was known stands at this place any more. */
  forgetEntry(place: Place): void {
    const node = this.tree.child(place.parent, place.name);
    if (node !== undefined) {
      this.forget(node);
    }
    this.#forgetForbidden(place);
  }

  /** Nobody saw what happened in it, from the last answer to this moment [W4]. */
  #forgetForbidden(place: Place): void {
    if (this.#forbidden.size > 0 && this.#forbidden.delete(forbiddenKey(place))) {
      this.#host.sink.coneChanged(this.tree.entryPath(place.parent, place.name));
    }
  }

  forget(node: DirectoryNode): void {
    this.tree.remove(node, (below) => {
      this.links.forgetDirectory(below);
      this.#host.release(below.wd);
    });
  }

  reportListings(node: DirectoryNode): void {
    this.tree.forEachBelow(node, (below) => {
      this.#host.sink.listingChanged(this.tree.path(below));
    });
  }

  /** A `.git` came or went: git now treats the directory it is in as another thing [W7]. */
  reportRepositoryBoundary(directory: DirectoryNode): void {
    const path = this.tree.path(directory);
    this.#host.sink.entryChanged(path);
    this.#host.sink.coneChanged(path);
    this.reportListings(directory);
    this.#nested.appeared(directory);
  }

  /** What is in doubt for as long as it lasts [W4] [W7]. */
  reportDoubts(): void {
    this.#reportForbidden();
    this.#nested.report();
  }

  #reportForbidden(): void {
    const { sink } = this.#host;
    for (const [key, { parent, name }] of this.#forbidden) {
      if (this.tree.isAttached(parent)) {
        const path = this.tree.entryPath(parent, name);
        sink.entryChanged(path);
        sink.coneChanged(path);
        sink.listingChanged(path);
      } else {
        this.#forbidden.delete(key);
      }
    }
  }

  /** Crawls for about `budgetMs`, or until `shouldStop`. True when anything was crawled. */
  crawl(budgetMs: number, shouldStop: () => boolean): boolean {
    const endMs = performance.now() + budgetMs;
    let hasCrawled = false;
    while (!shouldStop() && this.#crawlStep()) {
      hasCrawled = true;
      if (performance.now() > endMs) {
        break;
      }
    }
    return hasCrawled;
  }

  /** Lists the next directory, or watches one that is in the directory listed last: no more, because either
   *  may be one of a hundred thousand. False when nothing is left. */
  #crawlStep(): boolean {
    const listing = this.#listing;
    if (listing !== undefined) {
      this.#arriveNext(listing);
      return true;
    }
    const node = this.#nextToCrawl();
    if (node === undefined) {
      return false;
    }
    const { due } = node;
    node.due = 0;
    if (this.tree.isAttached(node)) {
      this.#crawlOne(node, due);
    }
    return true;
  }

  /** What happened since it was listed, also to the list of exclusions, counts. */
  #arriveNext(listing: Listing): void {
    const { node, names, due } = listing;
    const name = names[listing.next] ?? "";
    listing.next += 1;
    if (listing.next >= names.length) {
      this.#listing = undefined;
    }
    if (!this.tree.isAttached(node)) {
      this.#listing = undefined;
    } else if (!this.#host.excluded.has(this.tree.entryPath(node, name))) {
      this.#arrive({ parent: node, name }, due);
    }
  }

  /**
   * Watches the directory that is at this place now, and makes the tree say so. Undefined when
   * there is none, or none that may be watched.
   */
  #watchChild(place: Place): DirectoryNode | undefined {
    const { parent, name } = place;
    const known = this.tree.child(parent, name);
    const path = this.#path.at(this.tree.entryPath(parent, name));
    const result = this.#host.watch(path, DIRECTORY_MASK);
    if (known !== undefined && known.wd === result) {
      return known;
    }
    if (result < 0) {
      this.#refuse(place, -result, "inotify_add_watch");
      return undefined;
    }
    const wd = result as WatchDescriptor;
    this.forgetEntry(place);
    const elsewhere = this.tree.byWatch(wd);
    if (elsewhere !== undefined) {
      return this.#moveHere(elsewhere, place);
    }
    if (this.#host.isReserved(wd)) {
      return undefined;
    }
    this.#newDirectories += 1;
    return this.tree.add(parent, name, wd);
  }

  /** The directory is known at another place: it was moved, and the event is still to come. */
  #moveHere(node: DirectoryNode, place: Place): DirectoryNode | undefined {
    const isAttached = this.tree.isAttached(node);
    const path = this.tree.entryPath(place.parent, place.name);
    if (isAttached && this.#loseIfAtBoth(this.tree.path(node), path, node.wd)) {
      return undefined;
    }
    if (this.tree.isSameOrBelow(place.parent, node)) {
      // Both have moved; the events that put it right are still to come.
      this.#addForbidden(place);
      return undefined;
    }
    if (isAttached) {
      this.#host.sink.coneChanged(this.tree.path(node));
      this.reportListings(node);
    }
    const from = this.#lastPath(node);
    for (const [cookie, moved] of this.#movedAway) {
      if (moved.node === node) {
        this.#movedAway.delete(cookie);
      }
    }
    this.tree.detach(node);
    this.tree.attach(node, place.parent, place.name);
    this.#host.sink.coneChanged(path);
    if (from !== undefined) {
      this.#host.moved(from, path);
    }
    this.#crawlLater(node, ALL_BELOW);
    return node;
  }

  /** Where a directory was in the tree last, it or what it is in having been moved away. */
  #lastPath(node: DirectoryNode): BytePath | undefined {
    let top = node;
    let below = "";
    for (let up = node.parent; up !== undefined; up = up.parent) {
      below = `/${top.name}${below}`;
      top = up;
    }
    if (top === this.tree.root) {
      return this.tree.path(node);
    }
    const moved = [...this.#movedAway.values()].find((each) => each.node === top);
    return moved === undefined ? undefined : (`${moved.from}${below}` as BytePath);
  }

  #refuse(place: Place, code: number, syscall: string): void {
    this.forgetEntry(place);
    switch (refusalOf(code)) {
      case "gone":
        this.#host.verifyRoot();
        if (this.#host.isMountPoint(this.tree.entryPath(place.parent, place.name))) {
          this.#addForbidden(place);
        }
        return;
      case "forbidden":
        this.#addForbidden(place);
        return;
      case "failure":
        this.#loseToFailure(code, syscall);
    }
  }

  #loseToFailure(code: number, syscall: string): void {
    if (code === ENOSPC) {
      this.#host.lose({ kind: "watch-limit", reason: "the limit of inotify watches is reached" });
    } else {
      const reason = `a directory could not be watched: ${syscall}: ${errnoName(code)}`;
      this.#host.lose({ kind: "unreadable", reason });
    }
  }

  /** Lists one directory: its subdirectories are watched, and crawled, in turn. */
  #crawlOne(node: DirectoryNode, due: number): void {
    const path = this.tree.path(node);
    this.#host.sink.listingChanged(path);
    const fd = openDirectory(this.#path.at(path));
    if (fd < 0) {
      if (node.parent !== undefined) {
        this.#refuse({ parent: node.parent, name: node.name }, -fd, "open");
      }
      return;
    }
    try {
      const names = this.#list(node, fd as Fd, due);
      this.#forgetOthers(node, names);
      this.#listing = names.length > 0 ? { node, due, names, next: 0 } : undefined;
    } catch (error) {
      if (!(error instanceof SystemCallError)) {
        throw error;
      }
      // Removed while it was listed: the events that say so are in the queue.
      if (refusalOf(error.errno) !== "gone") {
        this.#loseToFailure(error.errno, error.syscall);
      }
    } finally {
      closeDescriptor(fd as Fd);
    }
  }

  /** The names of what may be a directory to watch. @throws SystemCallError */
  #list(node: DirectoryNode, fd: Fd, due: number): string[] {
    const { sink } = this.#host;
    const found: string[] = [];
    const linked = new Map<string, LinkedFile>();
    let hasDotGit = false;
    listDirectory(fd, {
      visit: (name, kind) => {
        if (name === DOT_GIT) {
          hasDotGit = true;
          return;
        }
        if ((due & ENTRY_BY_ENTRY) !== 0) {
          sink.entryChanged(this.tree.entryPath(node, name));
        }
        if (name === GITIGNORE) {
          sink.ignoreRulesChanged();
        }
        if (kind !== "other") {
          found.push(name);
        }
      },
      visitLinked: (name, file) => {
        if (name !== DOT_GIT) {
          linked.set(name, file);
        }
        return linked.size <= LINKED_ENTRIES_MAX;
      },
    });
    this.links.listed(node, linked);
    if (hasDotGit) {
      this.#nested.appeared(node);
    }
    return found;
  }

  /** Of the children that were known, those are no more that are not on disk. */
  #forgetOthers(node: DirectoryNode, found: readonly string[]): void {
    const known = Array.from(node.children?.keys() ?? []);
    if (known.length > 0) {
      const onDisk = new Set(found);
      for (const name of known) {
        if (!onDisk.has(name)) {
          this.forgetEntry({ parent: node, name });
        }
      }
    }
  }

  /**
   * Whether a mount shows the watched directory at both paths, which is a loss: events carry one of
   * them, and git's untracked cache would have to be told with each answer of every directory below
   * the other. (Another directory there is watched by the question; its own events lead to it.)
   */
  #loseIfAtBoth(one: BytePath, other: BytePath, wd: WatchDescriptor): boolean {
    const isAtBoth = [one, other].every(
      (path) => this.#host.watch(this.#path.at(path), DIRECTORY_MASK) === (wd as number),
    );
    if (isAtBoth) {
      const reason = `a mount shows the directory '${one}' of it also at '${other}'`;
      this.#host.lose({ kind: "unwatchable", reason });
    }
    return isAtBoth;
  }

  #addForbidden(place: Place): void {
    this.#forbidden.set(forbiddenKey(place), place);
  }
}

const NAMES_LOST: Loss = {
  kind: "names-lost",
  reason: "a file with other names in the tree (hard links) was moved out of it",
};

const NAMES_SOUGHT: Loss = {
  kind: "names-lost",
  reason: "a file is held open whose other names (hard links) are not known",
};

const TOO_MANY_LINKS: Loss = {
  kind: "too-many-links",
  reason: `more than ${LINKED_ENTRIES_MAX} files have other names as well (hard links)`,
};

function isBelowAny(node: DirectoryNode, others: ReadonlySet<DirectoryNode>): boolean {
  for (let up = node.parent; up !== undefined; up = up.parent) {
    if (others.has(up)) {
      return true;
    }
  }
  return false;
}

function forbiddenKey({ parent, name }: Place): string {
  return `${parent.wd}/${name}`;
}

interface TableQuestions {
  readonly forbid: (place: Place) => void;
  readonly loseIfAtBoth: (one: BytePath, other: BytePath, wd: WatchDescriptor) => boolean;
}

/** Rows whose watch is already in the tree are directories that were moved during the walk: the
 *  later row is where they were found last. Or they are mounted at two places. */
function treeFromTable(
  table: DirectoryTable,
  { forbid, loseIfAtBoth }: TableQuestions,
): { readonly tree: DirectoryTree; readonly nodes: readonly (DirectoryNode | undefined)[] } {
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
      forbid({ parent, name });
      continue;
    }
    const moved = tree.byWatch(wd);
    if (moved === undefined) {
      nodes[row] = tree.add(parent, name, wd);
    } else if (loseIfAtBoth(tree.path(moved), tree.entryPath(parent, name), wd)) {
      break;
    } else if (tree.isSameOrBelow(parent, moved)) {
      forbid({ parent, name });
    } else {
      tree.detach(moved);
      tree.attach(moved, parent, name);
      nodes[row] = moved;
    }
  }
  return { tree, nodes };
}
