/**
 * Question: what does the helper cost a git command, as a whole process?
 *
 * Method: a registered repository of 100,000 files with a live daemon. `gity-helper 2 TOKEN` with
 * the newest token, in turns with a compiled Bun program that prints nine bytes and does nothing
 * else. Process start to process end, output thrown away.
 *
 * What would change my mind: if the ratio stays above 1.2, the helper does too much, or what it
 * does belongs into a C program, which starts in less than a millisecond.
 *
 * Last result (2026-11-21, 2 × AMD EPYC, Linux 6.18, before the first commit): 7.9 ms against
 * 5.3 ms, 1.50 times; on a busy machine. 1.4 ms of it is loading the program: version 1, which
 * looks at nothing, costs 7.4 ms.
 */

import { builtHelper } from "../test/support/built.ts";
import { tempDir } from "../test/support/temp-dir.ts";
import type { Budget } from "./budget.ts";
import { type BenchReport, command, compare, ratio } from "./harness.ts";
import { coveredWorktree, LARGE_TREE } from "./large-worktree.ts";
import { compileNineBytesInBun, freshCopy } from "./programs.ts";

const RUNS = 201;
const FLOOR = "compiled Bun, nine bytes";
const HELPER = "gity-helper";

export async function measureHelperProcess(budget: Budget): Promise<BenchReport> {
  using programs = tempDir("bench-programs");
  await using covered = await coveredWorktree("bench-helper", budget.tree(LARGE_TREE));
  const floor = await compileNineBytesInBun(programs.path);
  const helper = freshCopy(builtHelper(), programs.path);
  const token = String((await covered.health())["token"]);
  const options = { directory: covered.tree.path };
  const measurements = compare(
    [
      { name: FLOOR, run: command([floor], options) },
      { name: HELPER, run: command([helper, "2", token], options) },
    ],
    budget.runs(RUNS),
  );
  const helperMs = measurements.find(({ name }) => name === HELPER)?.medianMs ?? Number.NaN;
  return {
    question: "What does the helper cost, as a whole process?",
    measurements,
    figures: [
      { name: "helper / floor", value: ratio(measurements, HELPER, FLOOR), unit: "x", atMost: 1.2 },
      { name: "helper, median", value: helperMs, unit: "ms", atMost: 5 },
    ],
  };
}
