/** Having git look at a new worktree, so that the next one who asks need not. */

import { MEASURED_STATUS_MS_MAX } from "../base/limits.ts";
import { gitFailure, runGit } from "./run.ts";

/** The first stores the monitor's token, and may look at everything; the second is as all that follow. */
const RUNS = 2;

/** Writes the index as the user's own `git status` would, without its hooks. @throws GityError GIT_FAILED, INTERRUPTED */
export async function warmStatus(root: string, signal: AbortSignal): Promise<void> {
  const args = ["status", "--porcelain"];
  for (let i = 0; i < RUNS; i += 1) {
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
