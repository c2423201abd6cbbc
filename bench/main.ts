/**
 * Runs the benchmarks, prints what they found, and keeps it.
 *
 *     npm run bench -- [--quick] [--json] [--no-result] [QUESTION…]
 *     npm run bench -- --page RESULT        makes the page and the plots of a result once more
 *     npm run bench -- --readme RESULT      puts a result into README, between the markers
 *     npm run bench -- --merge RESULT OTHER puts the answers of another run into a result
 *
 * What was found lies in `bench/results/<date>-<commit>.json`, with a page and plots beside it. `--quick` tries
 * everything on small trees, a few times: what it finds says nothing about speed, and lies in `.cache/bench`. What there
 * is after each question lies in `<name>.partial.json` until the end, and stays there when there is none.
 *
 * Exits 1 when a figure is not as hoped, somebody who looked was wrong, or a question could not be answered, and 130 when
 * it was interrupted; a benchmark never gates a merge.
 */

import { dirname, join } from "node:path";

import { enterCleanRoom } from "../test/support/clean-room.ts";
import { PROJECT_ROOT } from "../test/support/built.ts";
import { tempDir } from "../test/support/temp-dir.ts";
import { type Budget, QUICK, WHOLE } from "./budget.ts";
import { type BenchReport, formatReport, isAsHoped } from "./harness.ts";
import { isBlind, releaseSharedPeers } from "./peers.ts";
import { forgetPartial, keepPartially, publish } from "./publish.ts";
import { ON_SHARED_TREES, ONLY_WHEN_NAMED, QUESTIONS } from "./questions.ts";
import { updateReadme } from "./readme.ts";
import {
  type Answered,
  type BenchResult,
  currentLoad,
  describeRun,
  type Failure,
  loadResult,
  mergeResults,
  objectionsTo,
  RESULTS_FOLDER,
  watchPrograms,
  withFreeName,
} from "./result.ts";

const QUICK_FOLDER = join(PROJECT_ROOT, ".cache/bench");

/** Of a shell: 128 and SIGINT. */
const INTERRUPTED = 130;

/** What is under way ends first, because it is in the hands of a command; whatever it holds is then given back. */
let isInterrupted = false;

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
  const folder = budget.isQuick ? QUICK_FOLDER : RESULTS_FOLDER;
  const findChanges = watchPrograms();
  const run = withFreeName(describeRun(budget.isQuick), folder);
  enterCleanRoom(home.path);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      isInterrupted = true;
    });
  }
  process.stderr.write(`${run.machine}, commit ${run.commit}\n`);
  await using stack = new AsyncDisposableStack();
  stack.defer(releaseSharedPeers);
  const isKept = !flags.has("--no-result");
  const found = await answer(wanted, budget, !flags.has("--json"), (soFar) => {
    if (isKept) {
      keepPartially({ ...run, ...soFar, objections: findChanges() }, folder);
    }
  });
  if (isInterrupted) {
    process.stderr.write("error: interrupted\n");
    return INTERRUPTED;
  }
  const { answers, failures } = found;
  const result: BenchResult = { ...run, ...found, objections: findChanges() };
  for (const objection of objectionsTo(result)) {
    process.stderr.write(`warning: ${objection}\n`);
  }
  if (flags.has("--json")) {
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  }
  if (isKept) {
    const page = await publish(result, folder);
    forgetPartial(result, folder);
    process.stderr.write(`kept in ${page}\n`);
  }
  const mistakes = answers.flatMap(({ name, report }) =>
    mistakesIn(report).map((mistake) => `${name}: ${mistake}`),
  );
  for (const mistake of mistakes) {
    process.stderr.write(`error: ${mistake}\n`);
  }
  const isAllAsHoped = answers.every(({ report }) => report.figures.every(isAsHoped));
  return isAllAsHoped && failures.length === 0 && mistakes.length === 0 ? 0 : 1;
}

/** Of those who have looked. */
function mistakesIn({ measurements }: BenchReport): string[] {
  return measurements.flatMap(({ name, series, mistake }) =>
    mistake === undefined || isBlind(series ?? name) ? [] : [`${name} is wrong ${mistake}`],
  );
}

interface Found {
  readonly answers: readonly Answered[];
  readonly failures: readonly Failure[];
}

/** One question at a time, so that each has the machine to itself. What one cannot answer costs the others nothing. */
async function answer(
  wanted: readonly string[],
  budget: Budget,
  isShown: boolean,
  keep: (soFar: Found) => void,
): Promise<Found> {
  const answers: Answered[] = [];
  const failures: Failure[] = [];
  const asked = Object.entries(QUESTIONS).filter(([name]) =>
    wanted.length === 0 ? !ONLY_WHEN_NAMED.has(name) : wanted.includes(name),
  );
  for (const [name, measure] of asked) {
    process.stderr.write(`${name} …\n`);
    try {
      if (!ON_SHARED_TREES.has(name)) {
        // oxlint-disable-next-line no-await-in-loop
        await releaseSharedPeers();
      }
      const loadAtStart = currentLoad();
      const startedAt = performance.now();
      // oxlint-disable-next-line no-await-in-loop
      const report = await measure(budget);
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      answers.push({ name, loadAtStart, seconds, report });
      if (isShown) {
        process.stdout.write(`\n${formatReport(report)}\n\n`);
      }
      process.stderr.write(`${name}: ${seconds} s\n`);
    } catch (error) {
      failures.push({ name, message: messageOf(error) });
      process.stderr.write(`error: ${name}: ${messageOf(error)}\n`);
      // oxlint-disable-next-line no-await-in-loop -- Nobody knows what it has left in the trees.
      await releaseAfterFailure();
    }
    // oxlint-disable-next-line no-await-in-loop -- Signals are heard of when nothing else is done.
    await Bun.sleep(0);
    if (isInterrupted) {
      break;
    }
    keep({ answers, failures });
  }
  return { answers, failures };
}

async function releaseAfterFailure(): Promise<void> {
  try {
    await releaseSharedPeers();
  } catch (error) {
    process.stderr.write(`warning: ${messageOf(error)}\n`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
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
