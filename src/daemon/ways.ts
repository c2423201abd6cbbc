/**
 * Which way git asks gity in a repository: found out when it is registered, and again when somebody
 * wonders.
 */

import { chooseWay, wayWarnings } from "../git/choose-way.ts";
import { findInstalledGits } from "../git/installed.ts";
import type { InstalledGit, WantedWay, Way } from "../protocol/way.ts";
import type { RepositoryWay } from "../store/repositories.ts";

/** git reads it as a boolean: ask the socket. */
const ASK_SOCKET = "true";

export interface FoundWay extends RepositoryWay {
  readonly warnings: readonly string[];
}

/** @throws GityError UNSUPPORTED_GIT, see chooseWay() */
export async function findWay(wantedWay: WantedWay, searchPath?: string): Promise<FoundWay> {
  const gits = await installedGits(searchPath);
  const { way, why } = chooseWay(wantedWay, gits);
  return { wantedWay, way, wayReason: why, warnings: wayWarnings(way, gits) };
}

/** On the daemon's own PATH and on the caller's, whose may be another. */
export async function installedGits(searchPath?: string): Promise<readonly InstalledGit[]> {
  return findInstalledGits([process.env["PATH"] ?? "", searchPath ?? ""]);
}

/** What core.fsmonitor is to be. `findHelper` is called for the hook only. */
export function monitorValue(way: Way, findHelper: () => string): string {
  return way === "socket" ? ASK_SOCKET : findHelper();
}
