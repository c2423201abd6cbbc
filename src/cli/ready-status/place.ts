/**
 * Which worktree this is about, as git finds it from the current folder (setup.c,
 * setup_git_directory_gently_1()). Where git would look twice, nothing is found: then it is git's own business.
 */

import { lstatSync, readFileSync, statSync } from "node:fs";

import { placeOfWorktree } from "../../base/home.ts";
import { orUndefined } from "../../base/or-undefined.ts";
import { latin1Of } from "./bytes.ts";

export interface StatusPlace {
  /** The worktree's; absolute. */
  readonly root: string;
  /** Absolute, but not tidy: it may hold symlinks and `..`. */
  readonly gitDir: string;
  /** Where git was asked, below the root: one character a byte, empty at the root. */
  readonly folder: string;
}

interface Found extends StatusPlace {
  readonly rootStatus: FolderStatus;
  readonly gitDirStatus: FolderStatus;
}

interface FolderStatus {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly uid: bigint;
}

const LINK_PREFIX = "gitdir: ";

/** With the name of the file that is kept for the worktree in `folder`; undefined in doubt. */
export function findPlace(
  from: string,
  folder: string,
): (StatusPlace & { readonly file: string }) | undefined {
  const found = orUndefined(() => findWorktree(from));
  if (found === undefined || !isOwn(found.rootStatus) || !isOwn(found.gitDirStatus)) {
    return undefined;
  }
  const { root, gitDir, folder: below, rootStatus, gitDirStatus } = found;
  const file = placeOfWorktree(folder, rootStatus, gitDirStatus);
  return { root, gitDir, folder: below, file };
}

/** git refuses to work in another user's, unless it was told otherwise (safe.directory). */
function isOwn({ uid }: FolderStatus): boolean {
  return Number(uid) === process.geteuid?.();
}

function findWorktree(from: string): Found | undefined {
  let device: bigint | undefined;
  for (let root = from; root !== ""; root = root.slice(0, root.lastIndexOf("/"))) {
    const rootStatus = statSync(root, { bigint: true });
    device ??= rootStatus.dev;
    if (rootStatus.dev !== device) {
      // git stops where a file system begins.
      return undefined;
    }
    const gitDir = findGitDir(root);
    if (gitDir !== undefined) {
      const folder = latin1Of(from.slice(root.length + 1));
      const gitDirStatus = statSync(gitDir, { bigint: true });
      return folder !== undefined && isGitDirectory(gitDir)
        ? { root, gitDir, folder, rootStatus, gitDirStatus }
        : undefined;
    }
    if (exists(`${root}/HEAD`)) {
      // A bare repository perhaps, or a git directory.
      return undefined;
    }
  }
  return undefined;
}

/** @throws when a file of this name cannot be looked at */
function findGitDir(root: string): string | undefined {
  const candidate = `${root}/.git`;
  const status = statSync(candidate, { throwIfNoEntry: false });
  if (status?.isFile() !== true) {
    return status === undefined ? undefined : candidate;
  }
  const link = readFileSync(candidate, "utf8");
  const target = link.slice(LINK_PREFIX.length).replace(/[\r\n]+$/, "");
  if (!link.startsWith(LINK_PREFIX)) {
    return candidate;
  }
  // For the kernel, which needs no tidy spelling.
  return target.startsWith("/") ? target : `${root}/${target}`;
}

/** What git takes for one (setup.c, is_git_directory()): what is none, it goes by. */
function isGitDirectory(gitDir: string): boolean {
  const common = orUndefined(() => readFileSync(`${gitDir}/commondir`, "utf8"));
  const target = common?.replace(/[\r\n]+$/, "");
  const commonDir =
    target === undefined || target.startsWith("/") ? (target ?? gitDir) : `${gitDir}/${target}`;
  return exists(`${gitDir}/HEAD`) && exists(`${commonDir}/objects`) && exists(`${commonDir}/refs`);
}

/** Links are not followed: HEAD may be one, to a branch that is not there yet. */
function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
