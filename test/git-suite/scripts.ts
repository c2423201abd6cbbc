/** Which scripts of git's test suite are run, and why others are not. */

import { readdirSync } from "node:fs";

import type { SuiteFailure } from "./compare.ts";

/**
 * t0 tests git's own building blocks, t5 transport, t8 blame, t9 foreign tools: they hardly look at
 * a working tree.
 */
const FAMILIES = /^t[123467]\d{3}-.*\.sh$/;

/** Reasons are sentences for the reader; nothing reads them. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  "t7519-status-fsmonitor.sh": "It brings hooks of its own, and tests these.",
  "t7527-builtin-fsmonitor.sh": "It tests git's own daemon, which this git may not have.",
};

/**
 * Tests that count git's work or rely on work it leaves out, and not on what is in the tree: gity has
 * git do more than they allow. The rest of them, the comparison of what git says, was read and is
 * right.
 */
const EXPLAINED: Readonly<Record<string, { readonly numbers: readonly number[]; why: string }>> = {
  "t1092-sparse-checkout-compatibility.sh": {
    numbers: [70, 71],
    why:
      "An answer that names a path inside a sparse directory makes git expand its sparse index, and " +
      "then `checkout` lists what it lists with a full one. These tests want the sparse index's " +
      "silence. A hook that scans the tree fails alike as soon as it names such a path besides.",
  },
  "t7063-status-untracked-cache.sh": {
    numbers: [5, 6, 7, 9, 33, 34, 36],
    why:
      "After an answer '/' (the first ones; after a changed .gitignore), the next one names every " +
      "directory, so that the untracked cache is not trusted. The tests want it used at once.",
  },
};

export function isExplained({ script, number }: SuiteFailure): boolean {
  return EXPLAINED[script]?.numbers.includes(number) ?? false;
}

/** Names of the scripts to run, in order. */
export function suiteScripts(testsFolder: string): string[] {
  return readdirSync(testsFolder)
    .filter((name) => FAMILIES.test(name) && LEFT_OUT[name] === undefined)
    .toSorted();
}

/** The scripts whose names begin with one of `wanted`, also those which a full run leaves out. */
export function findScripts(testsFolder: string, wanted: readonly string[]): string[] {
  const names = readdirSync(testsFolder).filter((name) => /^t\d{4}-.*\.sh$/.test(name));
  return wanted
    .flatMap((start) => {
      const found = names.filter((name) => name.startsWith(start)).toSorted();
      if (found.length === 0) {
        throw new TypeError(`git's test suite has no script '${start}'`);
      }
      return found;
    })
    .filter((name, i, all) => all.indexOf(name) === i);
}
