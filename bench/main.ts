/**
 * Runs the benchmarks, prints what they found, and keeps it.
 *
 *     npm run bench -- [--quick] [--json] [--no-result] [QUESTION…]
 *     npm run bench -- --page RESULT        makes the page and the plots of a result once more
 *     npm run bench -- --readme RESULT      puts a result into README, between the markers
 *     npm run bench -- --merge RESULT OTHER puts the answers of another run into a result
 *
 * What was found lies in `bench/results/<date>-<commit>.json`, with a page and plots beside it. `--quick` tries
 * everything on small trees, a few times: what it finds says nothing about speed, and lies in `.cache/bench`.
 *
 * Exits 1 when a figure is not as hoped, or a question could not be answered; a benchmark never gates a merge.
 */

import { dirname, join } from "node:path";

import { enterCleanRoom } from "../test/support/clean-room.ts";
import { PROJECT_ROOT } from "../test/support/built.ts";
import { tempDir } from "../test/support/temp-dir.ts";
import { type Budget, QUICK, WHOLE } from "./budget.ts";
import { formatReport, isAsHoped } from "./harness.ts";
import { releaseSharedPeers } from "./peers.ts";
import { publish } from "./publish.ts";
import { ON_SHARED_TREES, ONLY_WHEN_NAMED, QUESTIONS } from "./questions.ts";
import { updateReadme } from "./readme.ts";
import {
  type Answered,
  type BenchResult,
  currentLoad,
  describeRun,
  loadResult,
  mergeResults,
  objectionsTo,
  RESULTS_FOLDER,
} from "./result.ts";

const QUICK_FOLDER = join(PROJECT_ROOT, ".cache/bench");

async function main(args: readonly string[]): Promise<number> {
  const [first = ""] = args;
  if (first === "--readme" || first === "--page" || first === "--merge") {
    return remake(first, args.slice(1));
  }
  const flags = new Set(args.filter((arg) => arg.startsWith("--")));
  const wanted = args.filter((arg) => !arg.startsWith("--"));
  const unknown = wanted.find((name) => QUESTIONS[name] === undefined);
  if (unknown !== undefined) {
    process.stderr.write(
      `error: no such question '${unknown}'\nhint: ${Object.keys(QUESTIONS).join(", ")}\n`,
    );
    return 2;
  }
  using home = tempDir("bench-home");
  const budget = flags.has("--quick") ? QUICK : WHOLE;
  const run = describeRun(budget.isQuick);
  enterCleanRoom(home.path);
  process.stderr.write(`${run.machine}, commit ${run.commit}\n`);
  await using stack = new AsyncDisposableStack();
  stack.defer(releaseSharedPeers);
  const { answers, failures } = await answer(wanted, budget, !flags.has("--json"));
  const result: BenchResult = { ...run, answers };
  for (const objection of objectionsTo(result)) {
    process.stderr.write(`warning: ${objection}\n`);
  }
  if (flags.has("--json")) {
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  }
  if (!flags.has("--no-result")) {
    const page = await publish(result, budget.isQuick ? QUICK_FOLDER : RESULTS_FOLDER);
    process.stderr.write(`kept in ${page}\n`);
  }
  for (const failure of failures) {
    process.stderr.write(`error: ${failure}\n`);
  }
  const isAllAsHoped = answers.every(({ report }) => report.figures.every(isAsHoped));
  return isAllAsHoped && failures.length === 0 ? 0 : 1;
}

/** One question at a time, so that each has the machine to itself. What one cannot answer costs the others nothing. */
async function answer(
  wanted: readonly string[],
  budget: Budget,
  isShown: boolean,
): Promise<{ answers: Answered[]; failures: string[] }> {
  const answers: Answered[] = [];
  const failures: string[] = [];
  for (const [name, measure] of Object.entries(QUESTIONS)) {
    if (wanted.length === 0 ? !ONLY_WHEN_NAMED.has(name) : wanted.includes(name)) {
      process.stderr.write(`${name} …\n`);
      if (!ON_SHARED_TREES.has(name)) {
        // oxlint-disable-next-line no-await-in-loop
        await releaseSharedPeers();
      }
      const loadAtStart = currentLoad();
      const startedAt = performance.now();
      try {
        // oxlint-disable-next-line no-await-in-loop
        const report = await measure(budget);
        const seconds = Math.round((performance.now() - startedAt) / 1000);
        answers.push({ name, loadAtStart, seconds, report });
        if (isShown) {
          process.stdout.write(`\n${formatReport(report)}\n\n`);
        }
        process.stderr.write(`${name}: ${seconds} s\n`);
      } catch (error) {
        failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
        process.stderr.write(`error: ${failures.at(-1)}\n`);
      }
    }
  }
  return { answers, failures };
}

async function remake(
  what: "--readme" | "--page" | "--merge",
  [path = "", other = ""]: readonly string[],
): Promise<number> {
  const result = loadResult(path);
  if (what === "--readme") {
    updateReadme(result, path);
    return 0;
  }
  await publish(
    what === "--merge" ? mergeResults(result, loadResult(other)) : result,
    dirname(path),
  );
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
