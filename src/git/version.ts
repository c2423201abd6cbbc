/**
 * Which git is installed, and whether gity can work with it.
 */

import { GityError } from "../base/errors.ts";
import { runGitOk } from "./run.ts";

export interface GitVersion {
  readonly major: number;
  readonly minor: number;
  /** As git prints it, vendor's additions included. */
  readonly text: string;
}

/**
 * From 2.31 on a path with a trailing slash stands for all below it (ff03836b9d), and
 * `rev-parse --path-format` exists.
 */
const MAJOR_MIN = 2;
const MINOR_MIN = 31;

/** Returns undefined when the text does not look like the output of `git version`. */
export function parseGitVersion(output: string): GitVersion | undefined {
  const match = /^git version ((\d+)\.(\d+)\S*)/.exec(output);
  if (match === null) {
    return undefined;
  }
  return { major: Number(match[2]), minor: Number(match[3]), text: match[1] ?? "" };
}

export function isSupportedGit(version: GitVersion): boolean {
  return version.major > MAJOR_MIN || (version.major === MAJOR_MIN && version.minor >= MINOR_MIN);
}

/** @throws GityError UNSUPPORTED_GIT */
export async function requireSupportedGit(): Promise<GitVersion> {
  const output = Buffer.from(await runGitOk(["version"], { cwd: "/" })).toString("utf8");
  const version = parseGitVersion(output);
  if (version === undefined) {
    throw new GityError("UNSUPPORTED_GIT", `cannot read git's version: '${output.trim()}'`);
  }
  if (!isSupportedGit(version)) {
    throw new GityError("UNSUPPORTED_GIT", `cannot work with git ${version.text}: it is too old`);
  }
  return version;
}
