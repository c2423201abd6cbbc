/** What the benchmarks of the ready-made status have in common: worktrees alike, each with a monitor of its own. */

import { dirname } from "node:path";

import { builtGity } from "../test/support/built.ts";
import { gityHome, type GityHome } from "../test/support/gity-home.ts";
import { provideNewerGit } from "../test/support/newer-git.ts";
import { tempDir } from "../test/support/temp-dir.ts";
import { tempWorktree, type TempWorktree } from "../test/support/temp-worktree.ts";
import type { CommandOptions } from "./harness.ts";
import { LARGE_TREE, registerVia } from "./large-worktree.ts";
import { freshCopy } from "./programs.ts";

/** Nobody's configuration is named: a status made ready without one is of no use to who names one. */
const USUAL = { GIT_CONFIG_GLOBAL: undefined, GIT_CONFIG_NOSYSTEM: undefined } as const;

export interface ReadyPlace extends AsyncDisposable {
  readonly home: GityHome;
  /** git 2.55, first on the search path of all that is run. */
  readonly git: string;
  /** A copy of gity as fresh as what it is compared with. */
  readonly gity: string;
  readonly scratch: string;
  /** Another tree, the same as all others. */
  make(monitor: "gity" | "git's daemon"): Promise<TempWorktree>;
  options(tree: TempWorktree): CommandOptions;
}

export async function readyPlace(
  generated: { readonly files: number; readonly directories: number } = LARGE_TREE,
): Promise<ReadyPlace> {
  const git = provideNewerGit();
  await using stack = new AsyncDisposableStack();
  const scratch = stack.use(tempDir("bench-ready"));
  const home = stack.use(await gityHome());
  const environment = {
    ...USUAL,
    GITY_HOME: home.path,
    PATH: `${dirname(git)}:${process.env["PATH"] ?? ""}`,
  };
  const options = (tree: TempWorktree): CommandOptions => ({ directory: tree.path, environment });
  const kept = stack.move();
  return {
    home,
    git,
    gity: freshCopy(builtGity(), scratch.path),
    scratch: scratch.path,
    options,
    make: async (monitor) => {
      const tree = kept.use(tempWorktree("bench-ready", { generated }));
      tree.git("config", "core.untrackedCache", "true");
      tree.git("config", "feature.manyFiles", "true");
      if (monitor === "gity") {
        await registerVia("socket", home, git, tree.path);
      } else {
        tree.git("config", "core.fsmonitor", "true");
        run([git, "fsmonitor--daemon", "start"], options(tree));
        kept.defer(() => {
          run([git, "fsmonitor--daemon", "stop"], options(tree));
        });
      }
      // The first status takes the answer "/" and stores a token, the second is as all that follow.
      run([git, "status"], options(tree));
      run([git, "status"], options(tree));
      return tree;
    },
    [Symbol.asyncDispose]: async () => {
      await kept.disposeAsync();
    },
  };
}

/** What it printed. @throws Error when it fails */
export function run(argv: readonly string[], options: CommandOptions): string {
  const child = Bun.spawnSync([...argv], {
    cwd: options.directory,
    env: { ...process.env, ...options.environment },
    stdin: "ignore",
  });
  if (child.exitCode !== 0) {
    throw new Error(`'${argv.join(" ")}' exited ${child.exitCode}: ${child.stderr.toString()}`);
  }
  return child.stdout.toString();
}
