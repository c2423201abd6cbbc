/** Settings of gity's own in the user's git configuration. */

import { gitFailure, runGit } from "./run.ts";

/** `git config --get` says so of a key that is not there. */
const NOT_SET = 1;

/**
 * A whole number from the user's own configuration, no repository's; undefined when it is not set.
 *
 * @throws GityError GIT_FAILED when it is no number, UNSUPPORTED_GIT
 */
export async function userNumber(key: string): Promise<number | undefined> {
  const args = ["config", "--global", "--type=int", "--get", key];
  const result = await runGit(args, { cwd: "/" });
  if (result.exitCode === NOT_SET) {
    return undefined;
  }
  if (result.exitCode !== 0) {
    throw gitFailure(args, result);
  }
  return Number(Buffer.from(result.stdout).toString("latin1"));
}
