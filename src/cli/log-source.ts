/** Where `gity logs` has its lines from. */

import type { LogLine, LogQuestion } from "../protocol/log-line.ts";
import type { CliContext } from "./command.ts";
import { reachDaemon } from "./reach-daemon.ts";

/** The lines of one repository, or all there are: that is decided when it is opened. */
export interface LogSource {
  /** What is stored, oldest first. @throws GityError */
  read(question: Pick<LogQuestion, "limit" | "level" | "beforeId">): Promise<readonly LogLine[]>;
  /** Each line from the first `next()` on, as it is written, until the signal is aborted; from the
   *  next daemon as well. "gap": lines were written that are not told, and can be read. @throws GityError */
  follow(signal: AbortSignal): AsyncIterable<LogLine | "gap">;
}

/** `path`: any in a worktree; undefined: everything. @throws GityError NOT_REGISTERED, … */
export async function openLogSource(
  context: CliContext,
  path: string | undefined,
): Promise<LogSource> {
  const client = reachDaemon(context);
  return {
    read: async (question) => client.logs({ path, ...question }),
    follow: async function* (signal) {
      for await (const event of client.events({ path, kinds: ["log"], signal })) {
        if (event.kind === "log") {
          yield event.line;
        } else if (event.kind === "gap") {
          yield "gap";
        }
      }
    },
  };
}
