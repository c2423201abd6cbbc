/**
 * Which worktree this is about, as git finds it from the current folder (setup.c,
 * setup_git_directory_gently_1()). Where git would look twice, nothing is found: then it is git's own business.
 */

import { lstatSync, readFileSync, statSync } from "node:fs";

import { placeOfWorktree } from "../../base/home.ts";
import { PATH_BYTES_MAX } from "../../base/limits.ts";
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

interface Found extends StatusPlace, GitDirectory {
  readonly rootStatus: FolderStatus;
}

interface FolderStatus {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly uid: bigint;
}

const LINK_PREFIX = "gitdir: ";

/** A path, what stands in front of it, and the end of the line. */
const PATH_FILE_BYTES_MAX = PATH_BYTES_MAX + 16;

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
    const candidate = `${root}/.git`;
    const status = statSync(candidate, { bigint: true, throwIfNoEntry: false });
    if (status !== undefined) {
      const folder = latin1Of(from.slice(root.length + 1));
      const found = status.isDirectory()
        ? { gitDir: candidate, gitDirStatus: status, commonDir: candidate }
        : followLink(root, candidate);
      return folder !== undefined && found !== undefined && isGitDirectory(found)
        ? { root, folder, rootStatus, ...found }
        : undefined;
    }
    if (exists(`${root}/HEAD`)) {
      // A bare repository perhaps, or a git directory.
      return undefined;
    }
  }
  return undefined;
}

interface GitDirectory {
  readonly gitDir: string;
  readonly gitDirStatus: FolderStatus;
  readonly commonDir: string;
}

/** The git directory of a linked worktree, or of a submodule. @throws when it is none */
function followLink(root: string, link: string): GitDirectory | undefined {
  const content = readPathFile(link);
  if (content?.startsWith(LINK_PREFIX) !== true) {
    return undefined;
  }
  const gitDir = pathIn(root, content.slice(LINK_PREFIX.length));
  const common = readPathFile(`${gitDir}/commondir`);
  return {
    gitDir,
    gitDirStatus: statSync(gitDir, { bigint: true }),
    commonDir: common === undefined ? gitDir : pathIn(gitDir, common),
  };
}

/** Of a regular file of a size that a path has; anything else might never end. */
function readPathFile(path: string): string | undefined {
  const status = statSync(path, { throwIfNoEntry: false });
  return status?.isFile() === true && status.size <= PATH_FILE_BYTES_MAX
    ? readFileSync(path, "utf8")
    : undefined;
}

/** For the kernel, which needs no tidy spelling. */
function pathIn(folder: string, line: string): string {
  const path = line.replace(/[\r\n]+$/, "");
  return path.startsWith("/") ? path : `${folder}/${path}`;
}

/** What git takes for one (setup.c, is_git_directory()): what is none, it goes by. */
function isGitDirectory({ gitDir, commonDir }: GitDirectory): boolean {
  return exists(`${gitDir}/HEAD`) && exists(`${commonDir}/objects`) && exists(`${commonDir}/refs`);
}

/** Links are not followed: HEAD may be one, to a branch that is not there yet. */
function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
