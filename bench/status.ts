/**
 * Question: how long does a whole `git status` of a clean tree of 100,000 files take, and how far
 * is gity from the best that a monitor behind a hook can do?
 *
 * Method: five copies of one index, each with the settings of its contender, in turns on the
 * same tree. "Answers at once" are hooks that say "nothing changed" without looking: as a static
 * C program, and as a compiled Bun program, which is what gity's helper is.
 *
 * What would change my mind: gity above 1.1 times the Bun hook means that looking into the log
 * costs too much. Less than three times faster than no monitor means that it is not worth it.
 *
 * Last result (2026-11-21, 2 × AMD EPYC, Linux 6.18, git 2.39.5, before the first commit): 230 ms
 * without a monitor, 126 with the untracked cache, 43.1 with gity, 38.0 and 30.9 with the hooks
 * in Bun and C; 1.13 times the Bun hook, 5.4 times faster than nothing.
 */

import { copyFileSync } from "node:fs";
import { join } from "node:path";

import { tempDir } from "../test/support/temp-dir.ts";
import { type BenchReport, command, compare, type Contender, ratio } from "./harness.ts";
import { coveredWorktree, type CoveredWorktree } from "./large-worktree.ts";
import { compileHookInBun, compileHookInC } from "./programs.ts";

const RUNS = 41;
const NOTHING = "no monitor";
const UNTRACKED_CACHE = "untracked cache only";
const BUN_HOOK = "Bun hook that answers at once";
const C_HOOK = "C hook that answers at once";
const GITY = "gity";

export async function measureStatus(): Promise<BenchReport> {
  using scratch = tempDir("bench-status");
  await using covered = await coveredWorktree("bench-status");
  const bunHook = await compileHookInBun(scratch.path);
  const cHook = compileHookInC(scratch.path);
  const contender = (name: string, settings: readonly string[]): Contender =>
    statusOnIndexOfItsOwn(covered, scratch.join(`index-${name}`), name, settings);
  const measurements = compare(
    [
      contender(NOTHING, ["core.fsmonitor=false", "core.untrackedCache=false"]),
      contender(UNTRACKED_CACHE, ["core.fsmonitor=false", "core.untrackedCache=true"]),
      contender(BUN_HOOK, [`core.fsmonitor=${bunHook}`]),
      ...(cHook === undefined ? [] : [contender(C_HOOK, [`core.fsmonitor=${cHook}`])]),
      contender(GITY, []),
    ],
    RUNS,
  );
  return {
    question: "How long does `git status` take, 100,000 files, clean?",
    measurements,
    figures: [
      {
        name: "gity / Bun hook",
        value: ratio(measurements, GITY, BUN_HOOK),
        unit: "x",
        atMost: 1.1,
      },
      {
        name: "no monitor / gity",
        value: ratio(measurements, NOTHING, GITY),
        unit: "x",
        atLeast: 3,
      },
    ],
  };
}

/** Each has its own index: a monitor's token or an untracked cache in it is lost to the next. */
function statusOnIndexOfItsOwn(
  covered: CoveredWorktree,
  index: string,
  name: string,
  settings: readonly string[],
): Contender {
  const { tree } = covered;
  copyFileSync(join(tree.gitDir, "index"), index);
  const options = settings.flatMap((setting) => ["-c", setting]);
  return {
    name,
    run: command(["git", ...options, "status", "--porcelain=v2"], {
      directory: tree.path,
      environment: { GIT_INDEX_FILE: index },
    }),
  };
}
