/**
 * Question: what do many worktrees of one repository cost the daemon, and how long until all of them are covered?
 *
 * Method: a repository of 100,000 files in 5,000 folders with an ignored folder of 2,000 more, and 19 linked worktrees
 * of it that have the same (10 GB; by name only). Several times, each with a daemon of its own that is running already:
 * `gity register`, which returns when all are covered, then the daemon's memory, watches and processor time. The same for a
 * clone that is alone. What sharing saves is shown beside: git asked in each worktree what it ignores, one after the
 * other, as would have to be done where nothing is shared.
 *
 * What would change my mind: more time for each of the 20 than for one that is alone. Memory is shown beside it.
 */

import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { generateFiles } from "../test/support/generate-files.ts";
import { gityHome } from "../test/support/gity-home.ts";
import { runGit } from "../test/support/run-git.ts";
import { tempWorktree } from "../test/support/temp-worktree.ts";
import type { Budget } from "./budget.ts";
import { type BenchReport, type Figure, figureOf, pairedRatio, summarize } from "./harness.ts";
import { LARGE_TREE, numberOf } from "./large-worktree.ts";

const WORKTREES = 20;
const IGNORED = { files: 2_000, directories: 200 } as const;
/** As few as an interval takes. */
const RUNS = 6;
/** The runtime gives memory back some seconds after the last work. */
const SETTLE_MS = 15_000;
const NS_PER_MS = 1e6;
/** sysconf(_SC_CLK_TCK) is 100 on every Linux there is; proc(5) counts in these. */
const MS_PER_TICK = 10;

/** As src/git/scope.ts asks. */
const SCOPE_QUESTION = [
  "-c",
  "core.excludesFile=/dev/null",
  "ls-files",
  "--others",
  "--ignored",
  "--exclude-standard",
  "--directory",
  "-z",
];

interface Cost {
  readonly registerMs: number;
  readonly residentMb: number;
  readonly cpuMs: number;
  readonly watches: number;
}

const ALL = `gity register, ${WORKTREES} worktrees`;
const ALONE = "gity register, one that is alone";
const SCOPES = `git asked what it ignores, ${WORKTREES} times`;

export async function measureManyWorktrees(budget: Budget): Promise<BenchReport> {
  using tree = tempWorktree("bench-many", {
    generated: budget.tree(LARGE_TREE),
    files: { ".gitignore": "node_modules/\n" },
  });
  generateFiles(tree.join("node_modules"), IGNORED);
  const lonely = join(tree.path, "..", "alone");
  runGit(tree.path, "clone", "--quiet", "--no-hardlinks", tree.path, lonely);
  cpSync(tree.join("node_modules"), join(lonely, "node_modules"), { recursive: true });
  const roots = [tree.path];
  for (let i = 1; i < WORKTREES; i += 1) {
    const { path } = tree.addLinked(`linked${i}`);
    cpSync(tree.join("node_modules"), join(path, "node_modules"), { recursive: true });
    roots.push(path);
  }
  const runs = budget.runs(RUNS);
  const samples = new Map<string, number[]>([ALL, ALONE, SCOPES].map((name) => [name, []]));
  const costs = { all: NOTHING, alone: NOTHING };
  for (let round = -1; round < runs; round += 1) {
    // oxlint-disable-next-line no-await-in-loop -- In turns.
    costs.all = await costOf(tree.path, roots, round === runs - 1);
    // oxlint-disable-next-line no-await-in-loop
    costs.alone = await costOf(lonely, [lonely], round === runs - 1);
    const startedAt = Bun.nanoseconds();
    for (const root of roots) {
      runGit(root, ...SCOPE_QUESTION);
    }
    const scopesMs = (Bun.nanoseconds() - startedAt) / NS_PER_MS;
    if (round >= 0) {
      samples.get(ALL)?.push(costs.all.registerMs);
      samples.get(ALONE)?.push(costs.alone.registerMs);
      samples.get(SCOPES)?.push(scopesMs);
    }
  }
  const measurements = [...samples].map(([name, values]) => summarize(name, values));
  return {
    question: `What do ${WORKTREES} worktrees of 100,000 files cost, and when are they covered?`,
    measurements,
    figures: [
      {
        ...figureOf(
          pairedRatio(
            summarize(
              "each",
              (samples.get(ALL) ?? []).map((ms) => ms / WORKTREES),
            ),
            summarize("alone", samples.get(ALONE) ?? []),
          ),
          { atMost: 1 },
        ),
        name: `each of ${WORKTREES} / one that is alone, time`,
      },
      ...figuresOf(`${WORKTREES} worktrees`, costs.all),
      ...figuresOf("one that is alone", costs.alone),
      {
        name: "memory for each further one",
        value: (costs.all.residentMb - costs.alone.residentMb) / (WORKTREES - 1),
        unit: "MB",
      },
    ],
  };
}

const NOTHING: Cost = { registerMs: 0, residentMb: 0, cpuMs: 0, watches: 0 };

function figuresOf(name: string, cost: Cost): readonly Figure[] {
  return [
    { name: `${name}: resident memory`, value: cost.residentMb, unit: "MB" },
    { name: `${name}: processor time until covered`, value: cost.cpuMs, unit: "ms" },
    { name: `${name}: watches`, value: cost.watches, unit: "" },
  ];
}

/** What the daemon takes once it has come to rest; that takes a while, and is asked for once. */
async function costOf(path: string, roots: readonly string[], isAtRest: boolean): Promise<Cost> {
  await using home = await gityHome();
  await home.startDaemon();
  const pid = await home.daemonPid();
  const cpuBefore = cpuMs(pid);
  const startedAt = Bun.nanoseconds();
  await home.gityJson("register", path);
  const registerMs = (Bun.nanoseconds() - startedAt) / NS_PER_MS;
  const cost = { registerMs, cpuMs: cpuMs(pid) - cpuBefore, residentMb: 0, watches: 0 };
  if (isAtRest) {
    await Bun.sleep(SETTLE_MS);
    const healths = await Promise.all(roots.map(async (root) => home.gityJson("health", root)));
    cost.watches = healths.reduce((sum, health) => sum + numberOf(health, "watchedDirectories"), 0);
    cost.residentMb = residentMb(pid);
  }
  await home.gityJson("unregister", path);
  return cost;
}

/** User and system time of all threads: fields 14 and 15 of proc(5), counted from behind the name. */
function cpuMs(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

function residentMb(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}
