/**
 * What one run found, with all that has to be known to believe it: when, where, of which commit, beside what.
 *
 * It is kept as `bench/results/<date>-<commit>.json`, from which the page and README's part are made.
 */

import { existsSync, readFileSync, statSync } from "node:fs";
import { loadavg, tmpdir, totalmem } from "node:os";
import { basename, join } from "node:path";

import { builtGity, builtHelper, PROJECT_ROOT } from "../test/support/built.ts";
import { newerGit } from "../test/support/newer-git.ts";
import { type BenchReport, describeMachine } from "./harness.ts";

export const RESULTS_FOLDER = join(PROJECT_ROOT, "bench/results");

/** What a run has found before it has ended, beside where its result will lie. */
export const PARTIAL = ".partial.json";

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

/** A question that could not be answered. */
export interface Failure {
  readonly name: string;
  readonly message: string;
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
  /** Older results have none of these. */
  readonly failures?: readonly Failure[];
  /** What else the run has found to be said against it. */
  readonly objections?: readonly string[];
  /** From 2 on: of further results of the same day and commit. */
  readonly number?: number;
}

export function currentLoad(): number {
  return loadavg()[0] ?? Number.NaN;
}

export function describeRun(isQuick: boolean): Omit<BenchResult, "answers"> {
  return {
    format: 1,
    date: new Date().toISOString().slice(0, "2026-01-01".length),
    commit: currentCommit(),
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
    ...(result.failures ?? []).map(({ name, message }) => `'${name}' has no answer: ${message}`),
    ...(result.objections ?? []),
  ];
}

/** Without ending: one name for the file, the page and the folder of its plots. */
export function nameOfResult({
  date,
  commit,
  isQuick,
  number,
}: Pick<BenchResult, "date" | "commit" | "isQuick" | "number">): string {
  return `${date}-${commit}${isQuick ? "-quick" : ""}${number === undefined ? "" : `-${number}`}`;
}

/** The same run under a name that no result in `folder` has. A quick one is worth nothing, and may be replaced. */
export function withFreeName<T extends Parameters<typeof nameOfResult>[0]>(
  run: T,
  folder: string,
): T {
  let named = run;
  const isTaken = (ending: string): boolean =>
    existsSync(join(folder, `${nameOfResult(named)}${ending}`));
  for (let number = 2; !run.isQuick && (isTaken(".json") || isTaken(PARTIAL)); number += 1) {
    named = { ...run, number };
  }
  return named;
}

/**
 * Brings `dist/` up to date with the sources, and says later what may have changed since: what was measured has to be
 * one program, and that of the commit.
 */
export function watchPrograms(): () => string[] {
  const { exitCode, stderr } = Bun.spawnSync([process.execPath, "src/build.ts"], {
    cwd: PROJECT_ROOT,
    stdin: "ignore",
  });
  if (exitCode !== 0) {
    throw new Error(`cannot build gity: ${stderr.toString().trim()}`);
  }
  const programs = [builtGity(), builtHelper()];
  const identities = programs.map(identityOf);
  const commit = currentCommit();
  const wasCommitted = isCommitted();
  return () => [
    ...programs
      .filter((path, i) => identityOf(path) !== identities[i])
      .map((path) => `'${basename(path)}' was built anew meanwhile`),
    ...(currentCommit() === commit && (isCommitted() || !wasCommitted)
      ? []
      : ["the sources were changed meanwhile"]),
  ];
}

function identityOf(path: string): string {
  const { size, mtimeMs, ino } = statSync(path);
  return `${size} ${mtimeMs} ${ino}`;
}

function currentCommit(): string {
  return outputOf(["git", "-C", PROJECT_ROOT, "rev-parse", "--short", "HEAD"]);
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
 * `result` with the answers of another run, which replace those to the same questions, and what failed there: some questions take gigabytes, or
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
  const failures = (result.failures ?? []).filter(({ name }) => !later.has(name));
  return {
    ...result,
    ...(result.failures === undefined ? {} : { failures }),
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

/** And on what. ext4 takes several times as long to make files for a minute or two after others were deleted: trees on
 *  tmpfs (`TMPDIR=/dev/shm`) are made alike at any time. */
function versions(): Record<string, string> {
  const git = newerGit();
  return {
    gity: outputOf([builtGity(), "version"]),
    Bun: Bun.version,
    git: git === undefined ? "none" : outputOf([git, "version"]).replace(/^git version /, ""),
    "git on PATH": outputOf(["git", "version"]).replace(/^git version /, ""),
    Watchman: Bun.which("watchman") === null ? "none" : outputOf(["watchman", "--version"]),
    Linux: outputOf(["uname", "-rm"]),
    memory: `${Math.round(totalmem() / 1e9)} GB`,
    "trees are on": outputOf(["stat", "--file-system", "--format=%T", tmpdir()]),
  };
}

/** Without the newline at its end; empty when it fails. */
function outputOf(argv: readonly string[]): string {
  const child = Bun.spawnSync([...argv], { stdin: "ignore", stderr: "ignore", timeout: 10_000 });
  return child.exitCode === 0 ? child.stdout.toString().trim() : "";
}
