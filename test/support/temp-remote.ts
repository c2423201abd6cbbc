/** Others, with whom a worktree shares a remote repository: bare, beside the worktree, and gone with it. */

import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { gitText, runGit } from "./run-git.ts";
import type { TempWorktree } from "./temp-worktree.ts";

export interface TempRemote {
  readonly path: string;
  /** Somebody else pushes a file; the commit's name. */
  publish(file: string, content: string): string;
}

/** As `origin`, with what is committed. */
export function addRemote(tree: TempWorktree): TempRemote {
  const folder = dirname(tree.path);
  const path = join(folder, "remote.git");
  const other = join(folder, "other");
  runGit(folder, "init", "--quiet", "--bare", "--initial-branch=main", path);
  tree.git("remote", "add", "origin", `file://${path}`);
  tree.git("push", "--quiet", "origin", "main");
  tree.git("fetch", "--quiet");
  runGit(folder, "clone", "--quiet", `file://${path}`, other);
  return {
    path,
    publish: (file, content) => {
      writeFileSync(join(other, file), content);
      runGit(other, "add", "--all");
      runGit(other, "commit", "--quiet", `--message=${file}`);
      runGit(other, "push", "--quiet", "origin", "main");
      return gitText(other, "rev-parse", "HEAD");
    },
  };
}
