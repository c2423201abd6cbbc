/**
 * Directories below the root that have a `.git` of their own, and which of them are no repository yet.
 *
 * git shows a nested repository as one entry, and any other directory by what is in it. Which of
 * the two it is depends on what is inside its `.git` (setup.c, is_git_directory()), where nothing is
 * watched: `git init` makes the directory first and HEAD later, and the `.git` file of a submodule
 * is written before the repository it names is filled. Whoever looks in between must be told again.
 *
 * Owns: the lists of these directories.
 *
 * INVARIANT
 *
 *   [W7] A directory whose `.git` appeared is reported with every answer, until one after its
 *        `.git` was found to be a whole repository, or gone. (One that was whole and is damaged
 *        later, HEAD deleted in it, is not noticed while its `.git` stays.)
 */

import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, statSync } from "node:fs";
import { normalize } from "node:path";

import type { BytePath } from "../base/brands.ts";
import { NESTED_CHECKS_MAX } from "../base/limits.ts";
import type { ChangeSink } from "./backend.ts";
import type { DirectoryNode, DirectoryTree } from "./directory-tree.ts";

/** Longer than any HEAD, and than the path in any `.git` file. */
const SMALL_FILE_BYTES_MAX = 4200;

/** setup.c, validate_headref(): a reference, or an object id. */
const HEAD = /^(?:ref:\s*refs\/|[0-9a-f]{40})/;
const LINK = /^gitdir: (.+)/;

/** `unfinished` stands for every doubt as well. */
export type NestedState = "repository" | "unfinished" | "none";

export class NestedRepositories {
  readonly #root: BytePath;
  readonly #tree: DirectoryTree;
  readonly #sink: ChangeSink;
  /** All that had one when they were looked at last; some may have lost it. */
  readonly #seen = new Set<DirectoryNode>();
  readonly #unfinished = new Set<DirectoryNode>();

  /** `root` is the worktree's, as text. */
  constructor(root: string, tree: DirectoryTree, sink: ChangeSink) {
    this.#root = Buffer.from(root, "utf8").toString("latin1") as BytePath;
    this.#tree = tree;
    this.#sink = sink;
  }

  /** A walk has found a `.git` in this directory. */
  found(directory: DirectoryNode): void {
    this.#seen.add(directory);
  }

  /** Paths of all that have one, and of some that may have had one: at most so many and one more. */
  paths(countMax: number): readonly BytePath[] {
    const paths: BytePath[] = [];
    for (const directory of this.#seen) {
      if (paths.length > countMax) {
        break;
      }
      if (this.#tree.isAttached(directory)) {
        paths.push(this.#tree.path(directory));
      } else {
        this.#seen.delete(directory);
      }
    }
    return paths;
  }

  /** A `.git` was seen in this directory, which has been reported. */
  appeared(directory: DirectoryNode): void {
    if (directory !== this.#tree.root) {
      this.#seen.add(directory);
    }
    if (directory !== this.#tree.root && this.#stateOf(directory) === "unfinished") {
      this.#unfinished.add(directory);
    }
  }

  /** [W7] To be called before each answer. */
  report(): void {
    let checks = 0;
    for (const directory of this.#unfinished) {
      if (!this.#tree.isAttached(directory)) {
        this.#unfinished.delete(directory);
        continue;
      }
      const path = this.#tree.path(directory);
      this.#sink.entryChanged(path);
      this.#sink.coneChanged(path);
      this.#sink.listingChanged(path);
      checks += 1;
      if (checks <= NESTED_CHECKS_MAX && this.#stateOf(directory) !== "unfinished") {
        this.#unfinished.delete(directory);
      }
    }
  }

  #stateOf(directory: DirectoryNode): NestedState {
    return nestedState(this.#root, `${this.#root}/${this.#tree.path(directory)}` as BytePath);
  }
}

/**
 * What the `.git` in `directory` is at this moment, by the rules of git, or stricter ones. Both
 * paths are absolute. Does not follow a `.git` file out of the worktree: what lies there may be on a
 * file system that does not answer.
 */
export function nestedState(root: BytePath, directory: BytePath): NestedState {
  const dotGit = `${directory}/.git`;
  try {
    const isLink = !statSync(bytes(dotGit)).isDirectory();
    const gitDir = isLink ? linkTarget(root, directory, readSmall(dotGit)) : dotGit;
    return gitDir !== undefined && isGitDirectory(gitDir) ? "repository" : "unfinished";
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) {
      throw error;
    }
    return mayBeThere(dotGit) ? "unfinished" : "none";
  }
}

/** Where a `.git` file leads, if that is below the worktree's root. */
function linkTarget(root: BytePath, directory: BytePath, text: string): string | undefined {
  const named = LINK.exec(text)?.[1]?.trimEnd() ?? "";
  const target = normalize(named.startsWith("/") ? named : `${directory}/${named}`);
  return named !== "" && target.startsWith(`${root}/`) ? target : undefined;
}

/** @throws ENOENT, … when a part of it is missing. */
function isGitDirectory(gitDir: string): boolean {
  // A linked worktree's has its objects and references elsewhere (gitrepository-layout(5)).
  const common = isThere(`${gitDir}/commondir`)
    ? absolute(gitDir, readSmall(`${gitDir}/commondir`).trimEnd())
    : gitDir;
  return (
    HEAD.test(readSmall(`${gitDir}/HEAD`)) &&
    statSync(bytes(`${common}/objects`)).isDirectory() &&
    statSync(bytes(`${common}/refs`)).isDirectory()
  );
}

function absolute(folder: string, path: string): string {
  return path.startsWith("/") ? path : `${folder}/${path}`;
}

/** Also where nobody may look. */
function mayBeThere(path: string): boolean {
  try {
    return isThere(path);
  } catch {
    return true;
  }
}

function isThere(path: string): boolean {
  return lstatSync(bytes(path), { throwIfNoEntry: false }) !== undefined;
}

/** The beginning of a regular file, as latin1; of anything else nothing, without waiting for it. */
function readSmall(path: string): string {
  const fd = openSync(bytes(path), constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(fd).isFile()) {
      return "";
    }
    const content = Buffer.alloc(SMALL_FILE_BYTES_MAX);
    return content.toString("latin1", 0, readSync(fd, content));
  } finally {
    closeSync(fd);
  }
}

function bytes(path: string): Buffer {
  return Buffer.from(path, "latin1");
}
