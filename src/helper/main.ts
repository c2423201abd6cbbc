/**
 * What git runs on every `git status`: reads the mapped log and answers.
 *
 * Its only failure is the answer "unknown": git then looks for itself, which is slow and right.
 * So nothing here is reported or retried, and nothing is waited for longer than base/limits.ts
 * allows.
 */

import { writeSync } from "node:fs";

import { decide } from "./decide.ts";

const STDOUT = 1;

const answer = await decide(process.argv.slice(2), {
  cwd: () => process.cwd(),
  environment: process.env,
});
if (answer === undefined) {
  process.exit(1);
}
for (let done = 0; done < answer.length;) {
  done += writeSync(STDOUT, answer, done);
}
process.exit(0);
