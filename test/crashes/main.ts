/**
 * Kills a daemon at many moments of a day (kill-at-call.ts), by command:
 *
 *     npm run crashes -- [CALL…]
 *
 * For each kind of call at the first, the second, and then at numbers that grow by half, until a day goes
 * by without. Progress goes to stderr. Exit code 1 when git was wrong.
 */

import { enterCleanRoom } from "../support/clean-room.ts";
import { tempDir } from "../support/temp-dir.ts";

const GROWTH = 1.5;
const WHEN_MAX = 2_000;

async function main(wanted: readonly string[]): Promise<number> {
  using userHome = tempDir("crashes-home");
  enterCleanRoom(userHome.path);
  const { CALLS, liveThrough } = await import("./kill-at-call.ts");
  let days = 0;
  let kills = 0;
  let failures = 0;
  for (const call of CALLS.filter((name) => wanted.length === 0 || wanted.includes(name))) {
    for (let when = 1; when < WHEN_MAX; when = Math.ceil(when * GROWTH + 0.5)) {
      days += 1;
      let died = 1;
      try {
        // oxlint-disable-next-line no-await-in-loop
        ({ kills: died } = await liveThrough({ call, when }));
      } catch (error) {
        failures += 1;
        process.stdout.write(`${call} ${when}: ${String(error)}\n`);
      }
      kills += died;
      process.stderr.write(`${call} ${when}: killed ${died} times\n`);
      if (died === 0) {
        break;
      }
    }
  }
  process.stdout.write(`${days} days, ${kills} kills, ${failures} failures\n`);
  return failures === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
