/** Which worktree `git worktree add` has made: by what git keeps of each, before and after. */

import { realpathSync } from "node:fs";

import { orUndefined } from "../../base/or-undefined.ts";
import { type LinkedWorktree, readLinkedWorktrees } from "../../git/linked-worktrees.ts";
import { type GitWord, readFromGit } from "../../git/pass-to-git.ts";

/** Where the user's git works here: absolute, one character a byte. Undefined where it does not. */
export function commonDirHere(): string | undefined {
  const question = ["rev-parse", "--path-format=absolute", "--git-common-dir"];
  const { exitCode, stdout } = readFromGit(question, "ignore");
  // One newline is git's; more belong to the name.
  const path = Buffer.from(stdout).toString("latin1").replace(/\n$/, "");
  return exitCode === 0 && path.startsWith("/") ? path : undefined;
}

export interface Adding {
  readonly before: readonly LinkedWorktree[];
  /** What `git worktree add` was given. */
  readonly words: readonly GitWord[];
  /** It has kept the worktree all the same when a hook failed, and nothing else. */
  readonly hasFailed: boolean;
}

/**
 * The one that was not there before. Others may have made some at the same time: the one where git was told to make it
 * is it, and then the one that another word names. After a failure git may have made none.
 */
export function findNewWorktree(
  commonDir: string,
  { before, words, hasFailed }: Adding,
): LinkedWorktree | undefined {
  const known = new Set(before.map(keyOf));
  const added = readLinkedWorktrees(commonDir).filter((worktree) => !known.has(keyOf(worktree)));
  if (added.length === 0 || (added.length === 1 && !hasFailed)) {
    return added[0];
  }
  const path = pathOf(words);
  const place = path === undefined ? undefined : realPathOf(path);
  const meant = added.find(({ root }) => root === place);
  if (meant !== undefined || hasFailed) {
    return meant;
  }
  const named = new Set(words.map(realPathOf));
  return added.find(({ root }) => named.has(root));
}

/** The first word that is neither an option nor the value of one. */
function pathOf(words: readonly GitWord[]): GitWord | undefined {
  for (let at = 0; at < words.length; at += 1) {
    const word = Buffer.from(words[at] ?? "").toString("latin1");
    if (word === "--") {
      return words[at + 1];
    }
    if (!/^-./s.test(word)) {
      return words[at];
    }
    if (hasValueBehind(word)) {
      at += 1;
    }
  }
  return undefined;
}

/** `-b`, `-B`, also at the end of a cluster, and `--reason`, which may be cut short. */
function hasValueBehind(option: string): boolean {
  return /^-[^-bB]*[bB]$/.test(option) || (option.length > 2 && "--reason".startsWith(option));
}

function keyOf({ gitDir, identity }: LinkedWorktree): string {
  return `${identity} ${gitDir}`;
}

/** As git names it, one character a byte. */
function realPathOf(word: GitWord): string | undefined {
  const path = Buffer.from(word);
  return orUndefined(() => realpathSync(path, { encoding: "buffer" }))?.toString("latin1");
}
