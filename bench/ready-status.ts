/**
 * Question: what does a status cost that is ready before anybody asks, as a whole process?
 *
 * Method: git 2.55; two copies of one clean tree, one with gity and one with git's own daemon. In turns: a compiled
 * Bun program that prints nine bytes, `gity status` and `gity prompt` from the file that the daemon keeps, `git
 * status` with gity, and with git's daemon. The programs are written to the disk just before, all of them.
 * `ready-status-million` asks the same of a million files.
 *
 * What would change my mind: `gity status` above 1.5 times the Bun program, or growing with the number of files.
 */

import type { Budget } from "./budget.ts";
import { type BenchReport, command, compare, figureOfPairs } from "./harness.ts";
import { LARGE_TREE } from "./large-worktree.ts";
import { compileNineBytesInBun } from "./programs.ts";
import { readyPlace, run } from "./ready-worktree.ts";

const RUNS = 101;
const MILLION_TREE = { files: 1_000_000, directories: 50_000 } as const;
const AIM = 1.5;

const FLOOR = "compiled Bun, nine bytes";
const GITY_STATUS = "gity status";
const GITY_PROMPT = "gity prompt";
const GIT_WITH_GITY = "git status, gity";
const GIT_WITH_DAEMON = "git status, git's daemon";

export function measureReadyStatus(budget: Budget): Promise<BenchReport> {
  return measure(LARGE_TREE, budget);
}

export function measureReadyStatusOfMillion(budget: Budget): Promise<BenchReport> {
  return measure(MILLION_TREE, budget);
}

async function measure(
  whole: typeof LARGE_TREE | typeof MILLION_TREE,
  budget: Budget,
): Promise<BenchReport> {
  const generated = budget.tree(whole);
  await using place = await readyPlace(generated);
  const { git, gity } = place;
  const tree = await place.make("gity");
  const rival = await place.make("git's daemon");
  const floor = await compileNineBytesInBun(place.scratch);
  const ours = place.options(tree);
  // Whoever asks first waits until it is ready.
  run([gity, "status", "--porcelain"], ours);
  const measurements = compare(
    [
      { name: FLOOR, run: command([floor], ours) },
      { name: GITY_STATUS, run: command([gity, "status", "--porcelain"], ours) },
      { name: GITY_PROMPT, run: command([gity, "prompt"], ours) },
      { name: GIT_WITH_GITY, run: command([git, "status", "--porcelain"], place.gitOptions(tree)) },
      {
        name: GIT_WITH_DAEMON,
        run: command([git, "status", "--porcelain"], place.gitOptions(rival)),
      },
    ],
    budget.runs(RUNS),
  );
  return {
    question: `What does a status cost that is ready before anybody asks, ${generated.files} files, clean?`,
    measurements,
    figures: [
      figureOfPairs(measurements, GITY_STATUS, FLOOR, { atMost: AIM }),
      figureOfPairs(measurements, GITY_PROMPT, FLOOR, { atMost: AIM }),
      figureOfPairs(measurements, GIT_WITH_GITY, GITY_STATUS),
      figureOfPairs(measurements, GIT_WITH_DAEMON, GITY_STATUS),
      figureOfPairs(measurements, GIT_WITH_DAEMON, GITY_PROMPT),
    ],
  };
}
