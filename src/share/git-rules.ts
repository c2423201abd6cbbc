/** What git says of a path that is to be mirrored: only what it ignores, and holds nothing of, is gity's to copy. */

import { GityError } from "../base/errors.ts";
import { gitFailure, runGit, runGitOk } from "../git/run.ts";
import { isPattern } from "./paths.ts";

/** git-check-ignore(1): none of the paths is ignored. */
const NONE_IGNORED = 1;

/** git-config(1): nothing matches, or nothing was there to unset. */
const NO_MATCH = 1;
const NOTHING_UNSET = 5;

/** Why git's rules keep a path from being mirrored; undefined when they do not. */
export async function refusalByGit(root: string, path: string): Promise<string | undefined> {
  const [isIgnored, tracked] = await Promise.all([
    isIgnoredDirectory(root, path),
    firstFile(root, ["--cached"], path),
  ]);
  if (tracked !== undefined) {
    return `it holds files that git tracks, such as '${tracked}'`;
  }
  return isIgnored ? undefined : "git does not ignore it";
}

/** What is in it and would show in `git status`; undefined for nothing. */
export async function firstVisibleFile(root: string, path: string): Promise<string | undefined> {
  return (
    (await firstFile(root, ["--cached"], path)) ??
    (await firstFile(root, ["--others", "--exclude-standard"], path))
  );
}

/** By the name of a directory, whether there is one or not. */
export async function isIgnoredDirectory(root: string, path: string): Promise<boolean> {
  // The index is left out: what is tracked in it has been asked for.
  const args = ["check-ignore", "--quiet", "--no-index", "--stdin", "-z"];
  const stdin = Buffer.from(`./${path}/\0`, "utf8");
  const result = await runGit(args, { cwd: root, stdin, configuration: "user" });
  if (result.exitCode !== 0 && result.exitCode !== NONE_IGNORED) {
    // git refuses a path behind a link, and one in a submodule.
    if (/beyond a symbolic link|in submodule/.test(result.stderr)) {
      return false;
    }
    throw gitFailure(args, result);
  }
  return result.exitCode === 0;
}

async function firstFile(
  root: string,
  which: readonly string[],
  path: string,
): Promise<string | undefined> {
  const pathspec = isPattern(path) ? `:(top,glob)${path}/**` : `:(top,literal)${path}`;
  const args = ["ls-files", "-z", ...which, "--", pathspec];
  const listing = await runGitOk(args, { cwd: root, configuration: "user" });
  const end = listing.indexOf(0);
  return end === -1 ? undefined : Buffer.from(listing.subarray(0, end)).toString("utf8");
}

/** The commits without parents that lead to what is checked out: a clone has the same. */
export async function rootCommits(root: string): Promise<readonly string[]> {
  const result = await runGit(["rev-list", "--max-parents=0", "HEAD", "--"], { cwd: root });
  const text = Buffer.from(result.stdout).toString("latin1");
  return result.exitCode === 0 ? text.split("\n").filter((line) => line !== "") : [];
}

/** What stands in the repository's own configuration, in its order. */
export async function ownValues(root: string, key: string): Promise<readonly string[]> {
  const args = ["config", "--local", "-z", "--get-all", key];
  const result = await runGit(args, { cwd: root, configuration: "user" });
  if (result.exitCode !== 0 && result.exitCode !== NO_MATCH) {
    throw gitFailure(args, result);
  }
  return Buffer.from(result.stdout).toString("utf8").split("\0").slice(0, -1);
}

export async function addOwnValue(root: string, key: string, value: string): Promise<void> {
  await edit(root, ["--add", key, value]);
}

export async function removeOwnValue(root: string, key: string, value: string): Promise<void> {
  await edit(root, ["--fixed-value", "--unset-all", key, value]);
}

/** One value, instead of all there are. */
export async function setOwnValue(root: string, key: string, value: string): Promise<void> {
  await edit(root, ["--replace-all", key, value]);
}

export async function unsetOwnValues(root: string, key: string): Promise<void> {
  await edit(root, ["--unset-all", key]);
}

/** @throws GityError CONFIGURATION_LOCKED, GIT_FAILED */
async function edit(root: string, words: readonly string[]): Promise<void> {
  const args = ["config", "--local", ...words];
  const result = await runGit(args, { cwd: root, configuration: "user" });
  if (result.exitCode === 0 || result.exitCode === NOTHING_UNSET) {
    return;
  }
  throw result.stderr.includes("could not lock")
    ? new GityError("CONFIGURATION_LOCKED", `cannot change the configuration of '${root}'`)
    : gitFailure(args, result);
}
