/**
 * Question: is anybody kept waiting while a repository is maintained?
 *
 * Method: a repository with 200,000 objects and 10,000 files, and another one beside it, both covered. `git
 * gc` by gity, again and again, which rewrites all objects. `git status` in both, in turns: a block of
 * them with nothing to do, and then for as long as it runs. A block's two medians are a pair.
 *
 * What would change my mind: a status that takes more than 1.2 times as long, in the same repository or
 * in the other.
 */

import type { JobList } from "../src/protocol/api.ts";
import { eventually } from "../test/support/eventually.ts";
import { GIT } from "../test/support/run-git.ts";
import type { TempWorktree } from "../test/support/temp-worktree.ts";
import type { Budget } from "./budget.ts";
import {
  type BenchReport,
  command,
  figureOf,
  type Measurement,
  pairedRatio,
  summarize,
} from "./harness.ts";
import { coveredWorktree, type CoveredWorktree } from "./large-worktree.ts";
import { quantile } from "./statistics.ts";

const FILES = { files: 10_000, directories: 500 } as const;
/** Four objects each: commit, two trees, file. */
const COMMITS = 50_000;
const BLOCKS = 8;
const RUNS_IN_BLOCK = 20;
const NS_PER_MS = 1e6;

const PLACES = ["same repository", "other repository"] as const;

type Place = (typeof PLACES)[number];

const STATES = ["quiet", "maintained"] as const;

type State = (typeof STATES)[number];

export async function measureMaintenance(budget: Budget): Promise<BenchReport> {
  await using covered = await coveredWorktree("bench-maintenance", budget.tree(FILES));
  await using other = await coveredWorktree("bench-beside", budget.tree(FILES));
  makeHistory(covered.tree);
  covered.tree.git("status");
  const trees = { "same repository": covered.tree, "other repository": other.tree };
  const samples: Samples = new Map();
  const medians: Samples = new Map();
  for (let block = 0; block < budget.runs(BLOCKS); block += 1) {
    const ofBlock: Samples = new Map();
    for (let run = 0; run < RUNS_IN_BLOCK; run += 1) {
      measureRound(trees, ofBlock, "quiet");
    }
    // oxlint-disable-next-line no-await-in-loop -- The machine has to be as it is meant to be.
    await queueGc(covered);
    // oxlint-disable-next-line no-await-in-loop
    await untilRunning(covered);
    let isRunning = true;
    while (isRunning) {
      // oxlint-disable-next-line no-await-in-loop
      isRunning = await measureWhileRunning(covered, trees, ofBlock);
    }
    for (const name of PLACES.flatMap((place) => STATES.map((state) => nameOf(place, state)))) {
      const values = ofBlock.get(name) ?? [];
      add(samples, name, values);
      add(medians, name, [quantile(values, 0.5)]);
    }
  }
  const measurements = [...samples].map(([name, values]) => summarize(name, values));
  return {
    question:
      "Is anybody kept waiting while 200,000 objects are repacked? (git status, 10,000 files)",
    measurements,
    figures: PLACES.map((place) => {
      const of = (state: State): Measurement => {
        const name = nameOf(place, state);
        return summarize(name, medians.get(name) ?? []);
      };
      return {
        ...figureOf(pairedRatio(of("maintained"), of("quiet")), { atMost: 1.2 }),
        name: `${place}: while it runs / quiet`,
      };
    }),
  };
}

function nameOf(place: Place, state: State): string {
  return `status, ${place}, ${state}`;
}

type Samples = Map<string, number[]>;
type Trees = Readonly<Record<Place, TempWorktree>>;

/** A status in each place. */
function measureRound(trees: Trees, samples: Samples, state: State): void {
  for (const place of PLACES) {
    const status = command([GIT, "status"], { directory: trees[place].path });
    const startedAt = Bun.nanoseconds();
    status();
    add(samples, nameOf(place, state), [(Bun.nanoseconds() - startedAt) / NS_PER_MS]);
  }
}

function add(samples: Samples, name: string, values: readonly number[]): void {
  samples.set(name, [...(samples.get(name) ?? []), ...values]);
}

/** One round, which counts if the job went on all the time; false when it has ended. */
async function measureWhileRunning(
  covered: CoveredWorktree,
  trees: Trees,
  samples: Samples,
): Promise<boolean> {
  const round: Samples = new Map();
  measureRound(trees, round, "maintained");
  const isRunning = await isMaintained(covered);
  for (const [name, values] of isRunning ? round : []) {
    add(samples, name, values);
  }
  return isRunning;
}

async function jobsOf({ home }: CoveredWorktree): Promise<JobList> {
  const response = await fetch("http://gity/v1/jobs", { unix: `${home.path}/run/gity.sock` });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The daemon of this very build.
  return (await response.json()) as JobList;
}

async function isMaintained(covered: CoveredWorktree): Promise<boolean> {
  return (await jobsOf(covered)).jobs.some(({ state }) => state === "running");
}

async function untilRunning(covered: CoveredWorktree): Promise<void> {
  await eventually(() => isMaintained(covered), { what: "gc to begin" });
}

async function queueGc({ home, tree }: CoveredWorktree): Promise<void> {
  await fetch("http://gity/v1/jobs", {
    unix: `${home.path}/run/gity.sock`,
    method: "POST",
    body: JSON.stringify({ path: tree.path, tasks: ["gc"] }),
    headers: { "content-type": "application/json" },
  });
}

/** On a branch of its own, by git-fast-import(1). */
function makeHistory(tree: TempWorktree): void {
  const commits: string[] = [];
  for (let i = 0; i < COMMITS; i += 1) {
    const message = `commit ${i}\n`;
    const content = `content ${i} ${"x".repeat(i % 97)}\n`;
    commits.push(
      `commit refs/heads/history\ncommitter a <a@example.com> ${1_700_000_000 + i} +0000\n` +
        `data ${message.length}\n${message}\n` +
        `M 100644 inline d${i % 50}/f${i % 1009}\ndata ${content.length}\n${content}\n`,
    );
  }
  const { exitCode, stderr } = Bun.spawnSync([GIT, "fast-import", "--quiet"], {
    cwd: tree.path,
    stdin: Buffer.from(commits.join("")),
    stdout: "ignore",
  });
  if (exitCode !== 0) {
    throw new Error(`git fast-import exited ${exitCode}: ${stderr.toString()}`);
  }
}
