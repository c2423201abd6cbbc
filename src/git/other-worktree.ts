/**
 * Whether a folder belongs to another worktree than the one git would work in here. git decides: in doubt
 * it is this one.
 */

import { realpathSync, statSync } from "node:fs";

import { runGit } from "./run.ts";

/** False for what is no folder, and for all that git itself would take for a path of this worktree. */
export async function isInOtherWorktree(folder: string, cwd: string): Promise<boolean> {
  if (hasNamedRepository(process.env) || !isFolder(folder)) {
    return false;
  }
  const here = await topLevel(cwd);
  const real = realpathSync(folder);
  if (here !== undefined && (isBelow(here, folder) || isBelow(here, real))) {
    return false;
  }
  return (await topLevel(folder)) !== undefined;
}

/** git's variables name one repository, wherever it is started. */
function hasNamedRepository(environment: Readonly<Record<string, string | undefined>>): boolean {
  return ["GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX"].some((name) => environment[name] !== undefined);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

async function topLevel(cwd: string): Promise<string | undefined> {
  const { exitCode, stdout } = await runGit(["rev-parse", "--show-toplevel"], {
    cwd,
    configuration: "user",
  });
  // One newline is git's; more belong to the name.
  return exitCode === 0 ? Buffer.from(stdout).toString("utf8").replace(/\n$/, "") : undefined;
}

function isBelow(root: string, path: string): boolean {
  return path === root || path.startsWith(root === "/" ? root : `${root}/`);
}
