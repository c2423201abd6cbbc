/**
 * A form in which `git status` is asked for: its words, the folder it is asked in, and whether colours show.
 *
 * Two questions of one form get the same bytes from git as long as the worktree is the same. A
 * question that is of no form known here is git's own business.
 */

/** Of a question; there are fewer options. */
export const STATUS_WORDS_MAX = 20;
export const STATUS_WORD_LENGTH_MAX = 40;

export interface StatusForm {
  /** Options of git-status(1), in one order and one spelling, so that equal questions look equal. */
  readonly words: readonly string[];
  /** Below the root, one character a byte, no slash at the end; empty where it makes no difference. */
  readonly folder: string;
  /** Whether git would take its output for a terminal that shows colours: color.ui=auto. */
  readonly isTerminal: boolean;
}

/** What everything but git's own formats is made of: porcelain-status.ts in git/ reads it. */
export const PROGRAM_FORM: StatusForm = {
  words: ["--porcelain=v2", "--branch", "--show-stash", "-z"],
  folder: "",
  isTerminal: false,
};

export function formKey({ words, folder, isTerminal }: StatusForm): string {
  return JSON.stringify([words, folder, isTerminal]);
}
