/**
 * git's own test suite, with gity and without, by command:
 *
 *     bun test/git-suite/main.ts [--git-dir DIR] [--jobs N] [--minutes N] [--limit-seconds N]
 *                                [--quick] [--count-answers] [--verbose] [SCRIPT…]
 *
 * SCRIPT is the beginning of a name ("t7508", "t3"). Without --git-dir (a source folder of git), git's
 * source is fetched and built first. Progress goes to stderr, failures and a summary to stdout; all
 * of it, and what the scripts printed, to .cache/git-source/results/. Exit code 1 for failures that are
 * there only with gity, or something the daemon keeps that it should not; 2 for wrong usage.
 */

import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import { PROJECT_ROOT } from "../support/built.ts";
import { removeTree, tempDir } from "../support/temp-dir.ts";
import type { SuiteFailure } from "./compare.ts";
import { type GityUnderTest, startGity } from "./gity-under-test.ts";
import { countAnswers, writeCountingHook, writeNullHook, writeScanHook } from "./hooks.ts";
import { runSuite, type ScriptResult } from "./run-suite.ts";
import { findScripts, suiteScripts } from "./scripts.ts";
import { provideGit } from "./source.ts";

const MINUTE_MS = 60_000;
const RESULTS_FOLDER = join(PROJECT_ROOT, ".cache", "git-source", "results");

interface Arguments {
  readonly gitFolder: string | undefined;
  readonly jobs: number;
  readonly minutes: number;
  readonly limitSeconds: number;
  readonly isQuick: boolean;
  readonly countsAnswers: boolean;
  readonly isVerbose: boolean;
  readonly scripts: readonly string[];
}

function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      "git-dir": { type: "string" },
      jobs: { type: "string", default: String(navigator.hardwareConcurrency) },
      minutes: { type: "string", default: "600" },
      "limit-seconds": { type: "string", default: "600" },
      quick: { type: "boolean", default: false },
      "count-answers": { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
    },
  });
  const gitFolder = values["git-dir"];
  return {
    gitFolder: gitFolder === undefined ? undefined : resolve(gitFolder),
    jobs: readCount("jobs", values.jobs),
    minutes: readCount("minutes", values.minutes),
    limitSeconds: readCount("limit-seconds", values["limit-seconds"]),
    isQuick: values.quick,
    countsAnswers: values["count-answers"],
    isVerbose: values.verbose,
    scripts: positionals,
  };
}

function readCount(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new TypeError(`--${name} wants a positive number, not '${text}'`);
  }
  return value;
}

async function main(options: Arguments): Promise<number> {
  const testsFolder = join(provideGit(options.gitFolder), "t");
  const scripts =
    options.scripts.length === 0
      ? suiteScripts(testsFolder)
      : findScripts(testsFolder, options.scripts);
  // A short path, for the daemon's socket; and another folder for what the scripts leave.
  using scratch = tempDir("suite");
  const scratchFolder = options.isVerbose ? mkdtempSync("/tmp/gity-suite-trash-") : scratch.path;
  using folder = tempDir("s");
  let complaints: string[];
  let results: ScriptResult[];
  let adopted: number;
  {
    await using gity = await startGity(folder.path);
    results = await runScripts(scripts, { ...options, testsFolder, scratchFolder, gity });
    adopted = gity.adoptedCount();
    complaints = options.isVerbose ? [] : await gity.complaints();
  }
  const answers = options.countsAnswers ? countAnswers(folder.path) : undefined;
  const all = { adopted, answers, complaints, results };
  writeFileSync(join(RESULTS_FOLDER, "results.json"), `${JSON.stringify(all, undefined, 2)}\n`);
  print(`worktrees watched: ${adopted}`);
  if (answers !== undefined) {
    print(`answers: ${answers.answers}, ${answers.unknownAnswers} of them unknown`);
  }
  complaints.forEach(print);
  return summarise(results) + complaints.length === 0 ? 0 : 1;
}

interface RunOptions extends Arguments {
  readonly testsFolder: string;
  readonly scratchFolder: string;
  readonly gity: GityUnderTest;
}

async function runScripts(
  scripts: readonly string[],
  { gity, ...options }: RunOptions,
): Promise<ScriptResult[]> {
  removeTree(RESULTS_FOLDER);
  mkdirSync(RESULTS_FOLDER, { recursive: true });
  const hooks = resolve(gity.helper, "..");
  let done = 0;
  return runSuite(scripts, {
    ...options,
    outputFolder: RESULTS_FOLDER,
    gityHome: gity.home,
    gityHook: options.countsAnswers ? writeCountingHook(hooks, gity.helper) : gity.helper,
    nullHook: writeNullHook(hooks),
    scanHook: writeScanHook(hooks),
    endMs: performance.now() + options.minutes * MINUTE_MS,
    isDaemonRunning: gity.isRunning,
    onScript: (result) => {
      done += 1;
      process.stderr.write(`${done}/${scripts.length} ${describeScript(result)}\n`);
    },
  });
}

function describeScript({ script, tests, seconds, ...failures }: ScriptResult): string {
  const times = Object.entries(seconds).map(([mode, value]) => `${mode} ${value.toFixed(1)} s`);
  const lines = failures.failuresOnlyWithGity.map((failure) => `\n  ${describe(failure)}`);
  return `${script}: ${tests} tests, ${times.join(", ")}${lines.join("")}`;
}

function describe({ script, number, title }: SuiteFailure): string {
  return `${script} ${number}: ${title}`;
}

/** Prints the failures and the last line, and returns how many are only with gity. */
function summarise(results: readonly ScriptResult[]): number {
  const sum = (count: (result: ScriptResult) => number): number =>
    results.reduce((total, result) => total + count(result), 0);
  const onlyWithGity = results.flatMap(({ failuresOnlyWithGity }) => failuresOnlyWithGity);
  for (const failure of results.flatMap(({ failuresWithAnyHook }) => failuresWithAnyHook)) {
    print(`with any hook: ${describe(failure)}`);
  }
  for (const failure of results.flatMap(({ failuresExplained }) => failuresExplained)) {
    print(`explained: ${describe(failure)}`);
  }
  for (const failure of onlyWithGity) {
    print(`only with gity: ${describe(failure)}`);
  }
  const alone = sum(({ failuresAlone }) => failuresAlone.length);
  const withAnyHook = sum(({ failuresWithAnyHook }) => failuresWithAnyHook.length);
  const skipped = sum(({ skipped: count }) => count);
  print(`${skipped} tests skipped, ${alone} failures without gity, ${withAnyHook} with any hook`);
  print(
    `${results.length} scripts, ${sum(({ tests }) => tests)} tests, ` +
      `${onlyWithGity.length} failures only with gity`,
  );
  return onlyWithGity.length;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
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
