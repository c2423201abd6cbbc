/**
 * Whether a ready-made status, which git has printed for the daemon, is what it would print for this process: in
 * its environment, in its language, with its configuration.
 */

import { statSync } from "node:fs";

import { fileIdentity } from "../../base/file-identity.ts";
import type { StatusEnvironment } from "../../protocol/ready-status.ts";
import { latin1Of } from "./bytes.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables of git's that make no difference to what status prints: for its editors, its pager, the network, and
 *  the prompts and completions of shells. */
const HARMLESS =
  /^GIT_(?:(?:SEQUENCE_)?EDITOR|PAGER|ASKPASS|SSH(?:_COMMAND|_VARIANT)?|(?:AUTHOR|COMMITTER)_(?:NAME|EMAIL|DATE)|OPTIONAL_LOCKS|TERMINAL_PROMPT|MERGE_AUTOEDIT|(?:PS1|COMPLETION|SSL|HTTP|PROXY)_\w+)$/;

/** Whether a variable may make git look elsewhere, or print something else or more. */
export function isSteered(environment: Environment): boolean {
  for (const name in environment) {
    if (name.startsWith("GIT_") && !HARMLESS.test(name)) {
      return true;
    }
  }
  return false;
}

/** Of the languages in which nothing is translated, as a locale's name begins (locale(7)). */
const UNTRANSLATED = /^(?:C|POSIX|en)(?![A-Za-z])/;

/** Whether git says everything in its own words. It goes by some of these variables, never by another one. */
export function isUntranslated(environment: Environment): boolean {
  // LANGUAGE is a list; what is missing in one language is said in the next one (gettext).
  return ["LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"].every((name) =>
    (environment[name] ?? "")
      .split(":")
      .every((locale) => locale === "" || UNTRANSLATED.test(locale)),
  );
}

/** Whether git would show colours on a terminal (git's is_terminal_dumb()). */
export function hasColourTerminal(environment: Environment): boolean {
  const { TERM } = environment;
  return TERM !== undefined && TERM !== "dumb";
}

/** Whether configuration is read from the same places, by the same git. */
export function isEnvironmentOf(environment: Environment, recorded: StatusEnvironment): boolean {
  return (
    (environment["HOME"] ?? null) === recorded.HOME &&
    (environment["XDG_CONFIG_HOME"] ?? null) === recorded.XDG_CONFIG_HOME &&
    isGit(recorded.git.path, recorded.git.identity)
  );
}

function isGit(path: string, identity: string): boolean {
  const own = Bun.which("git");
  return (
    own !== null &&
    latin1Of(own) === path &&
    fileIdentity(statSync(own, { bigint: true, throwIfNoEntry: false })) === identity
  );
}
