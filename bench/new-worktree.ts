/**
 * Question: how fast is the first `git status` in a worktree that was made just now?
 *
 * Method: git 2.55; one registered tree of 100,000 files. In turns, each time into nothing: `git worktree add` and
 * `gity worktree add`, from process start to process end; `git status` at once; and some more, which are warm. After
 * git's own, also `git status` when the daemon has had some seconds for it. What status prints is looked at, and the
 * monitor is asked how often it had to answer "anything".
 *
 * What would change my mind: a first status after `gity worktree add` above 1.2 times a warm one; or a `gity worktree
 * add` that takes longer than `git worktree add` and a first status together.
 */

import { join } from "node:path";

import type { Budget } from "./budget.ts";
import { type BenchReport, type Figure, ratio, summarize } from "./harness.ts";
import { LARGE_TREE, numberOf } from "./large-worktree.ts";
import { type ReadyPlace, readyPlace, run } from "./ready-worktree.ts";

const ROUNDS = 5;
const WARM_RUNS = 7;
/** What the daemon does in the background is done by then. */
const LATER_MS = 6_000;
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
    const printed = run(argv, { ...place.options(tree), directory });
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
    for (let i = 0; i < WARM_RUNS; i += 1) {
      note(WARM, status());
    }
    remove();
    if (round === -1) {
      // It has filled caches.
      samples.clear();
    }
  }
  const measurements = [...samples].map(([name, values]) => summarize(name, values));
  const against = (name: string, other: string, aim: Partial<Figure> = {}): Figure => ({
    name: `${name} / ${other}`,
    value: ratio(measurements, name, other),
    unit: "x",
    ...aim,
  });
  return {
    question: "How fast is the first `git status` in a new worktree, 100,000 files?",
    measurements,
    figures: [
      against(GITY_FIRST, WARM, { atMost: AIM }),
      against(GIT_LATER, WARM),
      against(GIT_FIRST, WARM),
      against(GITY_ADD, GIT_ADD),
      { name: 'first statuses answered with "anything"', value: unknown, unit: "", atMost: 0 },
    ],
  };
}

async function unknownAnswers({ home }: ReadyPlace, path: string): Promise<number> {
  return numberOf(await home.gityJson("health", path), "unknownAnswers");
}
