/**
 * What a process asks about that connects to git's socket: the request names neither the working tree
 * nor the index. The kernel tells (proc(5)). In doubt it asks about something else.
 */

import { readFileSync, readlinkSync } from "node:fs";
import { join, resolve } from "node:path";

import { type FileId, found, lookThrough } from "../ffi/file-status.ts";
import { indexCopyPrefix } from "../protocol/index-placing.ts";

const INDEX_VARIABLE = "GIT_INDEX_FILE=";

const PROC = "/proc/";
/** Where the process stands that was asked about last. */
const place = Buffer.alloc(64, PROC);

export interface WorktreeRoot {
  readonly path: string;
  readonly id: FileId;
}

/**
 * Whether it stands in this worktree. With GIT_WORK_TREE, --work-tree or core.worktree git may ask about
 * another folder; it stands in that folder when it asks (setup.c, setup_work_tree()).
 */
export function standsIn(root: WorktreeRoot, pid: number): boolean {
  const end = place.write(`${pid}/cwd\0`, PROC.length, "latin1");
  if (lookThrough(place) !== 0) {
    return false;
  }
  return (
    found.is(root.id) ||
    orFalse(() =>
      readlinkSync(place.toString("latin1", 0, PROC.length + end - 1)).startsWith(`${root.path}/`),
    )
  );
}

/** Whether its index is the one of this git directory: another may hold files in directories that nobody watches. Our
 *  own copy of it counts as the same: it is of use only while the index is what it was made of. */
export function usesIndexOf(gitDir: string, pid: number): boolean {
  return orFalse(() => {
    const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
    if (environment === "") {
      // Not there yet, or not for us to see.
      return false;
    }
    const variables = environment.split("\0");
    const named = variables.find((variable) => variable.startsWith(INDEX_VARIABLE));
    if (named === undefined) {
      return true;
    }
    const cwd = readlinkSync(`/proc/${pid}/cwd`);
    const path = resolve(cwd, named.slice(INDEX_VARIABLE.length));
    return path === join(gitDir, "index") || path.startsWith(indexCopyPrefix(gitDir));
  });
}

/** A process that has gone, or belongs to somebody else, tells nothing. */
function orFalse(look: () => boolean): boolean {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return false;
    }
    throw error;
  }
}
