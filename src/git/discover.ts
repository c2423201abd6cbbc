/**
 * From any path to the repository it is in: its common directory and all its worktrees, as git
 * itself sees them.
 *
 * All paths that leave this file are absolute, without symlinks, and valid UTF-8.
 */

import { realpathSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";

import { GityError } from "../base/errors.ts";
import { firstComplaint, gitFailure, runGit } from "./run.ts";

export interface WorktreeLocation {
  readonly root: string;
  readonly gitDir: string;
}

export interface DiscoveredWorktree extends WorktreeLocation {
  readonly commonDir: string;
}

export interface DiscoveredRepository {
  readonly commonDir: string;
  /** The one the path is in. */
  readonly worktree: WorktreeLocation;
  /** All that exist, the one above included, git's order first. */
  readonly worktrees: readonly WorktreeLocation[];
}

/** Linked worktrees are asked about in groups: each question is a process. */
const WORKTREES_AT_ONCE = 8;

/** @throws GityError NOT_A_REPOSITORY, BARE_REPOSITORY, UNSUPPORTED_PATH, PERMISSION_DENIED */
export async function discoverRepository(path: string): Promise<DiscoveredRepository> {
  const { commonDir, root, gitDir } = await discoverWorktree(path);
  const worktrees = await discoverWorktreesOf(commonDir, root, [root]);
  return { commonDir, worktree: { root, gitDir }, worktrees };
}

/** The worktree a path is in. @throws as discoverRepository() */
export async function discoverWorktree(path: string): Promise<DiscoveredWorktree> {
  const folder = existingFolder(path);
  await refuseUnlessInWorktree(path, folder);
  const [root, gitDir, commonDir] = await Promise.all([
    askForPath(folder, ["--show-toplevel"]),
    askForPath(folder, ["--absolute-git-dir"]),
    askForPath(folder, ["--path-format=absolute", "--git-common-dir"]),
  ]);
  return { root, gitDir, commonDir };
}

/**
 * All worktrees of a repository that exist now. `cwd` is any folder git works in for it, `known`
 * are roots to look at besides: git cannot name the main worktree of every repository.
 */
export async function discoverWorktreesOf(
  commonDir: string,
  cwd: string,
  known: readonly string[],
): Promise<readonly WorktreeLocation[]> {
  const found: WorktreeLocation[] = [];
  const candidates = await listCandidates(commonDir, cwd, known);
  for (let at = 0; at < candidates.length; at += WORKTREES_AT_ONCE) {
    const group = candidates.slice(at, at + WORKTREES_AT_ONCE);
    const worktrees = await Promise.all(group.map((root) => discoverOrUndefined(root)));
    for (const worktree of worktrees) {
      // A folder that now belongs to somebody else, or stands for one above it, is not ours.
      if (
        worktree?.commonDir === commonDir &&
        !found.some((earlier) => earlier.gitDir === worktree.gitDir)
      ) {
        found.push({ root: worktree.root, gitDir: worktree.gitDir });
      }
    }
  }
  return found;
}

/**
 * The folder itself, or the one a file is in, with symlinks resolved.
 *
 * @throws GityError NOT_A_REPOSITORY, PERMISSION_DENIED
 */
export function existingFolder(path: string): string {
  try {
    const real = decodePath(realpathSync(path, { encoding: "buffer" }));
    return statSync(real).isDirectory() ? real : dirname(real);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") {
      throw new GityError("NOT_A_REPOSITORY", `cannot find '${path}': no such file or directory`, {
        cause: error,
      });
    }
    if (code === "EACCES") {
      throw new GityError("PERMISSION_DENIED", `cannot look into '${path}': permission denied`, {
        cause: error,
      });
    }
    throw error;
  }
}

async function discoverOrUndefined(root: string): Promise<DiscoveredWorktree | undefined> {
  try {
    const worktree = await discoverWorktree(root);
    return worktree.root === existingFolder(root) ? worktree : undefined;
  } catch (error) {
    if (error instanceof GityError) {
      return undefined;
    }
    throw error;
  }
}

async function refuseUnlessInWorktree(path: string, folder: string): Promise<void> {
  const args = [
    "rev-parse",
    "--is-bare-repository",
    "--is-inside-git-dir",
    "--is-inside-work-tree",
  ];
  const result = await runGit(args, { cwd: folder });
  if (result.exitCode !== 0) {
    throw discoveryFailure(path, args, result);
  }
  const [isBare, isInsideGitDir, isInsideWorktree] = Buffer.from(result.stdout)
    .toString("latin1")
    .split("\n")
    .map((line) => line === "true");
  if (isBare === true) {
    throw new GityError("BARE_REPOSITORY", `cannot watch '${path}': it is a bare repository`);
  }
  if (isInsideGitDir === true) {
    throw new GityError(
      "NOT_A_REPOSITORY",
      `cannot watch '${path}': it is inside a git directory`,
      {
        hint: "name the worktree instead",
      },
    );
  }
  if (isInsideWorktree !== true) {
    throw new GityError("NOT_A_REPOSITORY", `cannot watch '${path}': it is not in a worktree`);
  }
}

function discoveryFailure(
  path: string,
  args: readonly string[],
  result: { exitCode: number; stdout: Uint8Array; stderr: string },
): GityError {
  if (result.stderr.includes("not a git repository")) {
    return new GityError("NOT_A_REPOSITORY", `cannot watch '${path}': it is not a git repository`);
  }
  if (result.stderr.includes("dubious ownership") || result.stderr.includes("unsafe repository")) {
    return new GityError(
      "PERMISSION_DENIED",
      `cannot watch '${path}': it belongs to another user`,
      {
        hint: `if you trust it: git config --global --add safe.directory '${path}'`,
        details: { git: firstComplaint(result.stderr) },
      },
    );
  }
  return gitFailure(args, result);
}

/** One question per call: rev-parse separates answers by newlines, which paths may hold. */
async function askForPath(cwd: string, question: readonly string[]): Promise<string> {
  const args = ["rev-parse", ...question];
  const result = await runGit(args, { cwd });
  if (result.exitCode !== 0) {
    throw gitFailure(args, result);
  }
  // It may have gone since git looked.
  return existingFolder(decodePath(result.stdout.subarray(0, -1)));
}

/** @throws GityError UNSUPPORTED_PATH: Bun's file functions take text only. */
function decodePath(bytes: Uint8Array): string {
  const path = decodeUtf8(bytes);
  if (path === undefined) {
    const shown = Buffer.from(bytes).toString("utf8");
    throw new GityError("UNSUPPORTED_PATH", `cannot watch '${shown}': its path is not UTF-8`, {
      hint: "rename the folder; names below it may be anything",
    });
  }
  return path;
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) {
      return undefined;
    }
    throw error;
  }
}

async function listCandidates(
  commonDir: string,
  cwd: string,
  known: readonly string[],
): Promise<readonly string[]> {
  const main = await mainWorktree(commonDir, cwd);
  const listed = await listWorktrees(cwd);
  // git names the main worktree by cutting "/.git" off the common directory, which is wrong for
  // submodules; it is always the first of the list.
  const roots = main === undefined ? listed : [main, ...listed.slice(1)];
  return [...new Set([...roots, ...known])].filter(isDirectory);
}

/** Not with `throwIfNoEntry`, which is for ENOENT only: a file may stand where a folder above was. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return false;
    }
    throw error;
  }
}

/** Where the main worktree is. Undefined where git keeps no way back: a bare repository, `init --separate-git-dir`. */
export async function mainWorktree(commonDir: string, cwd: string): Promise<string | undefined> {
  const args = ["config", "--file", `${commonDir}/config`, "-z", "--get", "core.worktree"];
  const { exitCode, stdout } = await runGit(args, { cwd });
  if (exitCode === 0) {
    const configured = decodeUtf8(stdout.subarray(0, -1));
    return configured === undefined ? undefined : resolve(commonDir, configured);
  }
  return basename(commonDir) === ".git" ? dirname(commonDir) : undefined;
}

async function listWorktrees(cwd: string): Promise<readonly string[]> {
  const withNul = await runGit(["worktree", "list", "--porcelain", "-z"], { cwd });
  if (withNul.exitCode === 0) {
    return parseWorktreeList(withNul.stdout, "\0");
  }
  // `-z` is of git 2.36. Without it a path with a newline comes out cut, and is not found.
  const args = ["worktree", "list", "--porcelain"];
  const withNewlines = await runGit(args, { cwd });
  if (withNewlines.exitCode !== 0) {
    throw gitFailure(args, withNewlines);
  }
  return parseWorktreeList(withNewlines.stdout, "\n");
}

/**
 * The roots in the output of `git worktree list --porcelain`, those that git itself would prune
 * and those that are not UTF-8 left out. The first entry is the main one and always kept.
 */
export function parseWorktreeList(output: Uint8Array, separator: "\0" | "\n"): readonly string[] {
  const entries = Buffer.from(output)
    .toString("latin1")
    .split(separator + separator);
  const roots: string[] = [];
  for (const entry of entries) {
    const fields = entry.split(separator);
    const prefix = "worktree ";
    const root = fields.find((field) => field.startsWith(prefix))?.slice(prefix.length);
    const isGone = fields.some((field) => /^prunable(?: |$)/.test(field));
    const path = root === undefined ? undefined : decodeUtf8(Buffer.from(root, "latin1"));
    if (path !== undefined && (!isGone || roots.length === 0)) {
      roots.push(path);
    }
  }
  return roots;
}
