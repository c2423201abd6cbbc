/**
 * What one run found, with all that has to be known to believe it: when, where, of which commit, beside what.
 *
 * It is kept as `bench/results/<date>-<commit>.json`, from which the page and README's part are made.
 */

import { readFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join } from "node:path";

import { builtGity, PROJECT_ROOT } from "../test/support/built.ts";
import { newerGit } from "../test/support/newer-git.ts";
import { type BenchReport, describeMachine } from "./harness.ts";

export const RESULTS_FOLDER = join(PROJECT_ROOT, "bench/results");

/** Somebody else is at work when the machine has had more than this to do in the last minute. */
const LOAD_MAX = 0.5;

/** One question, with its answer. */
export interface Answered {
  /** As it is called on the command line. */
  readonly name: string;
  /** Of the last minute, before it began; what the questions before it did is part of it. */
  readonly loadAtStart: number;
  readonly seconds: number;
  readonly report: BenchReport;
  /** The run it is from, when that is another one than the result's; see mergeResults(). */
  readonly from?: { readonly date: string; readonly commit: string };
}

export interface BenchResult {
  readonly format: 1;
  readonly date: string;
  readonly commit: string;
  /** Whether what was measured is what was committed. */
  readonly isCommitted: boolean;
  readonly isQuick: boolean;
  readonly machine: string;
  /** Of the last minute, before anything began. */
  readonly loadAtStart: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly answers: readonly Answered[];
}

export function currentLoad(): number {
  return loadavg()[0] ?? Number.NaN;
}

export function describeRun(isQuick: boolean): Omit<BenchResult, "answers"> {
  return {
    format: 1,
    date: new Date().toISOString().slice(0, "2026-01-01".length),
    commit: outputOf(["git", "-C", PROJECT_ROOT, "rev-parse", "--short", "HEAD"]),
    isCommitted: isCommitted(),
    isQuick,
    machine: describeMachine(),
    loadAtStart: currentLoad(),
    versions: versions(),
  };
}

/** What makes it less than a result; empty when it may be shown to others. */
export function objectionsTo(result: BenchResult): string[] {
  return [
    ...(result.isQuick ? ["a quick run says nothing about speed"] : []),
    ...(result.isCommitted ? [] : [`what was measured is not commit ${result.commit}`]),
    ...(result.loadAtStart > LOAD_MAX
      ? [`the machine was busy when it began (load ${result.loadAtStart.toFixed(2)})`]
      : []),
  ];
}

/** Without ending: one name for the file, the page and the folder of its plots. */
export function nameOfResult({ date, commit, isQuick }: BenchResult): string {
  return `${date}-${commit}${isQuick ? "-quick" : ""}`;
}

/** @throws Error when it is not one of ours */
export function loadResult(path: string): BenchResult {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- This suite has written it.
  const result = JSON.parse(readFileSync(path, "utf8")) as BenchResult;
  if (result.format !== 1) {
    throw new Error(`'${path}' is not a result of this suite`);
  }
  return result;
}

/**
 * `result` with the answers of another run, which replace those to the same questions: some questions take gigabytes, or
 * a file system of their own, and are asked in another hour. Each of them says of which run it is.
 *
 * @throws Error when the other is no result to be shown, or from another machine
 */
export function mergeResults(result: BenchResult, other: BenchResult): BenchResult {
  const [objection] = objectionsTo(other);
  if (objection !== undefined) {
    throw new Error(`it is no result to be shown: ${objection}`);
  }
  if (other.machine !== result.machine || other.versions["git"] !== result.versions["git"]) {
    throw new Error("it is from another machine, or with another git");
  }
  const { date, commit } = other;
  const later = new Map(
    other.answers.map((answer) => [answer.name, { from: { date, commit }, ...answer }]),
  );
  const known = new Set(result.answers.map(({ name }) => name));
  return {
    ...result,
    answers: [
      ...result.answers.map((answer) => later.get(answer.name) ?? answer),
      ...[...later.values()].filter(({ name }) => !known.has(name)),
    ],
  };
}

/** Results that are not committed yet change nothing. */
function isCommitted(): boolean {
  const measured = ["src", "bench", "test", "package.json", "bun.lock", ":!bench/results"];
  return outputOf(["git", "-C", PROJECT_ROOT, "status", "--porcelain", "--", ...measured]) === "";
}

function versions(): Record<string, string> {
  const git = newerGit();
  return {
    gity: outputOf([builtGity(), "version"]),
    Bun: Bun.version,
    git: git === undefined ? "none" : outputOf([git, "version"]).replace(/^git version /, ""),
    "git on PATH": outputOf(["git", "version"]).replace(/^git version /, ""),
    Watchman: Bun.which("watchman") === null ? "none" : outputOf(["watchman", "--version"]),
    Linux: outputOf(["uname", "-rm"]),
  };
}

/** Without the newline at its end; empty when it fails. */
function outputOf(argv: readonly string[]): string {
  const child = Bun.spawnSync([...argv], { stdin: "ignore", stderr: "ignore", timeout: 10_000 });
  return child.exitCode === 0 ? child.stdout.toString().trim() : "";
}
