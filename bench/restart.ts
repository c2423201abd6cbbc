/**
 * Question: what does a restart of the daemon cost git, and a queue of events that overflowed?
 *
 * Method: 100,000 files in 5,000 folders. The daemon is killed, one file is edited, and it is started again; when it
 * has caught up the first `git status` is timed and compared with what git says without a monitor. Its calls of the
 * lstat(2) family are counted once with strace(1). The same after an overflow, made by stopping the daemon and making
 * files, of which one stays. In the same rounds a status of the running daemon, and one without monitor and untracked
 * cache, which catching up is compared with. Last, not in turns with the others, `git fsmonitor--daemon start` of git 2.55
 * on the same tree, beside the time from `gity daemon start` to covered.
 *
 * What would change my mind: more than a thousand calls after a restart, or a status of more than 1.2 times a
 * warm one, means that tokens do not outlive the daemon; a catch-up of more than one and a half plain statuses
 * means that it would be quicker to let git look. And a start that takes longer than that of git's daemon.
 */

import { closeSync, openSync, rmSync, unlinkSync, writeFileSync } from "node:fs";

import { actOnDaemon } from "../test/support/daemon-sync.ts";
import { eventually } from "../test/support/eventually.ts";
import { newerGitProgram } from "../test/support/newer-git.ts";
import { differenceFromOracle } from "../test/support/oracle.ts";
import { tryRunGit } from "../test/support/run-git.ts";
import type { Budget } from "./budget.ts";
import {
  type BenchReport,
  command,
  figureOfPairs,
  type Measurement,
  ratio,
  summarize,
} from "./harness.ts";
import { coveredWorktree, type CoveredWorktree, LARGE_TREE, numberOf } from "./large-worktree.ts";

const RUNS = 9;
const NS_PER_MS = 1e6;
/** Three events each; the queue holds 16,384. */
const OVERFLOWING_FILES = 8_000;
const UNSETTLED_MAX = 500;
const CALLS = "newfstatat,lstat,statx";
const PORCELAIN = ["status", "--porcelain=v2"];

const PLAIN = "status, no monitor";
const WARM = "status, warm";
const RESTARTED = "status, first after a restart";
const WARM_LATER = "status, warm, beside overflows";
const OVERFLOWED = "status, first after an overflow";
const COVERED = "daemon start to covered";
const CAUGHT_UP = "catching up";
const GITS_DAEMON = "git's daemon, start";

export async function measureRestart(budget: Budget): Promise<BenchReport> {
  await using covered = await coveredWorktree("bench-restart", budget.tree(LARGE_TREE));
  const { tree, home } = covered;
  const runs = budget.runs(RUNS);
  const samples: Record<string, number[]> = {};
  const add = (name: string, ms: number): void => void (samples[name] ??= []).push(ms);
  const mistakes: Record<string, string> = {};
  const time = (name: string, args: readonly string[] = PORCELAIN): void => {
    const startedAt = Bun.nanoseconds();
    const said = tryRunGit(tree.path, args);
    add(name, (Bun.nanoseconds() - startedAt) / NS_PER_MS);
    const difference = differenceFromOracle(tree.path, PORCELAIN, said);
    if (difference !== undefined) {
      mistakes[name] ??= difference.replaceAll(/\s*\n\s*/g, " ");
    }
  };
  // It must not write an index without token and untracked cache.
  const plain = [
    ..."--no-optional-locks -c core.fsmonitor=false -c core.untrackedCache=false".split(" "),
    ...PORCELAIN,
  ];
  const edited = tree.join(tree.generatedPaths[0] ?? "");
  // A snapshot of files that have settled.
  await eventually(() => lastUnsettled(home.log()) < UNSETTLED_MAX, { deadlineMs: 60_000 });
  for (let i = 0; i < runs; i += 1) {
    time(PLAIN, plain);
    time(WARM);
    actOnDaemon(home, tree.path, "kill");
    writeFileSync(edited, `edited ${"x".repeat(i)}\n`);
    const startedAt = Bun.nanoseconds();
    actOnDaemon(home, tree.path, "start-and-wait");
    add(COVERED, (Bun.nanoseconds() - startedAt) / NS_PER_MS);
    // oxlint-disable-next-line no-await-in-loop
    add(CAUGHT_UP, numberOf(await covered.health(), "crawlMs"));
    time(RESTARTED);
  }
  actOnDaemon(home, tree.path, "kill");
  actOnDaemon(home, tree.path, "start-and-wait");
  const calls = countCalls(tree.path);
  for (let i = 0; i < runs; i += 1) {
    time(WARM_LATER);
    // oxlint-disable-next-line no-await-in-loop
    await overflow(covered, `left-${i}`);
    time(OVERFLOWED);
    rmSync(tree.join(`left-${i}`));
    // Has git store its token, as before the first of them.
    tryRunGit(tree.path, PORCELAIN);
  }
  await home.gity("unregister", tree.path);
  const measurements = [
    ...Object.entries(samples).map(([name, values]): Measurement => {
      const mistake = mistakes[name];
      return { ...summarize(name, values), ...(mistake === undefined ? {} : { mistake }) };
    }),
    measureGitsDaemon(tree.path, runs),
  ];
  return {
    question: "What does a restart of the daemon cost git, 100,000 files?",
    measurements,
    figures: figuresOf(measurements, calls),
  };
}

/** Of the last snapshot: what will be reported as changed. */
function lastUnsettled(log: string): number {
  const [, count] =
    [...log.matchAll(/ info saved the state of the tree .*unsettled=(\d+)/g)].at(-1) ?? [];
  return Number(count ?? Number.POSITIVE_INFINITY);
}

function figuresOf(measurements: readonly Measurement[], calls: number): BenchReport["figures"] {
  return [
    { name: "lstat calls of the first status", value: calls, unit: "", atMost: 1000 },
    figureOfPairs(measurements, RESTARTED, WARM, { atMost: 1.2 }),
    figureOfPairs(measurements, OVERFLOWED, WARM_LATER, { atMost: 1.2 }),
    figureOfPairs(measurements, CAUGHT_UP, PLAIN, { atMost: 1.5 }),
    {
      name: `${COVERED} / ${GITS_DAEMON}`,
      value: ratio(measurements, COVERED, GITS_DAEMON),
      unit: "x",
      atMost: 1,
    },
  ];
}

/** Loses events of a daemon that stands still, and waits until it has found them out. */
async function overflow(covered: CoveredWorktree, left: string): Promise<void> {
  const { tree, home } = covered;
  const pid = (await home.daemonPid()) ?? 0;
  const before = numberOf(await covered.health(), "resyncs");
  process.kill(pid, "SIGSTOP");
  for (let i = 0; i < OVERFLOWING_FILES; i += 1) {
    // Not written to: a write that nobody could look at makes everything doubtful by itself.
    closeSync(openSync(tree.join(`overflow-${i % 2}`), "w"));
    unlinkSync(tree.join(`overflow-${i % 2}`));
  }
  closeSync(openSync(tree.join(left), "w"));
  process.kill(pid, "SIGCONT");
  await eventually(
    async () => {
      const health = await covered.health();
      return numberOf(health, "resyncs") > before && health["state"] === "ready";
    },
    { deadlineMs: 30_000 },
  );
}

/** strace(1), -c: the last line but the rule is the total. */
function countCalls(directory: string): number {
  const { stderr } = Bun.spawnSync(
    ["strace", "-f", "-c", "-U", "calls", "-e", `trace=${CALLS}`, "git", "status"],
    { cwd: directory, stdout: "ignore", stderr: "pipe" },
  );
  return Number(/(\d+)\s*\w*\s*$/.exec(stderr.toString().trimEnd())?.[1] ?? Number.NaN);
}

function measureGitsDaemon(directory: string, runs: number): Measurement {
  const { program, environment } = newerGitProgram();
  const daemon = (...args: string[]): (() => void) =>
    command([program, "-c", "core.fsmonitor=true", "fsmonitor--daemon", ...args], {
      directory,
      environment,
    });
  const values: number[] = [];
  for (let i = 0; i < runs; i += 1) {
    const startedAt = Bun.nanoseconds();
    try {
      daemon("start")();
      values.push((Bun.nanoseconds() - startedAt) / NS_PER_MS);
    } finally {
      daemon("stop")();
    }
  }
  return summarize(GITS_DAEMON, values);
}
