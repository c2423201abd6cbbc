/**
 * What a prompt can say about a worktree: what its status counted, as far as it is known.
 *
 * Pure: values in, values out.
 */

import type { Operation, StatusSummary } from "../../protocol/ready-status.ts";

export interface PromptFacts {
  /** Null: HEAD is detached. One character a byte, as everything that is git's. */
  readonly branch: string | null;
  readonly commit: string | null;
  /** Null where there is none, and where nobody could tell in time. */
  readonly upstream: string | null;
  readonly ahead: number | null;
  readonly behind: number | null;
  readonly stash: number | null;
  readonly staged: number | null;
  readonly unstaged: number | null;
  readonly untracked: number | null;
  readonly conflicts: number | null;
  readonly operation: Operation | null;
  /** Nobody could tell in time what is so now: this was so some time ago, except for the branch. */
  readonly isOld: boolean;
}

/** What HEAD alone says. */
export interface PromptHead {
  readonly branch: string | null;
  readonly commit: string | null;
}

export function factsOfNow(summary: StatusSummary): PromptFacts {
  return { ...summary, isOld: false };
}

/**
 * For when what is so now could not be found out: what was so, on the branch that is checked out now. What was
 * counted on another branch says nothing about this one.
 */
export function factsOfThen(
  last: StatusSummary | undefined,
  head: PromptHead | undefined,
  operation: Operation | null,
): PromptFacts | undefined {
  if (last !== undefined && (head === undefined || isSameHead(last, head))) {
    return { ...last, operation, isOld: true };
  }
  return head === undefined ? undefined : { ...NOTHING_KNOWN, ...head, operation };
}

const NOTHING_KNOWN = {
  upstream: null,
  ahead: null,
  behind: null,
  stash: null,
  staged: null,
  unstaged: null,
  untracked: null,
  conflicts: null,
  isOld: true,
} as const;

/** A branch goes on by commits; another commit without one is somewhere else. */
function isSameHead(last: StatusSummary, head: PromptHead): boolean {
  return head.branch === null
    ? last.branch === null && last.commit === head.commit
    : last.branch === head.branch;
}
