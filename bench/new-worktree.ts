/**
 * Question: how fast is the first `git status` in a worktree that was made just now?
 *
 * Method: git 2.55; one registered tree of 100,000 files. Each round, each time into nothing and in this order: `git
 * worktree add` and `git status` at once; `git worktree add` and `git status` when the daemon has had some seconds for
 * it; `gity worktree add`, `git status` at once, and five more, of which the median is the round's warm one. From process
 * start to process end. What status prints is looked at, and the monitor is asked how often it had to answer "anything".
 *
 * What would change my mind: a first status after `gity worktree add` above 1.2 times a warm one, or one that was
 * answered "anything".
 */

import { join } from "node:path";

import type { Budget } from "./budget.ts";
import { type BenchReport, figureOfPairs, summarize } from "./harness.ts";
import { LARGE_TREE, numberOf } from "./large-worktree.ts";
import { type ReadyPlace, readyPlace, run } from "./ready-worktree.ts";
import { quantile } from "./statistics.ts";

/** As few as an interval takes. */
const ROUNDS = 6;
const WARM_RUNS = 5;
/** What the daemon does in the background is done by then. */
const LATER_MS = 4_000;
const NS_PER_MS = 1e6;
const AIM = 1.2;

const GIT_ADD = "git worktree add";
const GIT_FIRST = "git status at once after git worktree add";
const GIT_LATER = "git status some seconds later";
const GITY_ADD = "gity worktree add";
const GITY_FIRST = "git status at once after gity worktree add";
const WARM = "git status, warm";

export async function measureNewWorktree(budget: Budget): Promise<BenchReport> {
  await using place = await readyPlace(budget.tree(LARGE_TREE));
  const tree = await place.make("gity");
  const linked = join(tree.path, "..", "linked");
  const samples = new Map<string, number[]>();
  const note = (name: string, ms: number): void => {
    samples.set(name, [...(samples.get(name) ?? []), ms]);
  };
  const timed = (directory: string, ...argv: readonly string[]): number => {
    const startedAt = Bun.nanoseconds();
    const options = argv[0] === place.git ? place.gitOptions(tree) : place.options(tree);
    const printed = run(argv, { ...options, directory });
    const elapsedMs = (Bun.nanoseconds() - startedAt) / NS_PER_MS;
    if (argv.includes("status") && printed !== "") {
      throw new Error(`a new worktree is not clean: '${printed}'`);
    }
    return elapsedMs;
  };
  const add = (program: string): number =>
    timed(tree.path, program, "worktree", "add", "--quiet", "--detach", linked);
  const status = (): number => timed(linked, place.git, "status", "--porcelain");
  const remove = (): void => {
    timed(tree.path, place.git, "worktree", "remove", "--force", linked);
  };
  let unknown = 0;
  const rounds = budget.runs(ROUNDS);
  for (let round = -1; round < rounds; round += 1) {
    note(GIT_ADD, add(place.git));
    note(GIT_FIRST, status());
    remove();
    add(place.git);
    // oxlint-disable-next-line no-await-in-loop -- In turns.
    await Bun.sleep(LATER_MS);
    note(GIT_LATER, status());
    remove();
    note(GITY_ADD, add(place.gity));
    // oxlint-disable-next-line no-await-in-loop
    const before = await unknownAnswers(place, linked);
    note(GITY_FIRST, status());
    // oxlint-disable-next-line no-await-in-loop
    unknown += (await unknownAnswers(place, linked)) - before;
    note(WARM, quantile(Array.from({ length: WARM_RUNS }, status), 0.5));
    remove();
    if (round === -1) {
      // It has filled caches.
      samples.clear();
    }
  }
  const measurements = [...samples].map(([name, values]) => summarize(name, values));
  return {
    question: "How fast is the first `git status` in a new worktree, 100,000 files?",
    measurements,
    figures: [
      figureOfPairs(measurements, GITY_FIRST, WARM, { atMost: AIM }),
      figureOfPairs(measurements, GIT_LATER, WARM),
      figureOfPairs(measurements, GIT_FIRST, WARM),
      figureOfPairs(measurements, GITY_ADD, GIT_ADD),
      { name: 'first statuses answered with "anything"', value: unknown, unit: "", atMost: 0 },
    ],
  };
}

async function unknownAnswers({ home }: ReadyPlace, path: string): Promise<number> {
  return numberOf(await home.gityJson("health", path), "unknownAnswers");
}
