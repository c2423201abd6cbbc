/**
 * Where a mirror is built before it is put in its place: below `<gitdir>/gity/share`, on the worktree's own file
 * system, where nothing looks at it. Of a linked worktree it is `gity/share-worktrees/<name>` in the common directory:
 * its own git directory goes with it, and `git worktree remove` fails when something appears in that meanwhile.
 *
 *     lock          held by who mirrors into this worktree; gone with its process
 *     <id>/record   what is being mirrored, and since when
 *     <id>/tree     what there is of it
 *     <id>/replacing  a link that says which inode the mirror is, while it changes places with what was there
 *
 * INVARIANTS
 *
 *   [A1] Only who holds the lock makes, changes or removes anything here.
 *   [A2] What an earlier run has left is gone on with only in the same boot, from the same directory and in the same
 *        way: after a crash of the machine a file may have its size and its time without its content.
 *   [A3] What was there before the mirror is its owner's until the mirror is sure to stay. So a tree is removed only
 *        if nothing says that it may be that, or it is the mirror itself.
 *   [A4] No symbolic link is followed, in the git directory neither: it may come from somebody else's archive.
 */

import { createHash, randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import type { Fd } from "../base/brands.ts";
import { GityError } from "../base/errors.ts";
import { SHARE_REST_AGE_MS_MAX } from "../base/limits.ts";
import { readAt, writeAt } from "../ffi/descriptors.ts";
import {
  createFileEntry,
  lookAtEntry,
  makeLinkEntry,
  openFileEntry,
  openLockEntry,
  readLinkEntry,
  removeDirectoryEntry,
  removeFileEntry,
} from "../ffi/entries.ts";
import { lockFile } from "../ffi/file-lock.ts";
import { type FileId, found, lookAtOpen } from "../ffi/file-status.ts";
import { EBUSY, ELOOP, ENOENT, ENOTDIR, SystemCallError } from "../ffi/libc.ts";
import { shareFailure, shownPath } from "./failure.ts";
import {
  findBelow,
  makeBelow,
  namesIn,
  namesOn,
  openBelow,
  OpenEntry,
  openFolder,
} from "./open-below.ts";
import { removeEntry } from "./remove-tree.ts";

const OWN_FOLDER = "gity";
const SHARE_FOLDER = "share";
const LINKED_FOLDER = "share-worktrees";
/** git's own (gitrepository-layout(5)). */
const WORKTREES_FOLDER = "worktrees";
const LOCK = "lock";
const RECORD = "record";
const RECORD_BYTES_MAX = 16 << 10;
export const TREE = "tree";
const REPLACING = "replacing";

/** Its owner's alone, like everything of gity's in a git directory. */
const PRIVATE = 0o700;

/** Another may have removed the file, or the folder, between two of the steps. */
const LOCK_TRIES_MAX = 8;

/** What is being mirrored: the same, and it can be gone on with. */
export interface AsideSubject {
  /** The declared directory, below the root. */
  readonly path: string;
  /** The directory it comes from, absolute. */
  readonly sourcePath: string;
  readonly sourceId: FileId;
  readonly hasHardLinks: boolean;
}

/** The place of one mirror in the making. */
export interface AsidePlace extends Disposable {
  /** Holds the tree. */
  readonly folder: Fd;
  readonly tree: Fd;
  /** Nobody has moved or removed the tree. */
  readonly hasTree: boolean;
  /** When what is there was begun; undefined when nothing was. */
  readonly begunAtMs: number | undefined;
  /** From now on the tree may be what was in the mirror's place [A3]. */
  readonly beginReplacing: () => void;
  /** It is the mirror again, or may go. */
  readonly endReplacing: () => void;
  /** From now on it is not gone on with any more: what will be there is not of this program's making. */
  readonly endRecord: () => void;
}

/** Of all worktrees of a repository that gity leaves, but for those that somebody is at work in [A1]: what they build is
 *  theirs. Returns where what was replaced is kept [A3]. @throws GityError SHARE_FAILED */
export function removeLeftovers(commonDir: string): readonly string[] {
  using base = openFolder(commonDir);
  using linked = openBelow(base.fd, [OWN_FOLDER, LINKED_FOLDER]);
  const folders = [
    [OWN_FOLDER, SHARE_FOLDER],
    ...(linked === undefined ? [] : namesIn(linked.fd)).map((name) => [
      OWN_FOLDER,
      LINKED_FOLDER,
      name,
    ]),
  ];
  return folders.flatMap((names) => {
    using left = openBelow(base.fd, names);
    using aside = left === undefined ? null : Aside.tryOpenAt({ base: commonDir, names });
    return aside?.clear() ?? [];
  });
}

/** Holds the lock until the end of the scope, and then leaves no empty folder. */
export class Aside implements Disposable {
  /** The git directory, or the common one. */
  readonly #base: OpenEntry;
  readonly #basePath: string;
  /** Below it. */
  readonly #names: readonly string[];
  readonly #folder: OpenEntry;
  readonly #lock: OpenEntry;
  /** Those whose tree may be what was there before, whatever the disk says. */
  readonly #replacing = new Set<string>();

  /** @throws GityError SHARE_FAILED when another has the lock, or nothing can be made there */
  static open(gitDir: string): Aside {
    const aside = Aside.tryOpen(gitDir);
    if (aside === undefined) {
      throw new GityError("SHARE_FAILED", `another 'gity share' is at work for '${gitDir}'`, {
        hint: "wait for its end, or end it",
      });
    }
    return aside;
  }

  /** Undefined when another has the lock. @throws GityError SHARE_FAILED when nothing can be made there */
  static tryOpen(gitDir: string): Aside | undefined {
    return Aside.tryOpenAt(placeOf(gitDir));
  }

  /** The same of a folder that is known. */
  static tryOpenAt({ base, names }: Place): Aside | undefined {
    using stack = new DisposableStack();
    const folder = stack.use(openFolder(base));
    for (let tries = 0; tries < LOCK_TRIES_MAX; tries += 1) {
      using attempt = new DisposableStack();
      const share = attempt.use(makeShareFolder(folder.fd, names, tries < LOCK_TRIES_MAX - 1));
      if (share === null) {
        continue;
      }
      const fd = openLockEntry(share.fd, LOCK);
      if (fd === -ENOENT) {
        continue;
      }
      if (fd < 0) {
        throw shareFailure(`cannot make a lock in '${base}/${names.join("/")}'`, -fd);
      }
      const lock = attempt.use(new OpenEntry(fd));
      if (!lockFile(lock.fd)) {
        return undefined;
      }
      if (isStill(share.fd, lock.fd)) {
        attempt.move();
        stack.move();
        return new Aside({ base: folder, basePath: base, names, folder: share, lock });
      }
    }
    throw new GityError("SHARE_FAILED", `cannot lock '${base}/${names.join("/")}'`);
  }

  private constructor(opened: {
    readonly base: OpenEntry;
    readonly basePath: string;
    readonly names: readonly string[];
    readonly folder: OpenEntry;
    readonly lock: OpenEntry;
  }) {
    this.#base = opened.base;
    this.#basePath = opened.basePath;
    this.#names = opened.names;
    this.#folder = opened.folder;
    this.#lock = opened.lock;
  }

  /** Nobody has removed the lock, nor what it is for: another would take a new one [A1]. */
  get isHeld(): boolean {
    return isStill(this.#folder.fd, this.#lock.fd);
  }

  /** The file system it is on, and no other, can take what is made here without copying it. */
  isOnSameFileSystemAs(directory: Fd): boolean {
    const here = deviceOf(this.#folder.fd);
    return here === deviceOf(directory);
  }

  /** Removes what nobody will go on with. */
  sweep(): void {
    sweepRemoved(this.#base.fd);
    for (const name of this.#namesLeft()) {
      if (!this.#isOfUse(name)) {
        this.#removeLeft(name);
      }
    }
  }

  /** Removes what somebody might have gone on with, too. Where what stays of it is: it may have been replaced [A3]. */
  clear(): readonly string[] {
    return this.#namesLeft()
      .filter((name) => this.#removeLeft(name) === -EBUSY)
      .map((name) => this.#shownTree(name));
  }

  #namesLeft(): readonly string[] {
    using listed = openBelow(this.#folder.fd, []);
    return listed === undefined ? [] : namesIn(listed.fd).filter((name) => name !== LOCK);
  }

  /** @throws GityError SHARE_FAILED */
  openPlace(subject: AsideSubject): AsidePlace {
    const id = idOf(subject.path);
    const text = formatRecord(subject);
    const left = this.#readRecord(id);
    const isSame = left !== undefined && left.text === text && left.bootId === bootId();
    const cleared = isSame ? 0 : this.remove(subject.path);
    if (cleared !== 0) {
      throw this.#leftFailure(subject.path, cleared);
    }
    using stack = new DisposableStack();
    const folder = stack.use(makeBelow(this.#folder.fd, [id], PRIVATE));
    if (!isSame) {
      writeRecord(folder.fd, `${text}${bootId()}\0${Date.now()}\0`);
    }
    const tree = stack.use(makeBelow(folder.fd, [TREE], PRIVATE));
    const opened = stack.move();
    return {
      folder: folder.fd,
      tree: tree.fd,
      get hasTree() {
        return isStill(folder.fd, tree.fd, TREE);
      },
      beginReplacing: () => {
        markReplacing(folder.fd, tree.fd);
        this.#replacing.add(id);
      },
      endReplacing: () => {
        const ended = this.#replacing.has(id) ? removeFileEntry(folder.fd, REPLACING) : 0;
        if (ended !== 0) {
          throw shareFailure("cannot end a mirror", -ended);
        }
        this.#replacing.delete(id);
      },
      begunAtMs: isSame ? left.begunAtMs : undefined,
      endRecord: () => {
        const removed = removeFileEntry(folder.fd, RECORD);
        if (removed !== 0) {
          throw shareFailure("cannot end a mirror", -removed);
        }
      },
      [Symbol.dispose]: () => {
        opened.dispose();
      },
    };
  }

  /** What there is of a mirror. Returns 0, or the negated errno: -EBUSY where it may be what was there before [A3]. */
  remove(path: string): number {
    return this.#removeLeft(idOf(path));
  }

  /** Where the tree of a mirror is, for people. */
  treePath(path: string): string {
    return this.#shownTree(idOf(path));
  }

  #shownTree(id: string): string {
    return [this.#basePath, ...[...this.#names, id, TREE].map(shownPath)].join("/");
  }

  #removeLeft(id: string): number {
    return removeLeft(this.#folder.fd, id, this.#replacing.has(id));
  }

  #leftFailure(path: string, code: number): GityError {
    return code === -EBUSY
      ? new GityError("SHARE_FAILED", `an earlier mirror was cut off while it replaced '${path}'`)
      : shareFailure(`cannot remove '${this.treePath(path)}'`, -code);
  }

  [Symbol.dispose](): void {
    removeFileEntry(this.#folder.fd, LOCK);
    removeEmpty(this.#base.fd, this.#names);
    this.#lock[Symbol.dispose]();
    this.#folder[Symbol.dispose]();
    this.#base[Symbol.dispose]();
  }

  #isOfUse(name: string): boolean {
    const record = this.#readRecord(name);
    if (record === undefined || record.bootId !== bootId()) {
      return false;
    }
    const ageMs = Date.now() - record.begunAtMs;
    return ageMs >= 0 && ageMs < SHARE_REST_AGE_MS_MAX && isThere(record.sourcePath);
  }

  #readRecord(id: string): Record | undefined {
    using folder = openBelow(this.#folder.fd, [id]);
    const fd = folder === undefined ? -1 : openFileEntry(folder.fd, RECORD);
    if (fd < 0) {
      return undefined;
    }
    using file = new OpenEntry(fd);
    const buffer = Buffer.alloc(RECORD_BYTES_MAX);
    const count = readAt(file.fd, buffer, 0);
    return count < 0 ? undefined : parseRecord(buffer.toString("utf8", 0, count));
  }
}

interface Place {
  readonly base: string;
  /** Below it. */
  readonly names: readonly string[];
}

function placeOf(gitDir: string): Place {
  const above = dirname(gitDir);
  const isLinked = basename(above) === WORKTREES_FOLDER && existsSync(join(gitDir, "commondir"));
  return isLinked
    ? { base: dirname(above), names: [OWN_FOLDER, LINKED_FOLDER, ...namesOn(basename(gitDir))] }
    : { base: gitDir, names: [OWN_FOLDER, SHARE_FOLDER] };
}

/** The last of the names, and those above it. Fails while a mirror waits to be gone on with, or others have something
 *  there. Whoever needs one of them just now makes it again. */
function removeEmpty(base: Fd, names: readonly string[]): void {
  for (let depth = names.length - 1; depth >= 0; depth -= 1) {
    using above = openBelow(base, names.slice(0, depth));
    if (above === undefined || removeDirectoryEntry(above.fd, names[depth] ?? "") !== 0) {
      return;
    }
  }
}

/** What was begun for linked worktrees that are no more, unless somebody is at work there [A1]. */
function sweepRemoved(base: Fd): void {
  using listed = openBelow(base, [OWN_FOLDER, LINKED_FOLDER]);
  for (const name of listed === undefined ? [] : namesIn(listed.fd)) {
    using worktree = openBelow(base, [WORKTREES_FOLDER, name]);
    using left = worktree === undefined ? openBelow(base, [OWN_FOLDER, LINKED_FOLDER, name]) : null;
    const fd = left === null || left === undefined ? -1 : openLockEntry(left.fd, LOCK);
    using lock = fd < 0 ? undefined : new OpenEntry(fd);
    if (left !== null && left !== undefined && lock !== undefined && lockFile(lock.fd)) {
      using share = openBelow(left.fd, []);
      for (const each of share === undefined ? [] : namesIn(share.fd)) {
        if (each !== LOCK) {
          removeLeft(left.fd, each);
        }
      }
      removeFileEntry(left.fd, LOCK);
      removeEmpty(base, [OWN_FOLDER, LINKED_FOLDER, name]);
    }
  }
}

/** What there is of a mirror. Returns 0, or the negated errno: -EBUSY where it may be what was there before [A3]. */
function removeLeft(share: Fd, id: string, isReplacing = false): number {
  return mayBeReplaced(share, id, isReplacing) ? -EBUSY : removeEntry(share, id);
}

/** In doubt it is. */
function mayBeReplaced(share: Fd, id: string, isReplacing: boolean): boolean {
  const opened = findBelow(share, [id]);
  if (opened < 0) {
    return opened !== -ENOENT && opened !== -ENOTDIR && opened !== -ELOOP;
  }
  using folder = new OpenEntry(opened);
  const mirror = readLinkEntry(folder.fd, REPLACING);
  if (mirror === -ENOENT && !isReplacing) {
    return false;
  }
  const looked = lookAtEntry(folder.fd, TREE);
  return looked === 0 ? inodeFound() !== mirror : looked !== -ENOENT;
}

/** Null when another has removed the folders at this moment, and there will be another try. */
function makeShareFolder(base: Fd, names: readonly string[], mayRetry: boolean): OpenEntry | null {
  try {
    return makeBelow(base, names, PRIVATE);
  } catch (error) {
    if (mayRetry && error instanceof GityError && error.details["errno"] === "ENOENT") {
      return null;
    }
    throw error;
  }
}

interface Record {
  /** What must be the same. */
  readonly text: string;
  readonly sourcePath: string;
  readonly bootId: string;
  readonly begunAtMs: number;
}

const RECORD_VERSION = "1";

function formatRecord({ path, sourcePath, sourceId, hasHardLinks }: AsideSubject): string {
  const way = hasHardLinks ? "links" : "copies";
  return `${[RECORD_VERSION, path, sourcePath, sourceId.join(":"), way].join("\0")}\0`;
}

function parseRecord(text: string): Record | undefined {
  const fields = text.split("\0");
  const [version, , sourcePath, , , boot, begunAtMs] = fields;
  if (
    fields.length !== 8 ||
    version !== RECORD_VERSION ||
    sourcePath === undefined ||
    boot === undefined ||
    begunAtMs === undefined ||
    !/^\d{1,15}$/.test(begunAtMs)
  ) {
    return undefined;
  }
  return {
    text: `${fields.slice(0, 5).join("\0")}\0`,
    sourcePath,
    bootId: boot,
    begunAtMs: Number(begunAtMs),
  };
}

/** A link, because it is there as a whole or not at all. */
function markReplacing(folder: Fd, tree: Fd): void {
  const looked = lookAtOpen(tree);
  const code =
    looked === 0 ? makeLinkEntry(inodeFound(), { directory: folder, name: REPLACING }) : looked;
  if (code !== 0) {
    throw shareFailure("cannot mark what is replaced", -code);
  }
}

/** Of what the last look has found: the device has another number after the next boot. */
function inodeFound(): string {
  return String(found.inode);
}

function writeRecord(folder: Fd, text: string): void {
  const fd = createFileEntry(folder, RECORD);
  if (fd < 0) {
    throw shareFailure("cannot begin a mirror", -fd);
  }
  using file = new OpenEntry(fd);
  try {
    writeAt(file.fd, Buffer.from(text, "utf8"), 0);
  } catch (error) {
    if (error instanceof SystemCallError) {
      throw shareFailure("cannot begin a mirror", error.errno);
    }
    throw error;
  }
}

/** One mirror at a time of each declared directory. */
function idOf(path: string): string {
  return createHash("sha256").update(path).digest("hex").slice(0, 16);
}

let knownBootId: string | undefined;

/** Where nobody says which boot this is, no run is like another. */
function bootId(): string {
  knownBootId ??= readBootId() ?? randomUUID();
  return knownBootId;
}

function readBootId(): string | undefined {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return undefined;
    }
    throw error;
  }
}

/** Whether what is open, the lock, is what others find by its name. */
function isStill(folder: Fd, opened: Fd, name = LOCK): boolean {
  if (lookAtOpen(opened) !== 0) {
    return false;
  }
  const { id } = found;
  return lookAtEntry(folder, name) === 0 && found.is(id);
}

function isThere(path: string): boolean {
  try {
    openFolder(path)[Symbol.dispose]();
    return true;
  } catch (error) {
    if (error instanceof GityError) {
      return false;
    }
    throw error;
  }
}

function deviceOf(directory: Fd): string | undefined {
  return lookAtOpen(directory) === 0 ? found.id.slice(0, 2).join(":") : undefined;
}
