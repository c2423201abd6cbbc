/**
 * A long run of random operations, by command:
 *
 *     bun test/fuzz/main.ts [--steps N] [--seed N] [--minutes N] [--git PATH] [--restarts]
 *
 * Progress goes to stderr, a summary to stdout. A difference ends the run: it is shrunk, and printed as
 * a test to be put into test/regression/. Exit code 1 for a difference, 2 for wrong usage.
 */

import { parseArgs } from "node:util";

import { enterCleanRoom } from "../support/clean-room.ts";
import { tempDir } from "../support/temp-dir.ts";

const MINUTE_MS = 60_000;

/** Later sessions of one run take the seeds that follow. */
const SEED_MAX = 2 ** 32 - 1;

interface Arguments {
  readonly steps: number;
  readonly seed: number;
  readonly minutes: number;
  readonly git: string | undefined;
  readonly withRestarts: boolean;
}

function readArguments(args: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      steps: { type: "string", default: "20000" },
      seed: { type: "string", default: String(Date.now() % SEED_MAX) },
      minutes: { type: "string", default: "1000" },
      git: { type: "string" },
      restarts: { type: "boolean", default: false },
    },
  });
  return {
    steps: readNumber("steps", values.steps),
    seed: readNumber("seed", values.seed),
    minutes: readNumber("minutes", values.minutes),
    git: values.git,
    withRestarts: values.restarts,
  };
}

function readNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0 || value > SEED_MAX) {
    throw new TypeError(`--${name} wants a number, not '${text}'`);
  }
  return value;
}

async function main(options: Arguments): Promise<number> {
  using userHome = tempDir("fuzz-home");
  enterCleanRoom(userHome.path);
  if (options.git !== undefined) {
    process.env["GITY_TEST_GIT"] = options.git;
  }
  // Loaded only now: run-git.ts reads its variable once.
  const { gityHome } = await import("../support/gity-home.ts");
  const { runFuzz, shrinkFailure } = await import("./run-fuzz.ts");
  const { formatRegressionTest } = await import("./shrink.ts");
  await using home = await gityHome();
  const startedAt = performance.now();
  const result = await runFuzz({
    ...options,
    home,
    deadlineMs: options.minutes * MINUTE_MS,
    onSession: (session) => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
      process.stderr.write(`${seconds} s ${JSON.stringify(session)}\n`);
    },
  });
  const { failure, complaints, ...counts } = result;
  const seconds = (performance.now() - startedAt) / 1000;
  const rate = (counts.steps / seconds).toFixed(1);
  process.stdout.write(`seed ${options.seed}: ${JSON.stringify(counts)}, ${rate} steps/s\n`);
  for (const complaint of complaints) {
    process.stdout.write(`gity did not answer as it should: ${complaint}\n`);
  }
  if (failure !== undefined) {
    process.stderr.write(`${failure.difference}\nshrinking ${failure.operations.length} …\n`);
    const shrunk = await shrinkFailure({ home, ...options }, failure);
    process.stdout.write(`${shrunk.difference}\n\n`);
    process.stdout.write(formatRegressionTest(`fuzz: seed ${shrunk.seed}`, shrunk.operations));
  }
  return failure === undefined && complaints.length === 0 ? 0 : 1;
}

function parseOrExplain(): Arguments | undefined {
  try {
    return readArguments(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof TypeError)) {
      throw error;
    }
    process.stderr.write(`error: ${error.message}\n`);
    return undefined;
  }
}

const parsed = parseOrExplain();
process.exitCode = parsed === undefined ? 2 : await main(parsed);
