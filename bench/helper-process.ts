/**
 * Question: what does the helper cost a git command, as a whole process?
 *
 * Method: a registered repository of 100,000 files with a live daemon. `gity-helper 2 TOKEN` with
 * the newest token, in turns with a compiled Bun program that prints nine bytes and does nothing
 * else. Process start to process end, output thrown away. Where it goes is read off strace(1), which stops the helper
 * at a few calls only: start up to the first look at the git directory, map up to the cookie, barrier up to the answer,
 * and what is left; these are a little longer than without anybody looking.
 *
 * What would change my mind: if the ratio stays above 1.2, the helper does too much, or what it
 * does belongs into a C program, which starts in less than a millisecond.
 */

import { readFileSync } from "node:fs";

import { builtHelper } from "../test/support/built.ts";
import { hasStrace } from "../test/support/strace.ts";
import { tempDir } from "../test/support/temp-dir.ts";
import type { Budget } from "./budget.ts";
import {
  type BenchReport,
  command,
  type CommandOptions,
  compare,
  figureOfPairs,
  type Measurement,
  summarize,
} from "./harness.ts";
import { coveredWorktree, LARGE_TREE } from "./large-worktree.ts";
import { compileNineBytesInBun, freshCopy, programsFolder } from "./programs.ts";

const RUNS = 201;
const FLOOR = "compiled Bun, nine bytes";
const HELPER = "gity-helper";

export async function measureHelperProcess(budget: Budget): Promise<BenchReport> {
  using programs = programsFolder();
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
  const phases = hasStrace() ? splitHelper([helper, "2", token], options, budget) : [];
  const helperMs = measurements.find(({ name }) => name === HELPER)?.medianMs ?? Number.NaN;
  return {
    question: "What does the helper cost, as a whole process?",
    measurements: [...measurements, ...phases],
    figures: [
      figureOfPairs(measurements, HELPER, FLOOR, { atMost: 1.2 }),
      { name: "helper, median", value: helperMs, unit: "ms", atMost: 5 },
    ],
  };
}

const PHASE_RUNS = 41;
const MS_PER_SECOND = 1000;

/** The calls that begin a phase, in their order; the last ends with the process. */
const PHASES = [
  ["of it start, under strace", /execve\(/],
  ["of it map", /statx\(.*\/\.git"/],
  ["of it barrier", /openat\(.*\/cookies\//],
  ["of it write and end", /write\(1, /],
] as const;

function splitHelper(
  argv: readonly string[],
  options: CommandOptions,
  budget: Budget,
): Measurement[] {
  using scratch = tempDir("bench-phases");
  const trace = scratch.join("trace");
  const samples = PHASES.map((): number[] => []);
  const calls = "trace=execve,statx,openat,write";
  const strace = ["strace", "-f", "--seccomp-bpf", "-ttt", "-e", calls, "-o", trace, "--"];
  const run = command([...strace, ...argv], options);
  for (let i = 0; i < budget.runs(PHASE_RUNS); i += 1) {
    run();
    const lines = readFileSync(trace, "latin1").trimEnd().split("\n");
    const marks = [
      ...PHASES.map(([, pattern]) => lines.find((line) => pattern.test(line))),
      lines.at(-1),
    ];
    const times = marks.map((line) => Number(/^\d+\s+([\d.]+)/.exec(line ?? "")?.[1]));
    for (const [phase, values] of samples.entries()) {
      values.push(
        ((times[phase + 1] ?? Number.NaN) - (times[phase] ?? Number.NaN)) * MS_PER_SECOND,
      );
    }
  }
  return PHASES.map(([name], phase) => summarize(name, samples[phase] ?? []));
}
