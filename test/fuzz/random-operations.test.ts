/**
 * Goal: no sequence of operations makes git with gity say something else than git alone.
 * Method: a minute of random ones, half from a fixed seed and half from one that is new each time
 * and printed. `bun test/fuzz/main.ts --seed N` goes on with any of them for as long as wanted.
 */

import { expect, test } from "bun:test";

import { gityHome } from "../support/gity-home.ts";
import { withLastWords } from "../support/last-words.ts";
import { runFuzz, shrinkFailure } from "./run-fuzz.ts";
import { formatRegressionTest } from "./shrink.ts";

const FIXED_SEED = 1;
const CLOCK_SEED = Date.now() % 2 ** 32;

const RUN_MS = 20_000;
const STEPS_MAX = 100_000;

/** A failure is shrunk before it is shown. */
const TEST_MS_MAX = 300_000;

/** On the slowest machine this is expected to run on. */
const STEPS_MIN = 50;

test.each([FIXED_SEED, CLOCK_SEED])(
  "git status is right after random operations (seed %d)",
  (seed) => withLastWords(`random operations, seed ${seed}`, () => runSeed(seed)),
  TEST_MS_MAX,
);

async function runSeed(seed: number): Promise<void> {
  process.stderr.write(`random operations: seed ${seed}\n`);
  await using home = await gityHome();
  const result = await runFuzz({ home, seed, steps: STEPS_MAX, deadlineMs: RUN_MS });
  if (result.failure !== undefined) {
    const shrunk = await shrinkFailure({ home }, result.failure);
    const text = formatRegressionTest(`fuzz: seed ${shrunk.seed}`, shrunk.operations);
    throw new Error(`${shrunk.difference}\n\n${text}`);
  }
  expect(result.complaints).toEqual([]);
  expect(result.steps).toBeGreaterThan(STEPS_MIN);
  expect(result.unknownAnswers).toBeLessThan(result.answers);
}
