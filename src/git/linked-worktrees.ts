/**
 * The linked worktrees a repository knows, by the files git keeps of them (gitrepository-layout(5), "worktrees"): without
 * git, and whatever bytes their names are made of. All paths are one character a byte.
 */

import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { posix } from "node:path";

import { orUndefined } from "../base/or-undefined.ts";

export interface LinkedWorktree {
  /** `<commondir>/worktrees/<name>`. */
  readonly gitDir: string;
  /** Where it is, or was. */
  readonly root: string;
  /** Another one once git has made a worktree in the place of one with the same name. */
  readonly identity: string;
}

const LINK_NAME = "/.git";
const LINK = /^gitdir: ([^\n]+)\n*$/;

/** `commonDir` is absolute. What goes meanwhile, and what git has not finished, is left out. */
export function readLinkedWorktrees(commonDir: string): readonly LinkedWorktree[] {
  const folder = `${commonDir}/worktrees`;
  const names = orUndefined(() => readdirSync(bytesOf(folder), { encoding: "buffer" })) ?? [];
  return names.flatMap((name) => {
    const gitDir = `${folder}/${name.toString("latin1")}`;
    return orUndefined(() => readOne(gitDir)) ?? [];
  });
}

/**
 * Whether something else is where the worktree was: another repository, or another worktree. git does not look at what
 * `.git` there leads to, and takes it for the worktree. False where there is nothing, and where it cannot be told.
 */
export function isReplaced({ root, gitDir }: LinkedWorktree): boolean {
  const link = `${root}${LINK_NAME}`;
  return (
    orUndefined(() => {
      const status = statSync(bytesOf(link));
      if (!status.isFile()) {
        return status.isDirectory();
      }
      const target = LINK.exec(readFileSync(bytesOf(link), "latin1"))?.[1];
      return target !== undefined && realPathOf(posix.resolve(root, target)) !== realPathOf(gitDir);
    }) === true
  );
}

function realPathOf(path: string): string {
  return realpathSync(bytesOf(path), { encoding: "buffer" }).toString("latin1");
}

function readOne(gitDir: string): readonly LinkedWorktree[] {
  const file = bytesOf(`${gitDir}/gitdir`);
  const status = statSync(file, { bigint: true });
  // Written once; a pipe would never end.
  const link = status.isFile() ? readFileSync(file, "latin1").replace(/\n$/, "") : "";
  if (!link.endsWith(LINK_NAME)) {
    return [];
  }
  // Relative to the git directory, with worktree.useRelativePaths.
  const root = posix.resolve(gitDir, link.slice(0, -LINK_NAME.length) || "/");
  return [{ gitDir, root, identity: `${status.ino} ${status.mtimeNs}` }];
}

function bytesOf(path: string): Buffer {
  return Buffer.from(path, "latin1");
}
