/**
 * One tree for one sequence of operations: registered with a gity that serves many of them, one
 * after the other, and compared with the oracle whenever the sequence says so.
 */

import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { tellInVersion1 } from "../../src/git/porcelain-v1.ts";
import { PROGRAM_FORM, statusForm } from "../../src/protocol/status-form.ts";
import { builtGity } from "../support/built.ts";
import { actOnDaemon } from "../support/daemon-sync.ts";
import { eventually } from "../support/eventually.ts";
import type { GityHome } from "../support/gity-home.ts";
import {
  differenceFromOracle,
  expectStatusMatchesOracle,
  oracleStatus,
} from "../support/oracle.ts";
import { PLAIN_ENVIRONMENT } from "../support/ready-made.ts";
import { type GitResult, tryRunGit } from "../support/run-git.ts";
import { type TempWorktree, tempWorktree } from "../support/temp-worktree.ts";
import { applyOperation, closeHeld, type Operation, type OperationPlace } from "./operations.ts";

const START_FILES: Readonly<Record<string, string>> = {
  "a/f": "a",
  "a/deep/er/g": "a",
  "a/deep/x.o": "object",
  "b/f": "b",
  "b/deep/er/h": "b",
  "b/u/f": "b",
  "c/d/f.txt": "0123456789",
  "c/d/new": "",
  "dir/a/b/c/d/f": "far down",
  "build/x.o": "object",
  "f.txt": "top",
  top: "top",
  ".gitignore": "*.o\n",
};

export interface FuzzWorktree extends AsyncDisposable {
  readonly root: string;
  /** The folder beside the tree that operations move things to. */
  readonly outside: string;
  /** Does one operation; a check compares. */
  apply(operation: Operation): Difference | undefined;
  /** Checks so far in which git, without any monitor, could not tell either. */
  readonly failedStatuses: () => number;
  answers(): FuzzAnswers;
  health(): Promise<FuzzHealth>;
}

export interface Difference {
  readonly text: string;
  /** A mistake git makes without gity as well. */
  readonly isGitsOwn: boolean;
}

/** What git was answered, by its own account: the helper's refusals are in no statistics of gity's. */
export interface FuzzAnswers {
  /** To `git status`. */
  readonly all: number;
  /** How many of these were "everything". */
  readonly toStatus: number;
  /** To any command, but for the first where that was it: then there was no untracked cache either that could be wrong. Of
   *  an index that gity has brought up to date meanwhile it is not. */
  readonly everythingLater: number;
}

export interface FuzzHealth {
  readonly state: string;
  readonly resyncs: number;
  /** Whether git gets more than "everything" once nothing happens any more. */
  readonly isAnswered: boolean;
  /** What gity says of itself, when that is not well. */
  readonly account?: Readonly<Record<string, unknown>>;
}

/** What git writes to its trace when a monitor answers `/`; the first answer is that, unless gity has renewed the index. */
const TRIVIAL_RESPONSE = "query/trivial-response";
const RESPONSE = "query/response-length";
const STATUS_START = /"event":"start".*"argv":\["[^"]*","status"/;

/**
 * After the answer `/` git falls back on time stamps for its untracked cache, to the second, and
 * without them for what is two levels down (2.39 to 2.55). `mkdir -p u/a/b; touch u/a/b/f; git
 * status; rm -r u/a/b; git status` shows `u/` with core.untrackedCache and no monitor at all; and a
 * folder that appears in the second in which git looked may be missing.
 *
 * It shows in the plain form only, and in what is untracked: folders too many as long as the cache is
 * not renewed, anything only where git was told `/` just now.
 */
function isOfUntrackedCache(text: string, wasToldEverythingNow: boolean, root: string): boolean {
  const differing = text.split("  says in all:")[0] ?? "";
  const [tooMany = [], missing = []] = differing
    .split("  does not say, and the oracle does:")
    .map(shownLines);
  if (differsInSubmodulesUntrackedOnly(text, root)) {
    return true;
  }
  const excused = wasToldEverythingNow ? [...tooMany, ...missing] : tooMany;
  const pattern = wasToldEverythingNow ? /^\? / : /^\? .*\/"?$/;
  return (
    !text.includes("-uall") &&
    (wasToldEverythingNow || missing.length === 0) &&
    excused.length > 0 &&
    excused.every((line) => pattern.test(line))
  );
}

/**
 * A nested worktree has an untracked cache of its own, and the superproject, which always asks it in the
 * plain form, shows its mistake in two letters: `AM S..U` for `A. S...` (git-status(1), "Porcelain Format
 * Version 2"). That it is one, the other form shows, which is right.
 */
function differsInSubmodulesUntrackedOnly(text: string, root: string): boolean {
  const sections = text.split("  says, and the oracle does not:").slice(1);
  return sections.every((section) => {
    const [ours = [], oracles = []] = (section.split("  says in all:")[0] ?? "")
      .split("  does not say, and the oracle does:")
      .map(shownLines);
    return (
      ours.length > 0 &&
      withoutUntracked(ours) === withoutUntracked(oracles) &&
      ours.every((line) => isRightInside(`${root}/${line.split(" ").slice(8).join(" ")}`))
    );
  });
}

function withoutUntracked(lines: readonly string[]): string {
  return lines
    .map((line) => line.replace(/^([12] \S)[M.] (S..)[U.]/, "$1? $2?"))
    .toSorted()
    .join("\n");
}

/** Whether a nested worktree is right about every single file. */
function isRightInside(nested: string): boolean {
  if (!existsSync(nested)) {
    return false;
  }
  const ours = tryRunGit(nested, UNTRACKED_FILES);
  const oracles = oracleStatus(nested, UNTRACKED_FILES);
  return ours.exitCode === 0 && ours.stdout.equals(oracles.stdout);
}

/** What `gity status` is asked in turns: what of it is git's own mistake can be told of these. */
const READY_FORMS: readonly (readonly string[])[] = [
  ["--porcelain=v2"],
  ["--porcelain=v2", "--untracked-files=all"],
  ["--untracked-files=no"],
];

/** `gity status` is asked in one check of so many. */
const CHECKS_PER_READY_FORM = 4;

/** Its answer is ready-made whenever the daemon believes that it still holds. */
function askGity(home: GityHome, root: string, words: readonly string[]): GitResult {
  const { exitCode, stdout, stderr } = Bun.spawnSync([builtGity(), "status", ...words], {
    cwd: root,
    env: { ...process.env, ...PLAIN_ENVIRONMENT, GITY_HOME: home.path },
    stdin: "ignore",
  });
  return { exitCode, stdout, stderr: stderr.toString() };
}

function compareGity(
  root: string,
  words: readonly string[],
  byGity: GitResult,
): Difference | undefined {
  const difference = differenceFromOracle(root, ["status", ...words], byGity);
  return difference === undefined
    ? undefined
    : {
        text: `'gity status' in '${root}' is wrong\n${difference}`,
        // Made a moment ago, when git was told "everything" perhaps.
        isGitsOwn: isOfUntrackedCache(difference, true, root),
      };
}

/** Whether what is told of one format is what git prints in the other. */
function compareVersions(root: string): Difference | undefined {
  const program = oracleStatus(root, ["status", ...PROGRAM_FORM.words]);
  if (program.exitCode !== 0) {
    return undefined;
  }
  for (const words of [["--porcelain=v1"], ["--porcelain=v1", "-z"]]) {
    const told = tellInVersion1(program.stdout, statusForm(words, AT_ROOT));
    const ours = { ...program, stdout: Buffer.from(told ?? "") };
    const text =
      told === undefined ? undefined : differenceFromOracle(root, ["status", ...words], ours);
    if (text !== undefined) {
      return { text: `what is told of '${root}' is wrong\n${text}`, isGitsOwn: false };
    }
  }
  return undefined;
}

const AT_ROOT = { folder: "", isTerminal: false } as const;

/** Has one made ready, if it can be: without that there is none that could be wrong the next time. */
function settle(home: GityHome, root: string, words: readonly string[]): void {
  const form = JSON.stringify(statusForm(words, AT_ROOT));
  const program = join(import.meta.dir, "../support/settle-status.ts");
  Bun.spawnSync([process.execPath, program, `${home.path}/run/gity.sock`, root, form]);
}

const UNTRACKED_FILES = ["status", "--porcelain=v2", "-uall"] as const;

function shownLines(section: string): string[] {
  return section
    .split("\n")
    .filter((line) => line.startsWith("    ") && line !== "    (nothing)")
    .map((line) => line.trim());
}

/** Whether the first status in this part of the trace was answered `/`. */
function wasToldEverything(trace: string): boolean {
  const lines = trace.split("\n");
  const first = sessionOf(lines.find((line) => STATUS_START.test(line)) ?? "");
  return lines.some((line) => sessionOf(line) === first && line.includes(TRIVIAL_RESPONSE));
}

/** In this worktree: others that share its configuration have no monitor to ask. */
function countAnswers(trace: string, root: string): FuzzAnswers {
  const lines = trace.split("\n");
  const ours = new Set(
    lines
      .filter(
        (line) => line.includes('"event":"def_repo"') && line.includes(`"worktree":"${root}"`),
      )
      .map(sessionOf),
  );
  const count = (what: string): number =>
    lines.filter((line) => line.includes(what) && ours.has(sessionOf(line))).length;
  const first = sessionOf(
    lines.find((line) => line.includes(RESPONSE) && ours.has(sessionOf(line))) ?? "",
  );
  const isFirst = lines.some(
    (line) => line.includes(TRIVIAL_RESPONSE) && sessionOf(line) === first,
  );
  const everythingLater = count(TRIVIAL_RESPONSE) - (isFirst ? 1 : 0);
  // Commands like stash work on an index of their own, which starts without a token.
  const statuses = new Set(lines.filter((line) => STATUS_START.test(line)).map(sessionOf));
  ours.forEach((session) => !statuses.has(session) && ours.delete(session));
  return { all: count(RESPONSE), everythingLater, toStatus: count(TRIVIAL_RESPONSE) };
}

function isAnsweredNow(root: string): boolean {
  const environment = { GIT_TRACE2_EVENT: "2" };
  const { stderr } = tryRunGit(root, ["status"], { environment });
  // The name of a child's session begins with its parent's: submodules have answers of their own.
  const lines = stderr.split("\n").filter((line) => !sessionOf(line).includes("/"));
  const isSaid = (what: string): boolean => lines.some((line) => line.includes(what));
  return isSaid(RESPONSE) && !isSaid(TRIVIAL_RESPONSE);
}

/** One process of git; its children have names of their own. */
function sessionOf(line: string): string {
  return /"sid":"([^"]*)"/.exec(line)?.[1] ?? "";
}

export async function fuzzWorktree(home: GityHome): Promise<FuzzWorktree> {
  const tree = tempWorktree("fuzz", { files: START_FILES });
  const outside = `${tree.path}/../outside`;
  mkdirSync(outside);
  // A repack in the background would be a process that nobody waits for.
  tree.git("config", "gc.auto", "0");
  tree.git("config", "maintenance.auto", "false");
  addBranches(tree);
  await home.register(tree.path);
  const trace = `${tree.path}/../trace`;
  writeFileSync(trace, "");
  const environment = { GIT_TRACE2_EVENT: trace };
  const place: OperationPlace = { root: tree.path, held: [], environment };
  let failedStatuses = 0;
  const answers = (): FuzzAnswers => countAnswers(readFileSync(trace, "latin1"), tree.path);
  let checks = 0;
  const check = (): Difference | undefined => {
    const traceStart = statSync(trace).size;
    const words =
      checks % CHECKS_PER_READY_FORM === 0
        ? READY_FORMS[(checks / CHECKS_PER_READY_FORM) % READY_FORMS.length]
        : undefined;
    checks += 1;
    // Before git, which might store what it finds.
    const byGity = words === undefined ? undefined : askGity(home, tree.path, words);
    try {
      failedStatuses += expectStatusMatchesOracle(tree.path, environment) ? 0 : 1;
      if (words === undefined || byGity === undefined) {
        return undefined;
      }
      settle(home, tree.path, words);
      return (
        compareGity(tree.path, words, byGity) ??
        compareGity(tree.path, words, askGity(home, tree.path, words)) ??
        compareVersions(tree.path)
      );
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const { everythingLater } = answers();
      const isNow = wasToldEverything(readFileSync(trace, "latin1").slice(traceStart));
      const when = isNow ? "the last time just now" : "not just now";
      return {
        text: `${text}\n(git was told "everything" ${everythingLater} times after the first, ${when})`,
        isGitsOwn: everythingLater > 0 && isOfUntrackedCache(text, isNow, tree.path),
      };
    }
  };
  return {
    root: tree.path,
    outside,
    apply: (operation) => {
      if (operation.kind === "check") {
        return check();
      }
      if (operation.kind === "daemon") {
        actOnDaemon(home, tree.path, operation.action);
        return undefined;
      }
      applyOperation(operation, place);
      return undefined;
    },
    failedStatuses: () => failedStatuses,
    answers,
    health: async () => {
      // What is held open may go on changing, and by names that nobody knows [W5, W7].
      closeHeld(place);
      actOnDaemon(home, tree.path, "start-and-wait");
      // A change of an ignore rule is answered with "everything" until git has been asked about it, and
      // unknown names of a file are sought when it has been left alone for two seconds [W7].
      let isAnswered = false;
      const isWell = async (): Promise<boolean> => {
        isAnswered = isAnsweredNow(tree.path);
        return isAnswered && (await home.gityJson("health", tree.path))["state"] === "ready";
      };
      const hasBecomeWell = await eventually(isWell).catch(() => false);
      const account = await home.gityJson("health", tree.path);
      const state = hasBecomeWell ? "ready" : String(account["state"]);
      const facts = { state, resyncs: Number(account["resyncs"]), isAnswered };
      return hasBecomeWell ? facts : { ...facts, account };
    },
    async [Symbol.asyncDispose]() {
      closeHeld(place);
      actOnDaemon(home, tree.path, "start");
      await home.gity("unregister", tree.path);
      tree[Symbol.dispose]();
    },
  };
}

/** Branches that differ from `main` in what they hold, where, and of which kind. */
function addBranches(tree: TempWorktree): void {
  tree.git("tag", "start");
  tree.git("checkout", "--quiet", "-b", "other");
  tree.git("mv", "a", "moved");
  tree.git("rm", "--quiet", "-r", "c");
  tree.write("c", "a file here");
  tree.write("b/f", "of other");
  tree.git("add", "--all");
  tree.git("commit", "--quiet", "--message=other");
  tree.git("checkout", "--quiet", "-b", "third", "main");
  tree.write("a/deep/er/more/and/more/f", "of third");
  tree.write("u/f", "of third");
  tree.write("b/f", "of third");
  tree.git("add", "--all");
  tree.git("commit", "--quiet", "--message=third");
  tree.git("checkout", "--quiet", "main");
}
