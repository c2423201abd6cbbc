/**
 * What a process asks about that connects to git's socket: the request names neither the working tree
 * nor the index. The kernel tells (proc(5)). In doubt it asks about something else.
 */

import { readFileSync, readlinkSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

const INDEX_VARIABLE = "GIT_INDEX_FILE=";

/**
 * Whether it stands in this worktree. With GIT_WORK_TREE, --work-tree or core.worktree git may ask about
 * another folder; it stands in that folder when it asks (setup.c, setup_work_tree()).
 */
export function standsIn(root: string, pid: number): boolean {
  return orFalse(() => {
    const place = `/proc/${pid}/cwd`;
    const own = statSync(root, { bigint: true });
    const its = statSync(place, { bigint: true });
    const isRoot = own.dev === its.dev && own.ino === its.ino;
    return isRoot || readlinkSync(place).startsWith(`${root}/`);
  });
}

/** Whether its index is the one of this git directory: another may hold files in directories that
 *  nobody watches. */
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
    return resolve(cwd, named.slice(INDEX_VARIABLE.length)) === join(gitDir, "index");
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
