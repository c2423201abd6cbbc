/**
 * Finds the git directory the way git does for the directory it runs the hook in
 * (gitrepository-layout(5); setup.c, setup_git_directory_gently()).
 */

import { readFileSync, statSync } from "node:fs";

import { indexCopyPrefix } from "../protocol/index-placing.ts";

const LINK_PREFIX = "gitdir: ";

export interface GitDirectory {
  /** Absolute, but not tidy: it may hold symlinks and `..`. */
  readonly path: string;
  /** The folder whose changes the caller wants to know. */
  readonly worktree: string;
  /** True when GIT_DIR named it: then only the log can tell whether it belongs to this folder. */
  readonly isNamed: boolean;
  /** False when GIT_INDEX_FILE names another index than the worktree's own, or gity's copy of that. */
  readonly isOwnIndex: boolean;
}

/** Undefined when `from` is in no worktree. @throws when a file on the way cannot be read. */
export function findGitDirectory(
  from: string,
  environment: Readonly<Record<string, string | undefined>>,
): GitDirectory | undefined {
  const named = environment["GIT_DIR"];
  const index = environment["GIT_INDEX_FILE"];
  const found = (path: string, worktree: string, isNamed: boolean): GitDirectory => ({
    path,
    worktree,
    isNamed,
    // Another spelling of the same path counts as another index, which costs time and no more.
    isOwnIndex: index === undefined || isOwn(absolute(from, index), path),
  });
  if (named !== undefined && named !== "") {
    return found(absolute(from, named), from, true);
  }
  for (let folder = from; folder !== ""; folder = folder.slice(0, folder.lastIndexOf("/"))) {
    const candidate = `${folder}/.git`;
    const stat = statSync(candidate, { throwIfNoEntry: false });
    if (stat?.isDirectory() === true) {
      return found(candidate, folder, false);
    }
    if (stat?.isFile() === true) {
      const link = readFileSync(candidate, "utf8");
      return link.startsWith(LINK_PREFIX)
        ? found(absolute(folder, link.slice(LINK_PREFIX.length).trimEnd()), folder, false)
        : undefined;
    }
  }
  return undefined;
}

function isOwn(index: string, gitDir: string): boolean {
  return index === `${gitDir}/index` || index.startsWith(indexCopyPrefix(gitDir));
}

/** For the kernel, which needs no tidy spelling; node:path takes longer to load than all of this. */
function absolute(folder: string, path: string): string {
  return path.startsWith("/") ? path : `${folder}/${path}`;
}
