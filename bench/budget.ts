/** How much a run may cost: all of it, or a try that shows whether everything works and says nothing about speed. */

import type { GeneratedTree } from "../test/support/generate-files.ts";

export interface Budget {
  /** What a quick run finds is marked, and README refuses it. */
  readonly isQuick: boolean;
  /** How often to measure, of the number that a whole run takes. */
  runs(whole: number): number;
  /** How large a tree, and how many of whatever else is large. */
  size(whole: number): number;
  tree(whole: GeneratedTree): GeneratedTree;
}

const QUICK_RUNS_MAX = 5;
/** A tree of 100,000 files becomes one of 2,000. */
const QUICK_SHARE = 50;
const QUICK_SIZE_MIN = 20;

export const WHOLE: Budget = {
  isQuick: false,
  runs: (whole) => whole,
  size: (whole) => whole,
  tree: (whole) => whole,
};

export const QUICK: Budget = {
  isQuick: true,
  runs: (whole) => Math.min(whole, QUICK_RUNS_MAX),
  size: quickSize,
  tree: ({ files, directories }) => ({
    files: quickSize(files),
    directories: quickSize(directories),
  }),
};

/** What is small already stays as it is. */
function quickSize(whole: number): number {
  return whole <= QUICK_SIZE_MIN ? whole : Math.max(QUICK_SIZE_MIN, Math.ceil(whole / QUICK_SHARE));
}
