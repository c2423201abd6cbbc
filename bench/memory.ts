/**
 * Question: how much memory and processor do monitors take, by the number of worktrees and of files?
 *
 * Method: git 2.55, worktrees of 1000 files: 1, 5 and 20 of them, watched by one gity, and then each by a daemon of
 * git's; one worktree of 1000, 10,000 and 100,000 files; who is first takes turns. Memory after the statuses, all
 * daemons together: what they share is divided among them (PSS of proc(5)). Their processor time for a hundred statuses,
 * all worktrees in turn. Watched only: no status is kept ready.
 *
 * What would change my mind: twenty worktrees that take more memory with gity than with twenty of git's daemons. The
 * processor time is shown, and nothing is aimed at.
 */

import { readFileSync } from "node:fs";

import { type GityHome, gityHome } from "../test/support/gity-home.ts";
import { newerGitProgram, provideNewerGit } from "../test/support/newer-git.ts";
import { tempWorktree, type TempWorktree } from "../test/support/temp-worktree.ts";
import type { Budget } from "./budget.ts";
import type { BenchReport } from "./harness.ts";
import { configureAlike, registerVia } from "./large-worktree.ts";
import { gitsDaemonsOf } from "./peers.ts";

const WORKTREES = [1, 5, 20] as const;
const FILES_OF_EACH = 1000;
const FILES = [10_000, 100_000] as const;
const FILES_PER_FOLDER = 20;
const STATUSES = 100;

/** sysconf(_SC_CLK_TCK) is 100 on every Linux there is; proc(5) counts in these. */
const MS_PER_TICK = 10;

interface Cost {
  readonly megabytes: number;
  readonly cpuMs: number;
}

interface Row {
  readonly worktrees: number;
  readonly files: number;
  readonly gity: Cost;
  readonly git: Cost;
}

export async function measureMemory(budget: Budget): Promise<BenchReport> {
  const shapes = [
    ...WORKTREES.map((worktrees) => ({ worktrees, files: budget.size(FILES_OF_EACH) })),
    ...FILES.map((files) => ({ worktrees: 1, files: budget.size(files) })),
  ];
  const statuses = budget.size(STATUSES);
  const rows: Row[] = [];
  for (const [i, shape] of shapes.entries()) {
    // oxlint-disable-next-line no-await-in-loop -- They share one machine.
    rows.push(await measureShape(shape, statuses, i % 2 === 0));
  }
  const many = rows.find(({ worktrees }) => worktrees === Math.max(...WORKTREES));
  return {
    question: "How much memory and processor do monitors take, by worktrees and files?",
    measurements: [],
    figures: [
      {
        name: "20 worktrees, gity",
        value: many?.gity.megabytes ?? Number.NaN,
        unit: "MB",
        atMost: many?.git.megabytes ?? Number.NaN,
      },
      { name: "20 worktrees, git's daemons", value: many?.git.megabytes ?? Number.NaN, unit: "MB" },
    ],
    tables: [
      {
        title: "worktrees × files",
        columns: [
          "gity, MB",
          "git's daemons, MB",
          `gity, processor ms for ${statuses} statuses`,
          "git's daemons, ms",
        ],
        rows: rows.map(({ worktrees, files, gity, git }) => [
          `${worktrees} × ${files}`,
          gity.megabytes,
          git.megabytes,
          gity.cpuMs,
          git.cpuMs,
        ]),
      },
    ],
  };
}

async function measureShape(
  { worktrees, files }: { readonly worktrees: number; readonly files: number },
  statuses: number,
  isGityFirst: boolean,
): Promise<Row> {
  const git = provideNewerGit();
  await using stack = new AsyncDisposableStack();
  const home = stack.use(await gityHome());
  const directories = Math.ceil(files / FILES_PER_FOLDER);
  const trees = Array.from({ length: worktrees }, () =>
    stack.use(tempWorktree("bench-memory", { generated: { files, directories } })),
  );
  for (const tree of trees) {
    configureAlike(tree);
  }
  stack.defer(() => {
    for (const tree of trees) {
      tryRun(home, tree, "fsmonitor--daemon", "stop");
    }
  });
  const measureGity = async (): Promise<Cost> => {
    for (const tree of trees) {
      // oxlint-disable-next-line no-await-in-loop
      await registerVia("socket", home, git, tree.path);
    }
    const cost = await measureCost(home, trees, statuses, async () => [
      (await home.daemonPid()) ?? 0,
    ]);
    for (const tree of trees) {
      // oxlint-disable-next-line no-await-in-loop
      await home.gity("unregister", tree.path);
    }
    return cost;
  };
  const measureGit = async (): Promise<Cost> => {
    for (const tree of trees) {
      tree.git("config", "core.fsmonitor", "true");
      run(home, tree, "fsmonitor--daemon", "start");
    }
    const cost = await measureCost(home, trees, statuses, () =>
      Promise.resolve(gitsDaemonsOf(home)),
    );
    for (const tree of trees) {
      run(home, tree, "fsmonitor--daemon", "stop");
      tree.git("config", "--unset", "core.fsmonitor");
    }
    return cost;
  };
  if (isGityFirst) {
    return { worktrees, files, gity: await measureGity(), git: await measureGit() };
  }
  const first = await measureGit();
  return { worktrees, files, gity: await measureGity(), git: first };
}

async function measureCost(
  home: GityHome,
  trees: readonly TempWorktree[],
  statuses: number,
  monitors: () => Promise<readonly number[]>,
): Promise<Cost> {
  // As all that follow: the first two bring the index up to date.
  for (const tree of [...trees, ...trees]) {
    run(home, tree, "status");
  }
  const pids = await monitors();
  const cpu = (): number => pids.reduce((sum, pid) => sum + cpuMsOf(pid), 0);
  const before = cpu();
  for (let i = 0; i < statuses; i += 1) {
    const tree = trees[i % trees.length];
    if (tree !== undefined) {
      run(home, tree, "status");
    }
  }
  return {
    cpuMs: cpu() - before,
    megabytes: pids.reduce((sum, pid) => sum + proportionalMegabytesOf(pid), 0),
  };
}

/** What is its own, and its part of what it shares. */
function proportionalMegabytesOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
  return Number(/^Pss:\s*(\d+)/m.exec(text)?.[1]) / 1024;
}

/** Of all threads, in the kernel and out of it: fields 14 and 15, counted from behind the name. */
export function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** In the home's name, so that a daemon of git's is known by it. */
function tryRun(home: GityHome, tree: TempWorktree, ...args: string[]) {
  const { program, environment } = newerGitProgram();
  return Bun.spawnSync([program, ...args], {
    cwd: tree.path,
    stdout: "ignore",
    stderr: "pipe",
    env: { ...process.env, ...environment, GITY_HOME: home.path },
  });
}

function run(home: GityHome, tree: TempWorktree, ...args: string[]): void {
  const { exitCode, stderr } = tryRun(home, tree, ...args);
  if (exitCode !== 0) {
    throw new Error(`git ${args.join(" ")} exited ${exitCode}: ${stderr.toString()}`);
  }
}
