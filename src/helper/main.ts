/**
 * What git runs on every `git status`: reads the mapped log and answers.
 *
 * Its only failure is the answer "unknown": git then looks for itself, which is slow and right.
 * So nothing here is reported or retried, and nothing is waited for longer than base/limits.ts
 * allows.
 */

import { writeSync } from "node:fs";

import { askAdoption } from "./ask-adoption.ts";
import { decide } from "./decide.ts";
import { startDaemon } from "./start-daemon.ts";

const STDOUT = 1;

/**
 * To git an exit code of 0 with no output means "nothing has changed": the one answer that must
 * never be given by accident. So 0 is returned only after every byte of an answer was written.
 */
async function answerGit(): Promise<number> {
  const decision = await decide(process.argv.slice(2), {
    cwd: () => process.cwd(),
    environment: process.env,
  });
  const answer = decision?.answer;
  if (answer === undefined || answer.length === 0) {
    return 1;
  }
  for (let done = 0; done < answer.length;) {
    done += writeSome(answer, done);
  }
  const unwatched = decision?.unwatched;
  if (unwatched !== undefined && !(await askAdoption(unwatched, process.env))) {
    startDaemon({ executable: process.execPath, environment: process.env });
  }
  return 0;
}

/** Standard output may be a pipe that does not block, and full. @throws EPIPE, … */
function writeSome(answer: Uint8Array, from: number): number {
  try {
    return writeSync(STDOUT, answer, from);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      return 0;
    }
    throw error;
  }
}

let exitCode = 1;
try {
  exitCode = await answerGit();
} catch {
  // git takes the exit code for "look for yourself".
}
process.exit(exitCode);
