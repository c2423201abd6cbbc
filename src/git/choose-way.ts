/**
 * Which way git asks gity in a repository, and why. Pure.
 */

import { GityError } from "../base/errors.ts";
import type { InstalledGit, WantedWay, Way } from "../protocol/way.ts";
import { parseGitVersion } from "./version.ts";

export interface ChosenWay {
  readonly way: Way;
  /** For people: the end of a sentence that begins with the way. */
  readonly why: string;
}

/** Until 2.35 git takes core.fsmonitor=true for a command's name, and `true` says "no changes". */
const BOOLEAN_SINCE = { major: 2, minor: 36 };

/**
 * @throws GityError UNSUPPORTED_GIT when the socket is wanted and no git asks it, or one that may
 * be used here would take the setting for a command
 */
export function chooseWay(wanted: WantedWay, gits: readonly InstalledGit[]): ChosenWay {
  if (wanted === "hook") {
    return { way: "hook", why: "it was asked for with --via hook" };
  }
  const unable = gits.filter(({ canAskSocket }) => !canAskSocket);
  const [first] = unable;
  if (wanted === "socket") {
    refuseSocket(gits);
    return { way: "socket", why: "it was asked for with --via socket" };
  }
  if (gits.length === 0) {
    return { way: "hook", why: "no git was found on the search path" };
  }
  return first === undefined
    ? { way: "socket", why: `every git here can: ${gits.map(describe).join(", ")}` }
    : { way: "hook", why: `not every git here can ask a socket: ${describe(first)} cannot` };
}

/** What to know when the socket is served and some git cannot ask it. */
export function wayWarnings(way: Way, gits: readonly InstalledGit[]): readonly string[] {
  return way === "hook"
    ? []
    : gits
        .filter(({ canAskSocket }) => !canAskSocket)
        .map(
          (git) => `git ${describe(git)} does not ask gity's socket: it looks at everything itself`,
        );
}

export function describe({ version, path }: InstalledGit): string {
  return `${version} at '${path}'`;
}

function refuseSocket(gits: readonly InstalledGit[]): void {
  const hint = "use --via hook, or git 2.55 or later";
  if (!gits.some(({ canAskSocket }) => canAskSocket)) {
    const found = gits.length === 0 ? "none was found" : gits.map(describe).join(", ");
    throw new GityError("UNSUPPORTED_GIT", `no git here can ask a socket: ${found}`, { hint });
  }
  const old = gits.find(takesBooleanForCommand);
  if (old !== undefined) {
    throw new GityError(
      "UNSUPPORTED_GIT",
      `git ${describe(old)} would take core.fsmonitor=true for a command, and see no changes`,
      { hint },
    );
  }
}

function takesBooleanForCommand({ version }: InstalledGit): boolean {
  const parsed = parseGitVersion(`git version ${version}`);
  return (
    parsed !== undefined &&
    (parsed.major < BOOLEAN_SINCE.major ||
      (parsed.major === BOOLEAN_SINCE.major && parsed.minor < BOOLEAN_SINCE.minor))
  );
}
