/**
 * Which directories need not be watched, by git's own word: ignored ones without a tracked file.
 *
 * Only what the repository itself says counts (`.gitignore`, `info/exclude`), not the user's
 * `core.excludesFile`: the user's environment may name another one than the daemon's does, and a
 * directory that is watched in vain is better than one that is missed.
 */

import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";

import { fileIdentity } from "../base/file-identity.ts";
import {
  SCOPE_ARGUMENT_BYTES_MAX,
  SCOPE_CANDIDATES_MAX,
  SCOPE_NEAR_TOP_MAX,
  SCOPE_SETTLING_MS,
} from "../base/limits.ts";
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
  /** core.ignoreCase: git takes names in the index for those of files that are spelt in another way. */
  readonly isCaseIgnored: boolean;
}

export interface ScopePlace {
  readonly root: string;
  readonly gitDir: string;
  readonly commonDir: string;
}

const NO_USER_RULES = ["-c", "core.excludesFile=/dev/null"];

const LIST_IGNORED = [
  "ls-files",
  "--others",
  "--ignored",
  "--exclude-standard",
  "--directory",
  "-z",
];

/**
 * Asks git. Takes about as long as a `git status` without any cache.
 *
 * @throws GityError GIT_FAILED
 */
export async function findScope(place: ScopePlace): Promise<Scope> {
  const dependencies = await dependenciesOf(place);
  const listing = await runGitOk([...NO_USER_RULES, ...LIST_IGNORED], { cwd: place.root });
  const excluded = await ignoredThemselves(place.root, parseDirectories(listing));
  return { excluded, ...dependencies };
}

/**
 * Asks git the same, but only about `candidates`, latin1 paths that other worktrees have excluded, and about the
 * directories of the first two levels. What it finds is a part of what findScope() would; it takes no walk of the tree.
 *
 * The two levels are there because another worktree may have nothing in common with this one but its files: a big
 * directory that only this one has lies near the top nearly always, and would cost as many watches as it has
 * directories until findScope() has been asked. What lies deeper is watched until then, which is right, and no more
 * than slow.
 *
 * Undefined where that is no shortcut: there are too many candidates, or names that cannot be put on a command line.
 *
 * @throws GityError GIT_FAILED, also because of what findScope() has no trouble with
 */
export async function findScopeAmong(
  place: ScopePlace,
  candidates: readonly string[],
): Promise<Scope | undefined> {
  const texts = candidates.map(textOf);
  if (texts.length > SCOPE_CANDIDATES_MAX || texts.includes(undefined)) {
    return undefined;
  }
  const dependencies = await dependenciesOf(place);
  const known = texts.filter((text) => text !== undefined);
  const present = await presentDirectories(place.root, known);
  const nearTop = await directoriesNearTop(place.root, new Set(present));
  const named = [...new Set([...present, ...nearTop])].map(bytesOf);
  const ignored = topmost(await ignoredThemselves(place.root, named));
  const listed: string[] = [];
  for (const paths of inPortions([...ignored].map((path) => textOf(path) ?? ""))) {
    const args = ["--literal-pathspecs", ...NO_USER_RULES, ...LIST_IGNORED, "--", ...paths];
    // One portion nearly always, and each is a look at the whole index.
    // oxlint-disable-next-line no-await-in-loop
    listed.push(...parseDirectories(await runGitOk(args, { cwd: place.root })));
  }
  // One above was not asked about: no rule may name it.
  const excluded = listed.filter((path) => isInAny(path, ignored));
  return { excluded: [...new Set(excluded)], ...dependencies };
}

/** As they are before git looks. */
async function dependenciesOf(place: ScopePlace): Promise<Omit<Scope, "excluded">> {
  // Never edited in place: each write is a new file, renamed over the old one.
  const path = join(place.gitDir, "index");
  const index = { path, identity: fileIdentity(await statOf(path)) };
  const rules = [await settledIdentity(join(place.commonDir, "info", "exclude"))];
  const ignoreCase = await runGit(["config", "--type=bool", "--get", "core.ignoreCase"], {
    cwd: place.root,
  });
  return {
    index,
    rules,
    isCaseIgnored: Buffer.from(ignoreCase.stdout).toString("latin1").trim() === "true",
  };
}

/** Those that are there: git refuses to be asked about what is behind a link. */
async function presentDirectories(root: string, paths: readonly string[]): Promise<string[]> {
  const present = await Promise.all(
    paths.map(async (path) => {
      const whole = join(root, path);
      const real = await orUndefinedLater(realpath(whole));
      return real === whole && (await statOf(whole))?.isDirectory() === true;
    }),
  );
  return paths.filter((_, i) => present[i]);
}

/** Of the first two levels, links not among them. What is in `known` ones is not looked at. */
async function directoriesNearTop(root: string, known: ReadonlySet<string>): Promise<string[]> {
  const top = await directoriesIn(root, "");
  const found = [...top];
  for (const path of top) {
    if (!known.has(path) && found.length < SCOPE_NEAR_TOP_MAX) {
      // oxlint-disable-next-line no-await-in-loop -- So that the limit is one.
      found.push(...(await directoriesIn(root, `${path}/`)));
    }
  }
  return found.slice(0, SCOPE_NEAR_TOP_MAX);
}

/** None where nobody may look. */
async function directoriesIn(root: string, prefix: string): Promise<string[]> {
  const entries = await orUndefinedLater(readdir(join(root, prefix), { withFileTypes: true }));
  return (entries ?? [])
    .filter((entry) => entry.isDirectory() && entry.name !== ".git")
    .map(({ name }) => prefix + name);
}

/** Without those below another. */
function topmost(paths: readonly string[]): ReadonlySet<string> {
  const all = new Set(paths);
  return new Set(
    paths.filter((path) => !isInAny(path.slice(0, Math.max(0, path.lastIndexOf("/"))), all)),
  );
}

/** One of them, or below one. */
function isInAny(path: string, directories: ReadonlySet<string>): boolean {
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
    if (directories.has(path.slice(0, end))) {
      return true;
    }
  }
  return false;
}

/** So many that a command line holds them. */
function inPortions(paths: readonly string[]): readonly (readonly string[])[] {
  const portions: string[][] = [];
  let bytes = Infinity;
  for (const path of paths) {
    bytes += Buffer.byteLength(path);
    if (bytes > SCOPE_ARGUMENT_BYTES_MAX) {
      portions.push([]);
      bytes = Buffer.byteLength(path);
    }
    portions.at(-1)?.push(path);
  }
  return portions;
}

/** As the system's calls are given it; undefined when it is not UTF-8. */
function textOf(latin1: string): string | undefined {
  const text = Buffer.from(latin1, "latin1").toString("utf8");
  return bytesOf(text) === latin1 ? text : undefined;
}

function bytesOf(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
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
  return orUndefinedLater(stat(path, { bigint: true }));
}

/** As orUndefined(). */
async function orUndefinedLater<Result>(step: Promise<Result>): Promise<Result | undefined> {
  try {
    return await step;
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return undefined;
    }
    throw error;
  }
}
