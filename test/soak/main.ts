/**
 * The long run of soak.ts, by command:
 *
 *     npm run soak -- [--minutes N] [--seed N] [--worktrees N]
 *
 * Progress goes to stderr, a summary to stdout. Exit code 1 for a difference, which is printed with what
 * was done to the tree before.
 */

import { parseArgs } from "node:util";

import { enterCleanRoom } from "../support/clean-room.ts";
import { tempDir } from "../support/temp-dir.ts";

const MINUTE_MS = 60_000;
const SEED_MAX = 2 ** 32 - 1;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "60" },
      seed: { type: "string", default: String(Date.now() % SEED_MAX) },
      worktrees: { type: "string", default: "20" },
    },
  });
  using userHome = tempDir("soak-home");
  enterCleanRoom(userHome.path);
  // Loaded only now: run-git.ts reads its variables once.
  const { gityHome } = await import("../support/gity-home.ts");
  const { soak } = await import("./soak.ts");
  await using home = await gityHome();
  const startedAt = performance.now();
  const result = await soak({
    home,
    seed: Number(values.seed),
    worktrees: Number(values.worktrees),
    deadlineMs: Number(values.minutes) * MINUTE_MS,
    onProgress: ({ steps, checks, kills, stops, endedByGit }) => {
      const counts = { steps, checks, kills, stops, endedByGit };
      const minutes = ((performance.now() - startedAt) / MINUTE_MS).toFixed(1);
      process.stderr.write(`${minutes} min ${JSON.stringify(counts)}\n`);
    },
  });
  const { failure, ...counts } = result;
  process.stdout.write(`seed ${values.seed}: ${JSON.stringify(counts)}\n`);
  if (failure !== undefined) {
    process.stdout.write(`${failure.text}\n${JSON.stringify(failure.operations.slice(-60))}\n`);
  }
  return failure === undefined ? 0 : 1;
}

process.exitCode = await main();
