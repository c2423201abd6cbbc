/** `gity status --json`: what `git status` says, for programs. */

import type { PathValue } from "./api.ts";

/** `unmerged`: a conflict that is not resolved. */
export type StatusKind = "changed" | "renamed" | "copied" | "unmerged" | "untracked" | "ignored";

export interface StatusEntry {
  readonly kind: StatusKind;
  /** What is different in the index, and what in the worktree: git-status(1), "Short Format". */
  readonly xy: string;
  /** From the worktree's root; a folder's ends with a slash. */
  readonly path: PathValue;
  /** What it was renamed or copied from; null where it was not. */
  readonly originalPath: PathValue | null;
  readonly unmerged: boolean;
}

export interface StatusReport {
  /** Null when nothing is checked out by name. */
  readonly branch: PathValue | null;
  /** Null before the first commit. */
  readonly commit: string | null;
  readonly upstream: PathValue | null;
  /** Null without an upstream, where that is gone, and with `--no-ahead-behind`. */
  readonly ahead: number | null;
  readonly behind: number | null;
  /** Entries of the stash. Null where git says nothing: there are none, or it is older than 2.35. */
  readonly stash: number | null;
  readonly entries: readonly StatusEntry[];
}
