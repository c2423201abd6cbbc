/** Where `gity logs` has its lines from. */

import { GityError } from "../base/errors.ts";
import type { LogLine, LogQuestion } from "../protocol/log-line.ts";
import type { CliContext } from "./command.ts";
import { reachDaemon } from "./daemon.ts";

/** The lines of one repository, or all there are: that is decided when it is opened. */
export interface LogSource {
  /** What is stored, oldest first. @throws GityError */
  read(question: Pick<LogQuestion, "limit" | "level" | "beforeId">): Promise<readonly LogLine[]>;
  /** Each line from the first `next()` on, as it is written, until the signal is aborted or the daemon
   *  ends. @throws GityError */
  follow(signal: AbortSignal): AsyncIterable<LogLine>;
}

/** `path`: any in a worktree; undefined: everything. @throws GityError NOT_REGISTERED, … */
export async function openLogSource(
  context: CliContext,
  _path: string | undefined,
): Promise<LogSource> {
  await reachDaemon(context);
  throw new GityError("DAEMON_FAILED", "the daemon does not tell its log");
}
