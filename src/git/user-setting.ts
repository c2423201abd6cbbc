/** Settings of gity's own in the user's git configuration. */

import { gitFailure, runGit } from "./run.ts";

/** All there are, as `git help config` would have them. */
export const LOG_LEVEL_KEY = "gity.logLevel";
/** In minutes; 0 is never. */
export const IDLE_TIMEOUT_KEY = "gity.daemonIdleTimeout";
/** Of a repository, too. */
export const INDEX_WARMER_KEY = "gity.indexWarmer";
/** Of a repository, too: whether new worktrees get what is shared by themselves. */
export const SHARE_AUTO_KEY = "gity.shareAuto";

/** `git config --get` says so of a key that is not there. */
const NOT_SET = 1;

/**
 * A whole number from the user's own configuration, no repository's; undefined when it is not set.
 *
 * @throws GityError GIT_FAILED when it is no number, UNSUPPORTED_GIT
 */
export async function userNumber(key: string): Promise<number | undefined> {
  const text = await read(["--type=int", "--get", key]);
  return text === undefined ? undefined : Number(text);
}

/**
 * A value without white space around it, from the user's own configuration; undefined when it is not set.
 *
 * @throws GityError GIT_FAILED, UNSUPPORTED_GIT
 */
export async function userWord(key: string): Promise<string | undefined> {
  return (await read(["--get", key]))?.trim();
}

/**
 * The keys in the user's own configuration that begin with `prefix`, each once, in small letters as git lists
 * them.
 *
 * @throws GityError GIT_FAILED, UNSUPPORTED_GIT
 */
export async function userKeys(prefix: string): Promise<readonly string[]> {
  const pattern = `^${prefix.toLowerCase().replaceAll(".", String.raw`\.`)}`;
  const text = await read(["--name-only", "--get-regexp", pattern]);
  return [...new Set((text ?? "").split("\n").filter((key) => key !== ""))];
}

async function read(question: readonly string[]): Promise<string | undefined> {
  const args = ["config", "--global", ...question];
  const result = await runGit(args, { cwd: "/" });
  if (result.exitCode === NOT_SET) {
    return undefined;
  }
  if (result.exitCode !== 0) {
    throw gitFailure(args, result);
  }
  return Buffer.from(result.stdout).toString("latin1");
}
