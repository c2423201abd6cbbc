/**
 * The oracle: what `git status` says when nothing helps it.
 *
 * Both forms of status are compared, because the untracked cache serves only one of them. The
 * answer through gity is taken first: the oracle reads the whole tree and could otherwise give
 * a late event the time to arrive.
 */

import { existsSync, lstatSync } from "node:fs";
import { join } from "node:path";

import { type GitResult, gitText, tryRunGit } from "./run-git.ts";
import { tempDir } from "./temp-dir.ts";

/** CHECKLIST, first paragraph: plain status, and every untracked file by name. */
const STATUS_FORMS: readonly (readonly string[])[] = [
  ["status", "--porcelain=v2"],
  ["status", "--porcelain=v2", "-uall"],
];

/** Lines of each side that an error shows. The first difference is among the first that differ. */
const SHOWN_LINES_MAX = 20;

/**
 * Asserts that git, as configured in `root`, says what git says without a monitor. Never writes
 * into the repository on the oracle's behalf. Returns whether git could tell at all: a broken
 * submodule makes it give up, with a monitor or without.
 */
export function expectStatusMatchesOracle(
  root: string,
  environment: Readonly<Record<string, string | undefined>> = {},
): boolean {
  const actual = STATUS_FORMS.map((form) => tryRunGit(root, form, { environment }));
  const expected = oracleStatuses(root, STATUS_FORMS, environment);
  const mismatches = STATUS_FORMS.flatMap((form, i) => {
    const ours = actual[i];
    const oracles = expected[i];
    return ours === undefined || oracles === undefined || isSame(ours, oracles)
      ? []
      : [describeMismatch(form, ours, oracles)];
  });
  if (mismatches.length > 0) {
    throw new Error(`'git status' in '${root}' is wrong\n${mismatches.join("\n")}`);
  }
  return expected.every(({ exitCode }) => exitCode === 0);
}

/** How what `git status` said in this form differs from what git says without a monitor; undefined when it does not. */
export function differenceFromOracle(
  root: string,
  form: readonly string[],
  ours: GitResult,
): string | undefined {
  const oracles = oracleStatus(root, form);
  return isSame(ours, oracles) ? undefined : describeMismatch(form, ours, oracles);
}

/** Runs one status command on a copy of the index, with monitor and untracked cache off. */
export function oracleStatus(root: string, form: readonly string[]): GitResult {
  const [result] = oracleStatuses(root, [form]);
  if (result === undefined) {
    throw new Error("one form gives one result");
  }
  return result;
}

/** One copy serves every form: without optional locks nothing is written back into it. */
function oracleStatuses(
  root: string,
  forms: readonly (readonly string[])[],
  environment: Readonly<Record<string, string | undefined>> = {},
): GitResult[] {
  using scratch = tempDir("oracle");
  const index = join(gitDirectory(root), "index");
  const copy = scratch.join("index");
  if (existsSync(index)) {
    copyWithTimes(index, copy);
  }
  return forms.map((form) =>
    tryRunGit(root, ["-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false", ...form], {
      environment: { ...environment, GIT_INDEX_FILE: copy, GIT_OPTIONAL_LOCKS: "0" },
    }),
  );
}

/** Of a linked worktree this is .git/worktrees/<name>, where its index lies. */
function gitDirectory(root: string): string {
  const usual = join(root, ".git");
  return lstatSync(usual, { throwIfNoEntry: false })?.isDirectory() === true
    ? usual
    : gitText(root, "rev-parse", "--absolute-git-dir");
}

/**
 * cp(1) and not copyFileSync(): entries that changed at or after the time of the index are compared
 * by content (racy-git in git's documentation), so the copy needs that time to the nanosecond,
 * which utimesSync() cannot set.
 */
function copyWithTimes(from: string, to: string): void {
  const copied = Bun.spawnSync(["cp", "-p", "--", from, to], { stderr: "pipe" });
  if (copied.exitCode !== 0) {
    throw new Error(`cannot copy '${from}': ${copied.stderr.toString()}`);
  }
}

function isSame(one: GitResult, other: GitResult): boolean {
  return one.exitCode === other.exitCode && one.stdout.equals(other.stdout);
}

function describeMismatch(form: readonly string[], ours: GitResult, oracles: GitResult): string {
  const ourLines = lines(ours);
  const oracleLines = lines(oracles);
  const onlyOurs = ourLines.filter((line) => !oracleLines.includes(line));
  const onlyOracles = oracleLines.filter((line) => !ourLines.includes(line));
  return [
    `git ${form.join(" ")}`,
    ...section("says, and the oracle does not", onlyOurs),
    ...section("does not say, and the oracle does", onlyOracles),
    ...section("says in all", ourLines),
    ...section("oracle, in all", oracleLines),
  ].join("\n");
}

function lines(result: GitResult): string[] {
  const output = result.stdout.toString("latin1").split("\n").slice(0, -1);
  return result.exitCode === 0
    ? output
    : [...output, `(exit code ${result.exitCode}: ${result.stderr.trim()})`];
}

function section(title: string, content: readonly string[]): string[] {
  const shown = content.slice(0, SHOWN_LINES_MAX).map((line) => `    ${line}`);
  const more = content.length - shown.length;
  return [
    `  ${title}:`,
    ...(content.length === 0 ? ["    (nothing)"] : shown),
    ...(more > 0 ? [`    (and ${more} more)`] : []),
  ];
}
