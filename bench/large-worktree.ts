/** What the benchmarks have in common: a large worktree, covered by a gity of its own. */

import { delimiter, dirname } from "node:path";

import { builtHelper } from "../test/support/built.ts";
import { gityHome, type GityHome } from "../test/support/gity-home.ts";
import { tempWorktree, type TempWorktree } from "../test/support/temp-worktree.ts";
import { freshCopy } from "./programs.ts";

export interface CoveredWorktree extends AsyncDisposable {
  readonly tree: TempWorktree;
  readonly home: GityHome;
  health(): Promise<Record<string, unknown>>;
}

/** 20 files in each folder, as in the trees that DESIGN's first measurements were made on. */
export const LARGE_TREE = { files: 100_000, directories: 5000 } as const;

/** Makes the tree, registers it, and waits until every change in it is seen. */
export async function coveredWorktree(
  label: string,
  generated: { readonly files: number; readonly directories: number } = LARGE_TREE,
): Promise<CoveredWorktree> {
  await using stack = new AsyncDisposableStack();
  const tree = stack.use(tempWorktree(label, { generated }));
  const home = stack.use(await gityHome());
  await home.gityJson("register", tree.path);
  // The first status takes the answer "/" and stores a token, the second is as all that follow.
  tree.git("status");
  tree.git("status");
  const kept = stack.move();
  return {
    tree,
    home,
    health: () => home.gityJson("health", tree.path),
    [Symbol.asyncDispose]: async () => {
      await kept.disposeAsync();
    },
  };
}

/**
 * Starts a daemon that names git a helper as fresh as the programs that it is compared with; see freshCopy(). `git`
 * is first on its search path: a status that another git made ready is of no use to who calls this one.
 */
export async function startDaemonWithFreshHelper(
  home: GityHome,
  git: string,
  folder: string,
): Promise<void> {
  const environment = { GITY_HELPER: freshCopy(builtHelper(), folder), PATH: searchPath(git) };
  const { exitCode, stderr } = await home.gityIn({ environment }, "daemon", "start");
  if (exitCode !== 0) {
    throw new Error(`gity daemon start failed: ${stderr}`);
  }
}

/** What `gity register` sets, for those who are not registered: only the monitor is to differ. */
export function configureAlike(tree: TempWorktree): void {
  tree.git("config", "core.untrackedCache", "true");
  tree.git("config", "feature.manyFiles", "true");
  tree.git("config", "index.skipHash", "false");
  tree.git("update-index", "--index-version", "4");
}

/** Registers it with `git` first on the search path, which must be able to ask that way. */
export async function registerVia(
  way: "socket" | "hook",
  home: GityHome,
  git: string,
  path: string,
): Promise<void> {
  const environment = { PATH: searchPath(git) };
  const { exitCode, stderr } = await home.gityIn({ environment }, "register", "--via", way, path);
  if (exitCode !== 0) {
    throw new Error(`gity register failed: ${stderr}`);
  }
}

function searchPath(git: string): string {
  return `${dirname(git)}${delimiter}${process.env["PATH"] ?? ""}`;
}

/** A number out of a health report. */
export function numberOf(report: Record<string, unknown>, name: string): number {
  const value = report[name];
  return typeof value === "number" ? value : Number.NaN;
}
