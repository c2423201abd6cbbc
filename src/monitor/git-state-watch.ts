/**
 * Notices that index, HEAD or refs of a repository moved, for worktrees that somebody follows.
 *
 * git replaces these files by renaming a lock over them (lockfile.h), and writes down where HEAD was in
 * logs/HEAD. A repository with reftables keeps all of that in reftable/ (gitformat-reftable(5)); an
 * event there may mean HEAD, or a ref.
 *
 * Owns: an inotify instance of its own, which exists while somebody is followed: places here may be
 * those that others watch for another reason. Without one, or where a folder cannot be watched, nothing
 * is noticed; what was lost is told as if everything had moved.
 */

import { readdirSync } from "node:fs";
import { join } from "node:path";

import type { Fd, WatchDescriptor } from "../base/brands.ts";
import { FOLLOWED_REF_FOLDERS_MAX } from "../base/limits.ts";
import { IN_CLOSE_WRITE } from "../ffi/inotify.ts";
import { NAMES_MASK, PlaceWatch } from "../watch/place-watch.ts";
import type { GitStatePart, WorktreeId } from "./messages.ts";

const MASK = NAMES_MASK | IN_CLOSE_WRITE;
const ALL_PARTS: readonly GitStatePart[] = ["index", "head", "refs"];
const LOCK_SUFFIX = ".lock";

export interface FollowedPlace {
  readonly gitDir: string;
  readonly commonDir: string;
}

/** What an event in a folder means; undefined: nothing. An empty name: events were lost. */
type Meaning = (name: string) => readonly GitStatePart[];

/** A git directory of a worktree, or the one a repository has in common: the same folder may be both. */
interface Subject {
  readonly folder: string;
  readonly isCommon: boolean;
  /** Whom it is about. */
  readonly ids: Set<WorktreeId>;
  refFolders: number;
}

interface WatchedFolder {
  wd: WatchDescriptor;
  readonly meanings: Map<Subject, Meaning>;
}

export class GitStateWatch implements Disposable {
  readonly #moved: (worktreeId: WorktreeId, part: GitStatePart) => void;
  readonly #worktrees = new Map<WorktreeId, Subject>();
  /** By their folder. Their refs are watched once, however many worktrees they have. */
  readonly #repositories = new Map<string, Subject>();
  readonly #folders = new Map<string, WatchedFolder>();
  /** What drain() has found so far: many events of one kind are told once. */
  readonly #found = new Map<WorktreeId, Set<GitStatePart>>();
  #places: PlaceWatch | undefined;

  constructor(moved: (worktreeId: WorktreeId, part: GitStatePart) => void) {
    this.#moved = moved;
  }

  /** For poll(2); undefined while nobody is followed. */
  get fd(): Fd | undefined {
    return this.#places?.fd;
  }

  [Symbol.dispose](): void {
    this.#places?.[Symbol.dispose]();
    this.#places = undefined;
    this.#folders.clear();
  }

  follow(worktreeId: WorktreeId, { gitDir, commonDir }: FollowedPlace): void {
    if (this.#worktrees.has(worktreeId)) {
      return;
    }
    this.#places ??= new PlaceWatch();
    const worktree = { folder: gitDir, isCommon: false, ids: new Set([worktreeId]), refFolders: 0 };
    this.#worktrees.set(worktreeId, worktree);
    this.#watchSubject(worktree);
    const known = this.#repositories.get(commonDir);
    if (known !== undefined) {
      known.ids.add(worktreeId);
      return;
    }
    const common = { folder: commonDir, isCommon: true, ids: new Set([worktreeId]), refFolders: 0 };
    this.#repositories.set(commonDir, common);
    this.#watchSubject(common);
  }

  unfollow(worktreeId: WorktreeId): void {
    if (!this.#worktrees.delete(worktreeId)) {
      return;
    }
    for (const [commonDir, { ids }] of this.#repositories) {
      if (ids.delete(worktreeId) && ids.size === 0) {
        this.#repositories.delete(commonDir);
      }
    }
    if (this.#worktrees.size === 0) {
      this[Symbol.dispose]();
      return;
    }
    for (const [path, { wd, meanings }] of this.#folders) {
      for (const subject of meanings.keys()) {
        if (!this.#isFollowed(subject)) {
          meanings.delete(subject);
        }
      }
      if (meanings.size === 0) {
        this.#places?.unwatch(wd);
        this.#folders.delete(path);
      }
    }
  }

  /** Tells of everything that is queued now. @throws SystemCallError */
  drain(): void {
    try {
      this.#places?.drain();
    } finally {
      for (const [id, parts] of this.#found) {
        for (const part of parts) {
          this.#moved(id, part);
        }
      }
      this.#found.clear();
    }
  }

  #isFollowed(subject: Subject): boolean {
    return subject.isCommon
      ? this.#repositories.get(subject.folder) === subject
      : [...subject.ids].some((id) => this.#worktrees.get(id) === subject);
  }

  #watchSubject(subject: Subject): void {
    const { folder, isCommon } = subject;
    this.#watch(folder, subject, isCommon ? ofCommonDirectory : ofGitDirectory);
    this.#watch(join(folder, "reftable"), subject, ofReftable);
    if (isCommon) {
      this.#watchRefs(join(folder, "refs"), subject);
    } else {
      this.#watch(join(folder, "logs"), subject, ofLogs);
    }
  }

  /** This folder and those below it, up to a limit: refs of a hundred thousand branches are packed. */
  #watchRefs(top: string, subject: Subject): void {
    const folders = [top];
    for (const folder of folders) {
      const isKnown = this.#folders.has(folder);
      if (!isKnown && subject.refFolders >= FOLLOWED_REF_FOLDERS_MAX) {
        return;
      }
      if (this.#watch(folder, subject, ofRefs)) {
        // oxlint-disable-next-line no-param-reassign -- It is counted there.
        subject.refFolders += isKnown ? 0 : 1;
        folders.push(...foldersIn(folder));
      }
    }
  }

  /** Once more is once. False when there is no such folder, or it cannot be watched. */
  #watch(path: string, subject: Subject, meaning: Meaning): boolean {
    const wd = this.#places?.watch(path, MASK, (name) => {
      this.#tell(path, name);
    });
    const before = this.#folders.get(path);
    if (wd === undefined) {
      this.#forget(path, before);
      return false;
    }
    const watched = before ?? { wd, meanings: new Map<Subject, Meaning>() };
    // It may have gone and come again.
    watched.wd = wd;
    watched.meanings.set(subject, meaning);
    this.#folders.set(path, watched);
    return true;
  }

  /** It has gone, and the watch with it. */
  #forget(path: string, watched: WatchedFolder | undefined): void {
    for (const [subject, meaning] of watched?.meanings ?? []) {
      // oxlint-disable-next-line no-param-reassign -- It is counted there.
      subject.refFolders -= meaning === ofRefs ? 1 : 0;
    }
    this.#folders.delete(path);
  }

  #tell(path: string, name: string): void {
    const meanings = [...(this.#folders.get(path)?.meanings ?? [])];
    for (const [subject, meaning] of meanings) {
      for (const id of subject.ids) {
        const found = this.#found.get(id) ?? new Set();
        for (const part of name === "" ? ALL_PARTS : meaning(name)) {
          found.add(part);
        }
        this.#found.set(id, found);
      }
    }
    // Only what may be new is looked at: `git fetch` makes hundreds of folders in a row.
    for (const [subject, meaning] of meanings) {
      if (meaning === ofRefs && !name.endsWith(LOCK_SUFFIX)) {
        // A branch `a/b` makes a folder `a`.
        this.#watchRefs(join(path, name), subject);
      } else if (meaning !== ofRefs && PERHAPS_NEW.has(name)) {
        this.#watchSubject(subject);
      }
    }
  }
}

/** The folders that come with `git init`, or with the first reflog; "": events were lost. */
const PERHAPS_NEW: ReadonlySet<string> = new Set(["logs", "refs", "reftable", ""]);

function ofGitDirectory(name: string): readonly GitStatePart[] {
  switch (name) {
    case "index":
      return ["index"];
    case "HEAD":
      return ["head"];
    default:
      return [];
  }
}

function ofLogs(name: string): readonly GitStatePart[] {
  return name === "HEAD" ? ["head"] : [];
}

function ofCommonDirectory(name: string): readonly GitStatePart[] {
  return name === "packed-refs" ? ["refs"] : [];
}

function ofReftable(name: string): readonly GitStatePart[] {
  return name === "tables.list" ? ["head", "refs"] : [];
}

function ofRefs(name: string): readonly GitStatePart[] {
  return name.endsWith(LOCK_SUFFIX) ? [] : ["refs"];
}

function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(folder, name));
  } catch {
    // Gone meanwhile.
    return [];
  }
}
