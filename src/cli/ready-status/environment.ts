/**
 * Whether a ready-made status, which git has printed for the daemon, is what it would print for this process: in
 * its environment, in its language, with its configuration.
 */

import { statSync } from "node:fs";

import { fileIdentity } from "../../base/file-identity.ts";
import { orUndefined } from "../../base/or-undefined.ts";
import type { Dependency, StatusEnvironment } from "../../protocol/ready-status.ts";
import { latin1Of, pathOf } from "./bytes.ts";
import type { StatusPlace } from "./place.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables of git's that make no difference to what status prints: for its editors, its pager, and its authors. */
const HARMLESS: ReadonlySet<string> = new Set([
  "GIT_EDITOR",
  "GIT_SEQUENCE_EDITOR",
  "GIT_MERGE_AUTOEDIT",
  "GIT_PAGER",
  "GIT_ASKPASS",
  "GIT_TERMINAL_PROMPT",
  "GIT_OPTIONAL_LOCKS",
  "GIT_AUTHOR_NAME",
  "GIT_AUTHOR_EMAIL",
  "GIT_AUTHOR_DATE",
  "GIT_COMMITTER_NAME",
  "GIT_COMMITTER_EMAIL",
  "GIT_COMMITTER_DATE",
  "GIT_SSH",
]);

/** Of the network, and of the prompts and completions of shells. */
const HARMLESS_KINDS = [
  "GIT_SSH_",
  "GIT_SSL_",
  "GIT_HTTP_",
  "GIT_PROXY_",
  "GIT_PS1_",
  "GIT_COMPLETION_",
];

/**
 * Whether a variable may make git look elsewhere, or print something else or more. Nothing here is a regular
 * expression: to compile one takes as long as twenty calls of the system.
 */
export function isSteered(environment: Environment): boolean {
  for (const name in environment) {
    if (
      name.startsWith("GIT_") &&
      !HARMLESS.has(name) &&
      !HARMLESS_KINDS.some((kind) => name.startsWith(kind))
    ) {
      return true;
    }
  }
  return false;
}

/** Whether git says everything in its own words. It goes by some of these variables, never by another one. */
export function isUntranslated({ LANGUAGE, LC_ALL, LC_MESSAGES, LANG }: Environment): boolean {
  return [LANGUAGE, LC_ALL, LC_MESSAGES, LANG].every((value) => isNobodysLanguage(value));
}

/** LANGUAGE is a list; what is missing in one language is said in the next one (gettext). */
function isNobodysLanguage(value = ""): boolean {
  return value === "" || value.split(":").every(isUntranslatedLocale);
}

/** As a locale's name begins (locale(7)); what follows is a country, an encoding, or a variant. */
function isUntranslatedLocale(locale: string): boolean {
  return (
    locale === "" ||
    ["C", "POSIX", "en"].some(
      (language) =>
        locale === language ||
        (locale.startsWith(language) && "_.@".includes(locale[language.length] ?? "?")),
    )
  );
}

/** Whether git would show colours on a terminal (git's is_terminal_dumb()). */
export function hasColourTerminal(environment: Environment): boolean {
  const { TERM } = environment;
  return TERM !== undefined && TERM !== "dumb";
}

/** Whether configuration is read from the same places, by the same git. */
export function isEnvironmentOf(
  environment: Environment,
  recorded: StatusEnvironment,
  place: CalledPlace,
): boolean {
  return (
    (environment["HOME"] ?? null) === recorded.HOME &&
    (environment["XDG_CONFIG_HOME"] ?? null) === recorded.XDG_CONFIG_HOME &&
    isCalledAlike(environment, recorded, place) &&
    isGit(environment, recorded.git)
  );
}

type CalledPlace = Pick<StatusPlace, "root" | "folder">;

/**
 * Whether git calls the worktree what it was called, where configuration depends on that. Beside the name that the
 * kernel has for the current folder it goes by PWD, if that leads there (strbuf.c, strbuf_add_pwd_cwd()).
 */
function isCalledAlike(
  { PWD }: Environment,
  { root: recorded }: StatusEnvironment,
  { root, folder }: CalledPlace,
): boolean {
  if (recorded === null) {
    return true;
  }
  const name = latin1Of(root);
  const pwd = PWD === undefined ? undefined : latin1Of(PWD);
  const isOther = (path: string): boolean => pwd !== path && identityOf(pwd) === identityOf(path);
  return (
    name === recorded &&
    (PWD === undefined ||
      (pwd !== undefined && !isOther(name) && !isOther(folder === "" ? name : `${name}/${folder}`)))
  );
}

/** Empty where there is nothing. */
function identityOf(path = ""): string {
  const found = orUndefined(() => statSync(pathOf(path), { bigint: true, throwIfNoEntry: false }));
  return found === undefined ? "" : `${found.dev}:${found.ino}`;
}

function isGit(environment: Environment, { path, identity }: Dependency): boolean {
  const { PATH } = environment;
  const own = Bun.which("git", PATH === undefined ? {} : { PATH });
  return (
    own !== null &&
    latin1Of(own) === path &&
    fileIdentity(statSync(own, { bigint: true, throwIfNoEntry: false })) === identity
  );
}
