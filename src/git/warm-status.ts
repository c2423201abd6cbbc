/** Having git look at a new worktree, so that the next one who asks need not. */

import { statSync } from "node:fs";

import { MEASURED_STATUS_MS_MAX } from "../base/limits.ts";
import { gitFailure, runGit } from "./run.ts";

/**
 * The first stores the monitor's token, and may look at everything. Where the answer to it was `/`, the second is told the
 * listing of every directory, and stores that. Another two are for changes that went on meanwhile.
 */
const RUNS_MAX = 4;

/** As it is, it is as warm as it gets: an index that the second run left alone, or a later one. */
const RUNS_MIN = 2;

/**
 * Writes the index as the user's own `git status` would, without the user's hooks, until there is nothing to write.
 *
 * @throws GityError GIT_FAILED, INTERRUPTED
 */
export async function warmStatus(root: string, gitDir: string, signal: AbortSignal): Promise<void> {
  const args = ["status", "--porcelain"];
  const index = `${gitDir}/index`;
  for (let runs = 1; runs <= RUNS_MAX; runs += 1) {
    const before = identityOf(index);
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
    if (runs >= RUNS_MIN && identityOf(index) === before) {
      return;
    }
  }
}

/** git puts a new file in its place. */
function identityOf(path: string): string {
  const status = statSync(path, { bigint: true, throwIfNoEntry: false });
  return status === undefined ? "" : `${status.ino} ${status.mtimeNs} ${status.size}`;
}
