/**
 * Question: what do the commands of a day cost with each monitor, beside status?
 *
 * Method: git 2.55; four copies of one tree of 100,000 files with the same settings: gity by socket, gity by
 * hook, git's own daemon, and no monitor; the untracked cache is on in all of them. Each command in turns, after a
 * status has let git store its token, and what it needs was prepared. What they do is not looked at here: `day` does.
 *
 * What would change my mind: a command that is certain to be slower with gity by socket than without a monitor.
 */

import { appendFileSync, writeFileSync } from "node:fs";

import { gityHome } from "../test/support/gity-home.ts";
import { newerGitProgram, provideNewerGit } from "../test/support/newer-git.ts";
import { programsFolder } from "./programs.ts";
import { tempWorktree, type TempWorktree } from "../test/support/temp-worktree.ts";
import type { Budget } from "./budget.ts";
import {
  type BenchReport,
  compare,
  type Figure,
  figureOfPairs,
  type Measurement,
} from "./harness.ts";
import {
  configureAlike,
  LARGE_TREE,
  registerVia,
  startDaemonWithFreshHelper,
} from "./large-worktree.ts";

const RUNS = 9;

const WAYS = ["socket", "hook", "git's daemon", "nothing"] as const;

type Git = (...args: string[]) => void;

interface Command {
  readonly name: string;
  readonly prepare: (git: Git, tree: TempWorktree, round: number) => void;
  readonly run: (git: Git) => void;
}

const COMMANDS: readonly Command[] = [
  { name: "status", prepare: () => {}, run: (git) => git("status") },
  { name: "diff", prepare: changeOne, run: (git) => git("diff", "--stat") },
  { name: "add", prepare: changeOne, run: (git) => git("add", "--all") },
  {
    name: "commit",
    prepare: (git, tree, round) => {
      changeOne(git, tree, round);
      git("add", "--all");
    },
    run: (git) => git("commit", "--quiet", "--message=one"),
  },
  {
    name: "checkout",
    prepare: (git) => {
      git("checkout", "--quiet", "--detach", "HEAD");
    },
    run: (git) => git("checkout", "--quiet", "main~0"),
  },
  {
    name: "stash -u",
    prepare: (git, tree, round) => {
      git("stash", "clear");
      changeOne(git, tree, round);
      writeFileSync(tree.join(`untracked-${round}`), "");
    },
    run: (git) => git("stash", "push", "--quiet", "--include-untracked"),
  },
];

export async function measureCommands(budget: Budget): Promise<BenchReport> {
  const executable = provideNewerGit();
  await using stack = new AsyncDisposableStack();
  const home = stack.use(await gityHome());
  await startDaemonWithFreshHelper(home, executable, stack.use(programsFolder()).path);
  const contenders = WAYS.map((way) => {
    const tree = stack.use(tempWorktree("bench-commands", { generated: budget.tree(LARGE_TREE) }));
    return { way, tree, git: gitIn(tree) };
  });
  for (const { way, tree, git } of contenders) {
    configureAlike(tree);
    if (way === "git's daemon") {
      tree.git("config", "core.fsmonitor", "true");
      stack.defer(() => {
        runGitIn(tree, ["fsmonitor--daemon", "stop"]);
      });
      git("fsmonitor--daemon", "start");
    } else if (way !== "nothing") {
      // oxlint-disable-next-line no-await-in-loop
      await registerVia(way, home, executable, tree.path);
    }
  }
  const measurements: Measurement[] = [];
  let round = 0;
  for (const { name, prepare, run } of COMMANDS) {
    measurements.push(
      ...compare(
        contenders.map(({ way, tree, git }) => ({
          name: `${name}, ${way}`,
          prepare: () => {
            round += 1;
            git("status");
            prepare(git, tree, round);
          },
          run: () => {
            run(git);
          },
        })),
        budget.runs(RUNS),
      ),
    );
  }
  return {
    question: "What do the commands of a day cost with each monitor, 100,000 files?",
    measurements,
    figures: COMMANDS.flatMap(({ name }) => figuresOf(name, measurements)),
  };
}

function figuresOf(name: string, measurements: readonly Measurement[]): Figure[] {
  const against = (way: string): Figure => ({
    ...figureOfPairs(measurements, `${name}, socket`, `${name}, ${way}`),
    name: `${name}: socket / ${way}`,
    ...(way === "nothing" ? { atMost: 1 } : {}),
  });
  return WAYS.filter((way) => way !== "socket").map(against);
}

function changeOne(_git: Git, tree: TempWorktree, round: number): void {
  const path = tree.generatedPaths[(round * 7919) % tree.generatedPaths.length] ?? "";
  appendFileSync(tree.join(path), "more\n");
}

function gitIn(tree: TempWorktree): Git {
  return (...args) => {
    const { exitCode, stderr } = runGitIn(tree, args);
    if (exitCode !== 0) {
      throw new Error(`git ${args.join(" ")} exited ${exitCode}: ${stderr.toString()}`);
    }
  };
}

function runGitIn(tree: TempWorktree, args: readonly string[]) {
  const { program, environment } = newerGitProgram();
  return Bun.spawnSync([program, ...args], {
    cwd: tree.path,
    env: { ...process.env, ...environment },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
}
