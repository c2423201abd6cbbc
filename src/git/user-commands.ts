/**
 * The git commands that others run in a repository just now, by proc(5). Where there is none, nobody is seen.
 */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

import { orUndefined } from "../base/or-undefined.ts";

/** They want what maintenance holds: its lock, that of the packed refs, or the packs as they are. */
const LOCKING_COMMANDS = new Set([
  "fetch",
  "gc",
  "maintenance",
  "multi-pack-index",
  "pack-refs",
  "prune",
  "pull",
  "repack",
  "commit-graph",
]);

/** They live as long as an editor does, and ask for nothing by themselves. */
const STANDING_COMMANDS = new Set([
  "cat-file",
  "credential-cache--daemon",
  "daemon",
  "fsmonitor--daemon",
]);

export interface UserCommand {
  readonly pid: number;
  /** `fetch`; empty where it cannot be told. */
  readonly name: string;
  readonly isLocking: boolean;
}

/**
 * Those at work in one of these folders or below. Left out are this process' own children and all they have
 * started, and what belongs to `session`: a job whose git may have ended already.
 */
export function userCommandsIn(
  folders: readonly string[],
  session: number,
): readonly UserCommand[] {
  const commands: UserCommand[] = [];
  for (const name of namesIn("/proc")) {
    if (/^\d+$/.test(name) && GIT_PROGRAM.test(commOf(name) ?? "")) {
      const command = commandOf(Number(name), folders, session);
      if (command !== undefined) {
        commands.push(command);
      }
    }
  }
  return commands;
}

/** Of these sessions: what jobs have started, and what that has. */
export function processCountOf(sessions: ReadonlySet<number>): number {
  return sessions.size === 0
    ? 0
    : namesIn("/proc").filter((name) => {
        const session = /^\d+$/.test(name) ? placeOf(Number(name))?.session : undefined;
        return session !== undefined && sessions.has(session);
      }).length;
}

/** With the newline that proc(5) ends it with. */
const GIT_PROGRAM = /^git(?:-[\w-]+)?\n$/;

function commandOf(
  pid: number,
  folders: readonly string[],
  session: number,
): UserCommand | undefined {
  const folder = orUndefined(() => readlinkSync(`/proc/${pid}/cwd`));
  if (folder === undefined || !folders.some((each) => isIn(folder, each))) {
    return undefined;
  }
  const place = placeOf(pid);
  if (place === undefined || place.session === session || isOurs(place)) {
    return undefined;
  }
  const words =
    orUndefined(() => readFileSync(`/proc/${pid}/cmdline`, "latin1"))?.split("\0") ?? [];
  if (isStandingCommand(words)) {
    return undefined;
  }
  const name = subcommandOf(words);
  return { pid, name, isLocking: LOCKING_COMMANDS.has(name) };
}

function isIn(folder: string, above: string): boolean {
  return folder === above || folder.startsWith(above.endsWith("/") ? above : `${above}/`);
}

/** Every git that this process starts leads a session (git/run.ts). */
function isOurs({ parent, session }: Place): boolean {
  return parent === process.pid || placeOf(session)?.parent === process.pid;
}

/** Options of git itself that take a word of their own (git.c). */
const OPTIONS_WITH_WORD = new Set([
  "-c",
  "-C",
  "--git-dir",
  "--work-tree",
  "--namespace",
  "--config-env",
  "--super-prefix",
  "--attr-source",
]);

/** By its words: it takes no lock, and changes nothing by itself. */
export function isStandingCommand(words: readonly string[]): boolean {
  return STANDING_COMMANDS.has(subcommandOf(words));
}

function subcommandOf(words: readonly string[]): string {
  const program = basename(words[0] ?? "");
  if (program.startsWith("git-")) {
    return program.slice("git-".length);
  }
  for (let at = 1; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (!word.startsWith("-")) {
      return word;
    }
    at += OPTIONS_WITH_WORD.has(word) ? 1 : 0;
  }
  return "";
}

interface Place {
  readonly parent: number;
  readonly session: number;
}

/** proc(5), `stat`: behind the name, which stands in parentheses, state, parent, group and session. */
function placeOf(pid: number): Place | undefined {
  const stat = orUndefined(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  const [, parent, , session] = stat?.slice(stat.lastIndexOf(")") + 2).split(" ") ?? [];
  return parent === undefined || session === undefined
    ? undefined
    : { parent: Number(parent), session: Number(session) };
}

function commOf(pid: string): string | undefined {
  return orUndefined(() => readFileSync(`/proc/${pid}/comm`, "latin1"));
}

function namesIn(folder: string): readonly string[] {
  return orUndefined(() => readdirSync(folder)) ?? [];
}
