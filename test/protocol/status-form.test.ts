/** What words of `git status` come to, held against git: two spellings of one form print the same. */

import { expect, test } from "bun:test";

import {
  formKey,
  isTranslated,
  parseStatusWords,
  PROGRAM_FORM,
  STATUS_WORD_LENGTH_MAX,
  STATUS_WORDS_MAX,
  statusForm,
} from "../../src/protocol/status-form.ts";
import { tryRunGit } from "../support/run-git.ts";
import { tempWorktree, type TempWorktree } from "../support/temp-worktree.ts";

test("formKey() tells forms apart by words, folder and terminal, and by nothing else", () => {
  const forms = [
    PROGRAM_FORM,
    { ...PROGRAM_FORM, isTerminal: true },
    { ...PROGRAM_FORM, folder: "a" },
    { ...PROGRAM_FORM, words: ["--porcelain=v2"] },
    { ...PROGRAM_FORM, words: [], folder: "--porcelain=v2" },
  ];

  expect(new Set(forms.map(formKey)).size).toBe(forms.length);
  expect(formKey({ ...PROGRAM_FORM })).toBe(formKey(PROGRAM_FORM));
});

/** Words, and the same as a form has them. */
const SPELLINGS: readonly (readonly [words: string, normal: string])[] = [
  ["", ""],
  ["-s", "--short"],
  ["--short", "--short"],
  ["--long", "--long"],
  ["-s --long", "--long"],
  ["--long -s", "--short"],
  ["--porcelain", "--porcelain=v1"],
  ["--porcelain=1", "--porcelain=v1"],
  ["--porcelain=v2 --porcelain", "--porcelain=v1"],
  ["-s --porcelain=2", "--porcelain=v2"],
  ["--porcelain=v2 -s", "--short"],
  ["-b", "--branch"],
  ["-bs", "--short --branch"],
  ["-sb", "--short --branch"],
  ["-s -b --no-branch", "--short --no-branch"],
  ["--no-branch --branch -s", "--short --branch"],
  ["-z", "--porcelain=v1 -z"],
  ["--null", "--porcelain=v1 -z"],
  ["-sz", "--short -z"],
  ["-zs", "--short -z"],
  ["-bz", "--porcelain=v1 --branch -z"],
  ["--porcelain=v2 -z -b", "--porcelain=v2 --branch -z"],
  ["-u", "--untracked-files=all"],
  ["-suno", "--short --untracked-files=no"],
  ["-sbuall", "--short --branch --untracked-files=all"],
  ["-su", "--short --untracked-files=all"],
  ["-unormal -s", "--short --untracked-files=normal"],
  ["-uno --untracked-files", "--untracked-files=all"],
  ["--untracked-files=no", "--untracked-files=no"],
  ["--untracked-files=all -unormal", "--untracked-files=normal"],
  ["--show-stash", "--show-stash"],
  ["--show-stash --no-show-stash", "--no-show-stash"],
  ["--no-show-stash --show-stash -b --porcelain=v2", "--porcelain=v2 --branch --show-stash"],
  ["--no-ahead-behind -sb", "--short --branch --no-ahead-behind"],
  ["--no-ahead-behind --ahead-behind -sb", "--short --branch --ahead-behind"],
  ["--no-renames -s", "--short --no-renames"],
  ["--no-renames --renames -s", "--short --renames"],
  [
    "-z --renames -u --no-ahead-behind --show-stash -b --porcelain=2",
    "--porcelain=v2 --branch --show-stash --no-ahead-behind --untracked-files=all --renames -z",
  ],
];

/** git has something to say about each of the options here. */
function eventfulTree(): TempWorktree {
  const tree = tempWorktree("form", { files: { a: "1\n2\n3\n4\n", "d/b": "1", "d/c": "1" } });
  tree.git("branch", "--quiet", "up");
  tree.git("commit", "--quiet", "--allow-empty", "--message=ahead");
  tree.git("branch", "--quiet", "--set-upstream-to=up");
  tree.write("d/b", "stashed");
  tree.git("stash", "push", "--quiet");
  tree.git("mv", "a", "renamed");
  tree.write("d/c", "2");
  tree.write("d/new é/x", "");
  tree.write("d/new é/y", "");
  return tree;
}

/** None, and what each option is there to overrule. */
const SETTINGS = [
  [],
  ["short=true", "branch=true", "showStash=true", "aheadBehind=false", "renames=false"].flatMap(
    (setting) => ["-c", `status.${setting}`],
  ),
];

test("parseStatusWords() has one spelling for words that git takes for the same", () => {
  using tree = eventfulTree();
  for (const [words, normal] of SPELLINGS) {
    const given = words.split(" ").filter((word) => word !== "");
    const wanted = normal.split(" ").filter((word) => word !== "");

    expect([words, parseStatusWords(given)]).toEqual([words, wanted]);
    expect(parseStatusWords(wanted)).toEqual(wanted);
    for (const settings of given.join() === wanted.join() ? [] : SETTINGS) {
      const print = (each: readonly string[]): string => {
        const result = tryRunGit(tree.path, [...settings, "status", ...each]);
        return `${result.exitCode} ${result.stdout.toString("latin1")}${result.stderr}`;
      };
      expect([words, print(given)]).toEqual([words, print(wanted)]);
    }
  }
});

test("parseStatusWords() leaves to git what git alone understands", () => {
  const foreign = [
    "--",
    "-",
    "path",
    "-v",
    "-sv",
    "-h",
    "--help",
    "--json",
    "--column",
    "--ignored",
    "--ignored=no",
    "--ignore-submodules",
    "-M",
    "--find-renames=50",
    "--por",
    "--porcelain=",
    "--porcelain=v3",
    "--no-porcelain",
    "--no-short",
    "--shor",
    "-us",
    "-unone",
    "-suz",
    "-u no",
    "--untracked-files=",
    "--untracked-files=true",
    "--no-untracked-files",
    "--long -z",
    "-z --long",
    "--bogus",
    "",
    "constructor",
  ];

  for (const words of foreign) {
    expect([words, parseStatusWords(words.split(" "))]).toEqual([words, undefined]);
  }
});

test("a form of all words keeps within what the daemon takes", () => {
  const all = SPELLINGS.map(([, normal]) => normal.split(" "));

  expect(Math.max(...all.map((words) => words.length))).toBeLessThanOrEqual(STATUS_WORDS_MAX);
  expect(Math.max(...all.flat().map((word) => word.length))).toBeLessThanOrEqual(
    STATUS_WORD_LENGTH_MAX,
  );
});

test("statusForm() names the folder exactly where git prints something else there", () => {
  using tree = eventfulTree();
  const sub = tree.join("d");
  for (const [words] of SPELLINGS) {
    const parsed = parseStatusWords(words.split(" ").filter((word) => word !== "")) ?? [];
    const form = statusForm(parsed, { folder: "d", isTerminal: false });
    const [atRoot, below] = [tree.path, sub].map((cwd) =>
      tryRunGit(cwd, ["status", ...parsed]).stdout.toString("latin1"),
    );

    // A format for people may be made a short one by configuration, and no form depends on that.
    expect([words, form.folder !== "" || atRoot === below]).toEqual([words, true]);
    expect([words, form.folder === "" && isTranslated(form)]).toEqual([words, false]);
  }
  expect(statusForm(PROGRAM_FORM.words, { folder: "d", isTerminal: true })).toEqual(PROGRAM_FORM);
});
