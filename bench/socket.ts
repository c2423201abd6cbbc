/**
 * Question: how does gity on git's socket compare with git's own daemon, and with a server that does
 * nothing?
 *
 * Method: git 2.55; three copies of one tree of 100,000 files, all with the same settings, each with a
 * server of its own: gity, git's daemon, and a C program that says "nothing changed" at once. Status in
 * turns; the query is git's own region `fsm_client/query` (trace2). Then 10,000 files change in two of
 * the trees, and the first status after that is timed, in turns. Last, resident memory for twenty
 * worktrees: one gity daemon, and twenty of git's.
 *
 * What would change my mind: a query above half of git's daemon's time, or above 1.5 times the C
 * server's, means that the monitor's loop costs too much; a status above that of git's daemon means that
 * what is said to git is more than needed.
 */

import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { type GityHome, gityHome } from "../test/support/gity-home.ts";
import { provideNewerGit } from "../test/support/newer-git.ts";
import { residentMegabytesOf } from "../test/support/process-facts.ts";
import { tempDir } from "../test/support/temp-dir.ts";
import { tempWorktree, type TempWorktree } from "../test/support/temp-worktree.ts";
import { type BenchReport, type Measurement, ratio, summarize } from "./harness.ts";
import { LARGE_TREE, registerVia } from "./large-worktree.ts";
import { compileServerInC } from "./programs.ts";

const RUNS = 41;
const WARM_UPS = 3;
const CHANGED_RUNS = 20;
const CHANGED_FILES = 10_000;
const WORKTREES = 20;
const NS_PER_MS = 1e6;

const SETTINGS = [
  ["core.fsmonitor", "true"],
  ["core.untrackedCache", "true"],
  ["feature.manyFiles", "true"],
  ["index.skipHash", "false"],
] as const;

const SOCKET_NAME = "fsmonitor--daemon.ipc";

/** A tree, and who answers for it. */
interface Served {
  readonly name: "gity" | "git's daemon" | "C server";
  readonly tree: TempWorktree;
}

interface Timed {
  readonly statusMs: number;
  readonly queryMs: number;
}

export async function measureSocket(): Promise<BenchReport> {
  const git = provideNewerGit();
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(tempDir("bench-socket"));
  const home = stack.use(await gityHome());
  const served = await serveAll(stack, git, home, scratch.path);
  const trace = scratch.join("trace");
  const samples = served.map((): Timed[] => []);
  for (let round = -WARM_UPS; round < RUNS; round += 1) {
    for (const [i, { tree }] of served.entries()) {
      const timed = timeStatus(git, tree, trace);
      if (round >= 0) {
        samples[i]?.push(timed);
      }
    }
  }
  const changed = timeAfterChanges(git, served.slice(0, 2), trace);
  const measurements = [
    ...served.map(({ name }, i) => of(`query, ${name}`, samples[i], "queryMs")),
    ...served.map(({ name }, i) => of(`status, ${name}`, samples[i], "statusMs")),
    ...changed,
  ];
  const memory = await compareMemory(git);
  return {
    question: "How does gity on git's socket compare with git's own daemon, 100,000 files?",
    measurements,
    figures: [
      {
        name: "query: gity / git's daemon",
        value: ratio(measurements, "query, gity", "query, git's daemon"),
        unit: "x",
        atMost: 0.5,
      },
      {
        name: "query: gity / C server",
        value: ratio(measurements, "query, gity", "query, C server"),
        unit: "x",
        atMost: 1.5,
      },
      {
        name: "status: gity / git's daemon",
        value: ratio(measurements, "status, gity", "status, git's daemon"),
        unit: "x",
        atMost: 1,
      },
      {
        name: "status after 10,000 changes: gity / git's daemon",
        value: ratio(measurements, "changed, gity", "changed, git's daemon"),
        unit: "x",
        atMost: 1,
      },
      { name: "20 worktrees, gity", value: memory.gity, unit: "MB", atMost: memory.git },
      { name: "20 worktrees, git's daemons", value: memory.git, unit: "MB" },
    ],
  };
}

async function serveAll(
  stack: AsyncDisposableStack,
  git: string,
  home: GityHome,
  folder: string,
): Promise<readonly Served[]> {
  const names = ["gity", "git's daemon", "C server"] as const;
  const served = names.map((name) => ({
    name,
    tree: stack.use(tempWorktree("bench-socket", { generated: LARGE_TREE })),
  }));
  const [byGity, byGit, byC] = served;
  for (const { tree } of served) {
    for (const [key, value] of SETTINGS) {
      tree.git("config", key, value);
    }
  }
  await registerVia("socket", home, git, byGity?.tree.path ?? "");
  runGit(git, byGit?.tree.path ?? "", "fsmonitor--daemon", "start");
  stack.defer(() => {
    runGit(git, byGit?.tree.path ?? "", "fsmonitor--daemon", "stop");
  });
  const server = Bun.spawn([compileServerInC(folder), join(byC?.tree.gitDir ?? "", SOCKET_NAME)], {
    stdout: "pipe",
  });
  stack.defer(() => {
    server.kill();
  });
  // It says a word when it listens.
  await server.stdout.getReader().read();
  return served;
}

/** One status, and what it says of its query. */
function timeStatus(git: string, tree: TempWorktree, trace: string): Timed {
  writeFileSync(trace, "");
  const startedAt = Bun.nanoseconds();
  runGit(git, tree.path, "status", "--porcelain=v2", trace);
  const statusMs = (Bun.nanoseconds() - startedAt) / NS_PER_MS;
  const event = readFileSync(trace, "utf8")
    .split("\n")
    .find((line) => line.includes('"region_leave"') && line.includes('"category":"fsm_client"'));
  const seconds = Number(/"t_rel":([\d.]+)/.exec(event ?? "")?.[1]);
  return { statusMs, queryMs: seconds * 1000 };
}

/** The first status after 10,000 files were written to, each time other ones. */
function timeAfterChanges(git: string, served: readonly Served[], trace: string): Measurement[] {
  const samples = served.map((): Timed[] => []);
  for (let round = 0; round < CHANGED_RUNS; round += 1) {
    const entries = [...served.entries()];
    // Each has to go first as often as the other: what one leaves to be written, the other waits for.
    for (const [i, { tree }] of round % 2 === 0 ? entries : entries.toReversed()) {
      const from = (round * CHANGED_FILES) % tree.generatedPaths.length;
      for (const path of tree.generatedPaths.slice(from, from + CHANGED_FILES)) {
        appendFileSync(tree.join(path), "more");
      }
      samples[i]?.push(timeStatus(git, tree, trace));
    }
  }
  return served.flatMap(({ name }, i) => [
    of(`changed, ${name}`, samples[i], "statusMs"),
    of(`changed, query, ${name}`, samples[i], "queryMs"),
  ]);
}

function of(name: string, samples: readonly Timed[] | undefined, what: keyof Timed): Measurement {
  return summarize(
    name,
    (samples ?? []).map((sample) => sample[what]),
  );
}

/** Megabytes resident for twenty worktrees of a thousand files. */
async function compareMemory(
  git: string,
): Promise<{ readonly gity: number; readonly git: number }> {
  await using stack = new AsyncDisposableStack();
  const home = stack.use(await gityHome());
  const trees = Array.from({ length: WORKTREES }, () =>
    stack.use(tempWorktree("bench-memory", { generated: { files: 1000, directories: 100 } })),
  );
  for (const tree of trees) {
    // oxlint-disable-next-line no-await-in-loop
    await registerVia("socket", home, git, tree.path);
    runGit(git, tree.path, "status", "--porcelain=v2");
  }
  const gity = residentMegabytesOf((await home.daemonPid()) ?? 0);
  let gits = 0;
  for (const tree of trees) {
    // oxlint-disable-next-line no-await-in-loop
    await home.gity("unregister", tree.path);
    tree.git("config", "core.fsmonitor", "true");
    runGit(git, tree.path, "fsmonitor--daemon", "start");
    runGit(git, tree.path, "status", "--porcelain=v2");
    gits += residentMegabytesOf(listenerOf(join(tree.gitDir, SOCKET_NAME)));
    runGit(git, tree.path, "fsmonitor--daemon", "stop");
    rmSync(join(tree.gitDir, SOCKET_NAME), { force: true });
  }
  return { gity, git: gits };
}

/** The process that listens at a path, as ss(8) would say. */
function listenerOf(path: string): number {
  const { stdout } = Bun.spawnSync(["pgrep", "-n", "-f", "fsmonitor--daemon run"]);
  const pid = Number(stdout.toString().trim());
  if (!Number.isSafeInteger(pid) || pid < 1) {
    throw new Error(`nobody listens at '${path}'`);
  }
  return pid;
}

function runGit(git: string, cwd: string, ...args: string[]): void {
  const trace = args[0] === "status" ? args[2] : undefined;
  const words = trace === undefined ? args : args.slice(0, 2);
  const { exitCode, stderr } = Bun.spawnSync([git, ...words], {
    cwd,
    stdout: "ignore",
    env: { ...process.env, ...(trace === undefined ? {} : { GIT_TRACE2_EVENT: trace }) },
  });
  if (exitCode !== 0) {
    throw new Error(`git ${words.join(" ")} exited ${exitCode}: ${stderr.toString()}`);
  }
}
