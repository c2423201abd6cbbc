/**
 * Which directories need not be watched, by git's own word: ignored ones without a tracked file.
 *
 * Only what the repository itself says counts (`.gitignore`, `info/exclude`), not the user's
 * `core.excludesFile`: the user's environment may name another one than the daemon's does, and a
 * directory that is watched in vain is better than one that is missed.
 */

import { stat } from "node:fs/promises";
import { join } from "node:path";

import { fileIdentity } from "../base/file-identity.ts";
import { SCOPE_SETTLING_MS } from "../base/limits.ts";
import { gitFailure, runGit, runGitOk } from "./run.ts";

export interface ScopeDependency {
  readonly path: string;
  /** See base/file-identity.ts. */
  readonly identity: string;
}

export interface Scope {
  /** Directories below the worktree, latin1, without a slash at the end. */
  readonly excluded: readonly string[];
  /** What the answer depends on, beside the `.gitignore` files, as it was before git looked. */
  readonly index: ScopeDependency;
  readonly rules: readonly ScopeDependency[];
}

export interface ScopePlace {
  readonly root: string;
  readonly gitDir: string;
  readonly commonDir: string;
}

const NO_USER_RULES = ["-c", "core.excludesFile=/dev/null"];

/**
 * Asks git. Takes about as long as a `git status` without any cache.
 *
 * @throws GityError GIT_FAILED
 */
export async function findScope(place: ScopePlace): Promise<Scope> {
  // Never edited in place: each write is a new file, renamed over the old one.
  const indexPath = join(place.gitDir, "index");
  const index = { path: indexPath, identity: fileIdentity(await statOf(indexPath)) };
  const rules = [await settledIdentity(join(place.commonDir, "info", "exclude"))];
  const listing = await runGitOk(
    [
      ...NO_USER_RULES,
      "ls-files",
      "--others",
      "--ignored",
      "--exclude-standard",
      "--directory",
      "-z",
    ],
    { cwd: place.root },
  );
  const excluded = await ignoredThemselves(place.root, parseDirectories(listing));
  return { excluded, index, rules };
}

/**
 * Of these directories those that a rule names. The others are listed only because everything that
 * is in them now is ignored; a file made in them tomorrow may not be.
 */
async function ignoredThemselves(root: string, directories: readonly string[]): Promise<string[]> {
  if (directories.length === 0) {
    return [];
  }
  // The index is left out: `ls-files` has seen to it that nothing in them is tracked.
  const result = await runGit([...NO_USER_RULES, "check-ignore", "--no-index", "-z", "--stdin"], {
    cwd: root,
    stdin: Buffer.from(directories.map((path) => `./${path}/\0`).join(""), "latin1"),
  });
  // git-check-ignore(1): 1 means that none of them is ignored.
  if (result.exitCode !== 0 && result.exitCode !== 1) {
    throw gitFailure(["check-ignore"], result);
  }
  return parsePaths(result.stdout).map((path) => path.replace(/^\.\//, "").replace(/\/$/, ""));
}

/** Names that end with a slash are directories of which git did not need to look inside. */
function parseDirectories(listing: Uint8Array): string[] {
  return parsePaths(listing)
    .filter((path) => path.endsWith("/") && path !== "./")
    .map((path) => path.slice(0, -1));
}

/** Each closed by NUL. */
function parsePaths(output: Uint8Array): string[] {
  return Buffer.from(output).toString("latin1").split("\0").slice(0, -1);
}

/**
 * The identity of a file that has been left alone for a moment: one that was changed within the
 * last tick of the file system's clock can be changed again and keep its times. So can one that will
 * have been, when the clock was set back by a moment. By more, and it is as far away as the past.
 */
export async function settledIdentity(
  path: string,
  triesMax = SETTLING_TRIES_MAX,
): Promise<ScopeDependency> {
  for (let tries = 0; ; tries += 1) {
    const found = await statOf(path);
    const ageMs = found === undefined ? Infinity : Date.now() - Number(found.ctimeNs / 1_000_000n);
    if (Math.abs(ageMs) > SCOPE_SETTLING_MS || tries === triesMax) {
      return { path, identity: tries === triesMax ? NEVER : fileIdentity(found) };
    }
    await Bun.sleep(SCOPE_SETTLING_MS - ageMs + 1);
  }
}

/** A file written all the time has no identity: the scope stays in doubt. */
const SETTLING_TRIES_MAX = 20;
const NEVER = "unsettled";

async function statOf(path: string) {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return undefined;
    }
    throw error;
  }
}
