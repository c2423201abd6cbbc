/**
 * The gits that may be used in a repository: every one on the search paths of those who run them.
 */

import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

import { GityError } from "../base/errors.ts";
import type { InstalledGit } from "../protocol/way.ts";
import { runGit } from "./run.ts";
import { parseGitVersion } from "./version.ts";

/** What `git version --build-options` lists when git has its own daemon, and so asks its socket. */
const SOCKET_FEATURE = /^feature: fsmonitor--daemon$/m;

/**
 * Looks into every folder of the search paths (as in PATH; relative folders are left out). One that
 * does not run is not there. Starts one process for each git found.
 */
export async function findInstalledGits(
  searchPaths: readonly string[],
): Promise<readonly InstalledGit[]> {
  const folders = searchPaths.flatMap((searchPath) => searchPath.split(delimiter));
  const executables = folders
    .filter(isAbsolute)
    .map((folder) => executableAt(join(folder, "git")))
    .filter((path) => path !== undefined);
  const gits = await Promise.all([...new Set(executables)].map(inspect));
  return gits.filter((git) => git !== undefined);
}

/** The file that is run, so that one git under two names counts once. */
function executableAt(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() ? realpathSync(path) : undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return undefined;
    }
    throw error;
  }
}

async function inspect(path: string): Promise<InstalledGit | undefined> {
  try {
    const { stdout } = await runGit(["version", "--build-options"], {
      cwd: "/",
      executable: path,
      configuration: "user",
    });
    const text = Buffer.from(stdout).toString("utf8");
    const version = parseGitVersion(text);
    return version === undefined
      ? undefined
      : { path, version: version.text, canAskSocket: SOCKET_FEATURE.test(text) };
  } catch (error) {
    if (error instanceof GityError) {
      return undefined;
    }
    throw error;
  }
}
