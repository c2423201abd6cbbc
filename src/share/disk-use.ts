/**
 * What a worktree takes on disk: every file and directory in it looked at, on its own file system, no link followed.
 *
 * Names of files never become strings: a million of them in one directory take no memory.
 */

import type { Fd } from "../base/brands.ts";
import { SHARE_DEPTH_MAX } from "../base/limits.ts";
import { nameOf, openDirectory, visitEntries } from "../ffi/directory.ts";
import { openDirectoryEntry } from "../ffi/entries.ts";
import { AT_FDCWD, found, lookAt, lookAtOpen } from "../ffi/file-status.ts";
import { cString, SystemCallError } from "../ffi/libc.ts";
import type { DiskQuestion, DiskUse } from "../protocol/disk-use.ts";
import { openBelow, namesOn, OpenEntry } from "./open-below.ts";
import { expandPath, normalizePath, whyNotDeclared } from "./paths.ts";

/** Between two words on how far it is. */
const PROGRESS_ENTRIES = 5000;

/** What goes, or may not be looked into, is not counted. */
export function measureDiskUse(
  { root, gitDir, others, shared }: DiskQuestion,
  onProgress: (entries: number) => void,
): DiskUse {
  const fd = openDirectory(cString(root, "latin1"));
  if (fd < 0) {
    return { bytes: 0, sharedBytes: 0 };
  }
  using opened = new OpenEntry(fd);
  const walk = new DiskWalk(onProgress, others, inodesOf(root, opened.fd, shared));
  walk.add(opened.fd);
  const gitFd = gitDir === null ? -1 : openDirectory(cString(gitDir, "latin1"));
  if (gitFd >= 0) {
    using own = new OpenEntry(gitFd);
    walk.add(own.fd);
  }
  return { bytes: walk.bytes, sharedBytes: walk.sharedBytes };
}

/** Of the declared directories that are there. None where the root's name cannot be spelt. */
function inodesOf(root: string, folder: Fd, shared: readonly string[]): ReadonlySet<number> {
  const bytes = Buffer.from(root, "latin1");
  const text = bytes.toString("utf8");
  const good = Buffer.from(text, "utf8").equals(bytes)
    ? shared.map(normalizePath).filter((path) => whyNotDeclared(path) === undefined)
    : [];
  const inodes = new Set<number>();
  for (const path of good.flatMap((each) => expandPath(text, each))) {
    using directory = openBelow(folder, namesOn(path));
    if (directory !== undefined && lookAtOpen(directory.fd) === 0) {
      inodes.add(inodeFound());
    }
  }
  return inodes;
}

class DiskWalk {
  bytes = 0;
  sharedBytes = 0;
  readonly #onProgress: (entries: number) => void;
  readonly #others: readonly string[];
  readonly #shared: ReadonlySet<number>;
  /** Of files with several names. */
  readonly #seen = new Set<number>();
  #left: ReadonlySet<number> = new Set();
  #device = "";
  #entries = 0;

  constructor(
    onProgress: (entries: number) => void,
    others: readonly string[],
    shared: ReadonlySet<number>,
  ) {
    this.#onProgress = onProgress;
    this.#others = others;
    this.#shared = shared;
  }

  /** A directory with all that is in it. */
  add(directory: Fd): void {
    if (lookAtOpen(directory) !== 0) {
      return;
    }
    const device = deviceFound();
    this.#count(false);
    if (device !== this.#device) {
      this.#device = device;
      this.#left = this.#inodesOfOthers(device);
    }
    this.#walk(directory, false, 0);
  }

  /** Inodes are told apart within a file system only, and no other is entered. */
  #inodesOfOthers(device: string): ReadonlySet<number> {
    const here = this.#others.filter(
      (path) => lookAt(AT_FDCWD, cString(path, "latin1")) === 0 && deviceFound() === device,
    );
    return new Set(
      here.map((path) => (lookAt(AT_FDCWD, cString(path, "latin1")) === 0 ? inodeFound() : 0)),
    );
  }

  #walk(directory: Fd, isShared: boolean, depth: number): void {
    for (const name of this.#directoriesIn(directory, isShared)) {
      const fd = openDirectoryEntry(directory, name);
      if (fd < 0) {
        continue;
      }
      using opened = new OpenEntry(fd);
      if (lookAtOpen(opened.fd) !== 0 || deviceFound() !== this.#device) {
        continue;
      }
      const inode = inodeFound();
      if (this.#left.has(inode)) {
        continue;
      }
      const isSharedHere = isShared || this.#shared.has(inode);
      this.#count(isSharedHere);
      if (depth < SHARE_DEPTH_MAX) {
        this.#walk(opened.fd, isSharedHere, depth + 1);
      }
    }
  }

  /** Counts the rest. */
  #directoriesIn(directory: Fd, isShared: boolean): readonly string[] {
    const names: string[] = [];
    try {
      visitEntries(directory, (entry) => {
        if (lookAt(directory, entry.address) !== 0) {
          return;
        }
        if (found.isDirectory) {
          names.push(nameOf(entry));
        } else if (found.links < 2 || this.#isFirstName()) {
          this.#count(isShared);
        }
      });
    } catch (error) {
      // It went meanwhile, or the disk has a hole there: what was seen counts.
      if (!(error instanceof SystemCallError)) {
        throw error;
      }
    }
    return names;
  }

  #isFirstName(): boolean {
    const inode = inodeFound();
    const isFirst = !this.#seen.has(inode);
    this.#seen.add(inode);
    return isFirst;
  }

  /** What was looked at last. */
  #count(isShared: boolean): void {
    this.bytes += found.allocatedBytes;
    this.sharedBytes += isShared ? found.allocatedBytes : 0;
    this.#entries += 1;
    if (this.#entries % PROGRESS_ENTRIES === 0) {
      this.#onProgress(this.#entries);
    }
  }
}

function inodeFound(): number {
  const [, , inode, inodeHigh] = found.id;
  return inode + inodeHigh * 2 ** 32;
}

function deviceFound(): string {
  const [major, minor] = found.id;
  return `${major}:${minor}`;
}
