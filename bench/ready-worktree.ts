/** What the benchmarks of the ready-made status have in common: worktrees alike, each with a monitor of its own. */

import { delimiter, dirname } from "node:path";

import { builtGity } from "../test/support/built.ts";
import { gityHome, type GityHome } from "../test/support/gity-home.ts";
import { newerGitProgram, provideNewerGit } from "../test/support/newer-git.ts";
import { tempWorktree, type TempWorktree } from "../test/support/temp-worktree.ts";
import type { CommandOptions } from "./harness.ts";
import { configureAlike, LARGE_TREE, registerVia } from "./large-worktree.ts";
import { freshCopy, programsFolder } from "./programs.ts";

/** Nobody's configuration is named: a status made ready without one is of no use to who names one. */
const USUAL = { GIT_CONFIG_GLOBAL: undefined, GIT_CONFIG_NOSYSTEM: undefined } as const;

export interface ReadyPlace extends AsyncDisposable {
  readonly home: GityHome;
  /** git 2.55, which takes gitOptions(); the same git is first on the search path of all that is run. */
  readonly git: string;
  /** A copy of gity as fresh as what it is compared with. */
  readonly gity: string;
  readonly scratch: string;
  /** Another tree, the same as all others. */
  make(monitor: "gity" | "git's daemon"): Promise<TempWorktree>;
  /** For gity: a ready-made status knows only gits that are told nothing. */
  options(tree: TempWorktree): CommandOptions;
  gitOptions(tree: TempWorktree): CommandOptions;
}

export async function readyPlace(
  generated: { readonly files: number; readonly directories: number } = LARGE_TREE,
): Promise<ReadyPlace> {
  const wrapper = provideNewerGit();
  const { program: git, environment: told } = newerGitProgram();
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(programsFolder());
  const home = stack.use(await gityHome());
  const environment = {
    ...USUAL,
    GITY_HOME: home.path,
    PATH: `${dirname(wrapper)}${delimiter}${process.env["PATH"] ?? ""}`,
  };
  const options = (tree: TempWorktree): CommandOptions => ({ directory: tree.path, environment });
  const gitOptions = (tree: TempWorktree): CommandOptions => ({
    directory: tree.path,
    environment: { ...environment, ...told },
  });
  const kept = stack.move();
  return {
    home,
    git,
    gity: freshCopy(builtGity(), scratch.path),
    scratch: scratch.path,
    options,
    gitOptions,
    make: async (monitor) => {
      const tree = kept.use(tempWorktree("bench-ready", { generated }));
      configureAlike(tree);
      if (monitor === "gity") {
        await registerVia("socket", home, wrapper, tree.path);
      } else {
        tree.git("config", "core.fsmonitor", "true");
        kept.defer(() => {
          tryRun([git, "fsmonitor--daemon", "stop"], gitOptions(tree));
        });
        run([git, "fsmonitor--daemon", "start"], gitOptions(tree));
      }
      // The first status takes the answer "/" and stores a token, the second is as all that follow.
      run([git, "status"], gitOptions(tree));
      run([git, "status"], gitOptions(tree));
      return tree;
    },
    [Symbol.asyncDispose]: async () => {
      await kept.disposeAsync();
    },
  };
}

/** What it printed. @throws Error when it fails */
export function run(argv: readonly string[], options: CommandOptions): string {
  const child = tryRun(argv, options);
  if (child.exitCode !== 0) {
    throw new Error(`'${argv.join(" ")}' exited ${child.exitCode}: ${child.stderr.toString()}`);
  }
  return child.stdout.toString();
}

function tryRun(argv: readonly string[], options: CommandOptions) {
  return Bun.spawnSync([...argv], {
    cwd: options.directory,
    env: { ...process.env, ...options.environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}
