/**
 * Question: what does a restart of the daemon cost git, and a queue of events that overflowed?
 *
 * Method: 100,000 files in 5,000 folders. The daemon is killed and started again, nothing changed; when it
 * has caught up the first `git status` is timed, and its calls of the lstat(2) family are counted once with
 * strace(1). The same after an overflow, made by stopping the daemon and making files, which are changes. In turns with them a
 * status of the running daemon, and one without monitor and untracked cache, which catching up is compared
 * with. Last, the time from `gity daemon start` to covered, and `git fsmonitor--daemon start` of git 2.55
 * on the same tree.
 *
 * What would change my mind: more than a thousand calls after a restart, or a status of more than 1.2 times a
 * warm one, means that tokens do not outlive the daemon; a catch-up of more than one and a half plain statuses
 * means that it would be quicker to let git look.
 */

import { closeSync, openSync, unlinkSync } from "node:fs";

import { actOnDaemon } from "../test/support/daemon-sync.ts";
import { eventually } from "../test/support/eventually.ts";
import { provideNewerGit } from "../test/support/newer-git.ts";
import type { Budget } from "./budget.ts";
import { type BenchReport, command, type Measurement, ratio, summarize } from "./harness.ts";
import { coveredWorktree, type CoveredWorktree, LARGE_TREE, numberOf } from "./large-worktree.ts";

const RUNS = 9;
const NS_PER_MS = 1e6;
/** Three events each; the queue holds 16,384. */
const OVERFLOWING_FILES = 8_000;
const UNSETTLED_MAX = 500;
const CALLS = "newfstatat,lstat,statx";

export async function measureRestart(budget: Budget): Promise<BenchReport> {
  await using covered = await coveredWorktree("bench-restart", budget.tree(LARGE_TREE));
  const { tree, home } = covered;
  const runs = budget.runs(RUNS);
  const samples: Record<string, number[]> = {};
  const add = (name: string, ms: number): void => void (samples[name] ??= []).push(ms);
  const time = (name: string, ...args: string[]): void => add(name, timeGit(covered, args));
  // It must not write an index without token and untracked cache.
  const plain =
    "--no-optional-locks -c core.fsmonitor=false -c core.untrackedCache=false status".split(" ");
  // A snapshot of files that have settled.
  await eventually(() => lastUnsettled(home.log()) < UNSETTLED_MAX, { deadlineMs: 60_000 });
  for (let i = 0; i < runs; i += 1) {
    time("status, no monitor", ...plain);
    time("status, warm", "status");
    actOnDaemon(home, tree.path, "kill");
    const startedAt = Bun.nanoseconds();
    actOnDaemon(home, tree.path, "start-and-wait");
    add("daemon start to covered", (Bun.nanoseconds() - startedAt) / NS_PER_MS);
    // oxlint-disable-next-line no-await-in-loop
    add("catching up", numberOf(await covered.health(), "crawlMs"));
    time("status, first after a restart", "status");
  }
  actOnDaemon(home, tree.path, "kill");
  actOnDaemon(home, tree.path, "start-and-wait");
  const calls = countCalls(tree.path);
  for (let i = 0; i < runs; i += 1) {
    // oxlint-disable-next-line no-await-in-loop
    await overflow(covered);
    time("status, first after an overflow", "status");
  }
  await home.gity("unregister", tree.path);
  const measurements = [
    ...Object.entries(samples).map(([name, values]) => summarize(name, values)),
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
  const of = (one: string, other: string): number => ratio(measurements, one, other);
  return [
    { name: "lstat calls of the first status", value: calls, unit: "", atMost: 1000 },
    {
      name: "first status / warm one",
      value: of("status, first after a restart", "status, warm"),
      unit: "x",
      atMost: 1.2,
    },
    {
      name: "first status after an overflow / warm one",
      value: of("status, first after an overflow", "status, warm"),
      unit: "x",
      atMost: 1.2,
    },
    {
      name: "catching up / status without a monitor",
      value: of("catching up", "status, no monitor"),
      unit: "x",
      atMost: 1.5,
    },
    {
      name: "start to covered: gity / git's daemon",
      value: of("daemon start to covered", "git's daemon, start"),
      unit: "x",
      atMost: 1,
    },
  ];
}

function timeGit({ tree }: CoveredWorktree, args: readonly string[]): number {
  const run = command(["git", ...args], { directory: tree.path });
  const startedAt = Bun.nanoseconds();
  run();
  return (Bun.nanoseconds() - startedAt) / NS_PER_MS;
}

/** Loses events of a daemon that stands still, and waits until it has found them out. */
async function overflow(covered: CoveredWorktree): Promise<void> {
  const { tree, home } = covered;
  const pid = (await home.daemonPid()) ?? 0;
  const before = numberOf(await covered.health(), "resyncs");
  process.kill(pid, "SIGSTOP");
  for (let i = 0; i < OVERFLOWING_FILES; i += 1) {
    // Not written to: a write that nobody could look at makes everything doubtful by itself.
    closeSync(openSync(tree.join(`overflow-${i % 2}`), "w"));
    unlinkSync(tree.join(`overflow-${i % 2}`));
  }
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
  const git = provideNewerGit();
  const values: number[] = [];
  for (let i = 0; i < runs; i += 1) {
    const start = command([git, "-c", "core.fsmonitor=true", "fsmonitor--daemon", "start"], {
      directory,
    });
    const startedAt = Bun.nanoseconds();
    start();
    values.push((Bun.nanoseconds() - startedAt) / NS_PER_MS);
    command([git, "fsmonitor--daemon", "stop"], { directory })();
  }
  return summarize("git's daemon, start", values);
}
