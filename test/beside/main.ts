/**
 * An index is put in place, over and over, beside the commands of a user, by command:
 *
 *     npm run beside -- [COMMANDS]
 *
 * With the git in PATH and with the newer one where it is there, each with a placer that is as fast as it can be and with
 * one that is kept from its work for some milliseconds at the worst moment. Exit code 1 when a command failed or
 * anything was lost.
 */

import { enterCleanRoom } from "../support/clean-room.ts";
import { newerGit } from "../support/newer-git.ts";
import { tempDir } from "../support/temp-dir.ts";
import { runBeside } from "./commands.ts";

const COMMANDS = 10_000;
const STRETCHES_MS = [0, 3];
const PROGRESS = 1_000;

async function main([commands]: readonly string[]): Promise<number> {
  using userHome = tempDir("beside-home");
  enterCleanRoom(userHome.path);
  let problemCount = 0;
  for (const git of ["git", newerGit()].filter((each) => each !== undefined)) {
    for (const stretchMs of STRETCHES_MS) {
      // oxlint-disable-next-line no-await-in-loop -- They want the same processors.
      const { problems, counts, longestMs } = await runBeside({
        git,
        commands: Number(commands ?? COMMANDS),
        stretchMs,
        onProgress: (done) => {
          if (done % PROGRESS === 0) {
            process.stderr.write(`${git}: ${done}\n`);
          }
        },
      });
      problemCount += problems.length;
      process.stdout.write(
        `${git}, stretched by ${stretchMs} ms (at most ${longestMs}): ${problems.length} problems, ` +
          `${JSON.stringify(counts)}\n${problems.slice(0, 10).join("\n")}\n`,
      );
    }
  }
  return problemCount === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
