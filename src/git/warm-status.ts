/** Having git look at a new worktree, so that the next one who asks need not. */

import { MEASURED_STATUS_MS_MAX } from "../base/limits.ts";
import { parseToken } from "../protocol/token.ts";
import { findIndexToken } from "./index-facts.ts";
import { gitFailure, runGit } from "./run.ts";

/** The first stores the monitor's token, and may look at everything; the second is as all that follow … */
const RUNS_MIN = 2;

/** … unless that token leaves the listing of every directory in doubt: whoever asks with it is told them all. Should
 *  things go on changing, it ends all the same. */
const RUNS_MAX = 4;

/**
 * Writes the index as the user's own `git status` would, without the user's hooks.
 *
 * @throws GityError GIT_FAILED, INTERRUPTED
 */
export async function warmStatus(root: string, gitDir: string, signal: AbortSignal): Promise<void> {
  const args = ["status", "--porcelain"];
  for (let runs = 0; runs < RUNS_MIN || (runs < RUNS_MAX && !isWarm(gitDir)); runs += 1) {
    // oxlint-disable-next-line no-await-in-loop
    const result = await runGit(args, {
      cwd: root,
      configuration: "monitored",
      locks: "optional",
      output: "ignored",
      timeoutMs: MEASURED_STATUS_MS_MAX,
      signal,
      endedBy: "SIGTERM",
    });
    if (result.exitCode !== 0) {
      throw gitFailure(args, result);
    }
  }
}

/** By the token that the next git asks with. */
function isWarm(gitDir: string): boolean {
  const token = findIndexToken(gitDir);
  return token !== undefined && parseToken(token)?.areListingsInDoubt === false;
}
