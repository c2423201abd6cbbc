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

/**
 * The one that was not there before. When several are new, others have made some at the same time: the one that
 * the words name is it.
 */
export function findNewWorktree(
  commonDir: string,
  before: readonly LinkedWorktree[],
  words: readonly GitWord[],
): LinkedWorktree | undefined {
  const known = new Set(before.map(keyOf));
  const added = readLinkedWorktrees(commonDir).filter((worktree) => !known.has(keyOf(worktree)));
  if (added.length < 2) {
    return added[0];
  }
  const named = new Set(words.map(realPathOf));
  return added.find(({ root }) => named.has(root));
}

function keyOf({ gitDir, identity }: LinkedWorktree): string {
  return `${identity} ${gitDir}`;
}

/** As git names it, one character a byte. */
function realPathOf(word: GitWord): string | undefined {
  const path = Buffer.from(word);
  return orUndefined(() => realpathSync(path, { encoding: "buffer" }))?.toString("latin1");
}
