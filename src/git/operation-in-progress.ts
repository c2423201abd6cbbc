/** What somebody is in the middle of in a worktree, by the files git keeps meanwhile (wt-status.c). */

import { existsSync } from "node:fs";
import { join } from "node:path";

const SIGNS: readonly (readonly [file: string, operation: string])[] = [
  ["rebase-merge", "a rebase"],
  ["rebase-apply/applying", "an application of patches"],
  ["rebase-apply", "a rebase"],
  ["MERGE_HEAD", "a merge"],
  ["CHERRY_PICK_HEAD", "a cherry-pick"],
  ["REVERT_HEAD", "a revert"],
  ["sequencer", "a cherry-pick or revert"],
  ["BISECT_LOG", "a bisection"],
];

/** `gitDir`: the worktree's own. In words; undefined when there is nothing. */
export function operationInProgress(gitDir: string): string | undefined {
  return SIGNS.find(([file]) => existsSync(join(gitDir, file)))?.[1];
}
