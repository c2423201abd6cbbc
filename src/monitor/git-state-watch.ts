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
import { basename, join } from "node:path";

import type { Fd } from "../base/brands.ts";
import { FOLLOWED_REF_FOLDERS_MAX } from "../base/limits.ts";
import { IN_CLOSE_WRITE } from "../ffi/inotify.ts";
import { NAMES_MASK, PlaceWatch } from "../watch/place-watch.ts";
import type { GitStatePart, WorktreeId } from "./messages.ts";

const MASK = NAMES_MASK | IN_CLOSE_WRITE;
const ALL_PARTS: readonly GitStatePart[] = ["index", "head", "refs"];
const LOCK_SUFFIX = ".lock";
const REFS = "refs";
/** In a git directory, and not there from the beginning. */
const LATE_FOLDERS = new Set([REFS, "logs", "reftable"]);

/** What an event in a folder means; undefined: nothing. An empty name: events were lost. */
type Meaning = (name: string) => readonly GitStatePart[];

interface Listener {
  readonly id: WorktreeId;
  readonly meaning: Meaning;
}

interface Follower {
  readonly gitDir: string;
  readonly commonDir: string;
}

export class GitStateWatch implements Disposable {
  readonly #moved: (worktreeId: WorktreeId, part: GitStatePart) => void;
  readonly #followers = new Map<WorktreeId, Follower>();
  #places: PlaceWatch | undefined;
  /** What has moved, and was not told yet. */
  readonly #news = new Map<WorktreeId, Set<GitStatePart>>();
  /** Folders that are watched, or were. */
  #watched = 0;
  /** Something came that changes which places there are, or events were lost. */
  #isOutdated = false;

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
  }

  follow(worktreeId: WorktreeId, follower: Follower): void {
    if (!this.#followers.has(worktreeId)) {
      this.#followers.set(worktreeId, follower);
      this.#watchAll();
    }
  }

  unfollow(worktreeId: WorktreeId): void {
    if (this.#followers.delete(worktreeId)) {
      this.#watchAll();
    }
  }

  /** Tells of everything that is queued now, of each part once. @throws SystemCallError */
  drain(): void {
    this.#places?.drain();
    for (const [id, parts] of this.#news) {
      for (const part of parts) {
        this.#moved(id, part);
      }
    }
    this.#news.clear();
    if (this.#isOutdated) {
      this.#watchAll();
    }
  }

  /** They are few and change seldom: all are watched anew. */
  #watchAll(): void {
    this[Symbol.dispose]();
    this.#isOutdated = false;
    this.#watched = 0;
    if (this.#followers.size === 0) {
      return;
    }
    this.#places = new PlaceWatch();
    const folders = new Map<string, Listener[]>();
    const add = (folder: string, id: WorktreeId, meaning: Meaning): void => {
      folders.set(folder, [...(folders.get(folder) ?? []), { id, meaning }]);
    };
    for (const [id, { gitDir, commonDir }] of this.#followers) {
      add(gitDir, id, ofGitDirectory);
      add(join(gitDir, "logs"), id, ofLogs);
      add(commonDir, id, ofCommonDirectory);
      add(join(commonDir, "reftable"), id, ofReftable);
      if (gitDir !== commonDir) {
        add(join(gitDir, "reftable"), id, ofReftable);
      }
      add(join(commonDir, REFS), id, ofRefs);
    }
    for (const [folder, listeners] of folders) {
      if (basename(folder) === REFS) {
        this.#watchRefs(folder, listeners);
      } else {
        this.#watch(folder, listeners, (name) => {
          this.#isOutdated ||= name === "" || LATE_FOLDERS.has(name);
        });
      }
    }
  }

  /** A folder of refs, and those below it: a branch `a/b` makes a folder `a`. */
  #watchRefs(top: string, listeners: readonly Listener[]): void {
    const room = FOLLOWED_REF_FOLDERS_MAX - this.#watched;
    for (const folder of refFolders(top, room)) {
      this.#watch(folder, listeners, (name) => {
        if (name === "") {
          this.#isOutdated = true;
        } else if (!name.endsWith(LOCK_SUFFIX) && isDirectory(join(folder, name))) {
          this.#watchRefs(join(folder, name), listeners);
        }
      });
    }
  }

  #note(id: WorktreeId, part: GitStatePart): void {
    const parts = this.#news.get(id) ?? new Set();
    this.#news.set(id, parts.add(part));
  }

  #watch(folder: string, listeners: readonly Listener[], follow: (name: string) => void): void {
    this.#watched += 1;
    this.#places?.watch(folder, MASK, (name) => {
      for (const { id, meaning } of listeners) {
        for (const part of name === "" ? ALL_PARTS : meaning(name)) {
          this.#note(id, part);
        }
      }
      follow(name);
    });
  }
}

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

function isDirectory(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch {
    // A file, or gone again.
    return false;
  }
}

/** This folder and those below it, up to a limit: refs of a hundred thousand branches are packed. */
function refFolders(top: string, max: number): readonly string[] {
  const folders = [top];
  for (let i = 0; i < folders.length && folders.length < max; i += 1) {
    const folder = folders[i] ?? top;
    try {
      const entries = readdirSync(folder, { withFileTypes: true });
      folders.push(
        ...entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name)),
      );
    } catch {
      // Gone meanwhile.
    }
  }
  return folders.slice(0, Math.max(0, max));
}
