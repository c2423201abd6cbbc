/**
 * One question of git's, from its arguments to the bytes on standard output: what `gity-helper` is, and
 * `gity fsmonitor-helper`.
 *
 * Its only failure is the answer "unknown": git then looks for itself, which is slow and right.
 * So nothing here is reported or retried, and nothing is waited for longer than base/limits.ts
 * allows.
 */

import { writeAll } from "../base/write-all.ts";
import { askAdoption } from "./ask-adoption.ts";
import { decide } from "./decide.ts";
import { startDaemon } from "./start-daemon.ts";

const STDOUT = 1;

/**
 * Resolves with the exit code. Never rejects.
 *
 * To git an exit code of 0 with no output means "nothing has changed": the one answer that must
 * never be given by accident. So 0 is returned only after every byte of an answer was written.
 */
export async function answerGit(words: readonly string[]): Promise<number> {
  try {
    const decision = await decide(words, { cwd: () => process.cwd(), environment: process.env });
    if (decision === undefined || decision.answer.length === 0) {
      return 1;
    }
    const { answer, unwatched } = decision;
    writeAll(STDOUT, answer);
    if (unwatched !== undefined && !(await askAdoption(unwatched, process.env))) {
      startDaemon({ executable: process.execPath, environment: process.env });
    }
    return 0;
  } catch {
    // git takes the exit code for "look for yourself".
    return 1;
  }
}
