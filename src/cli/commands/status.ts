/**
 * `gity status`: git's own, and the same for programs. Needs no daemon. What is git's alone is tried before, in
 * cli/ready-status/show-status.ts.
 */

import { resolve } from "node:path";

import { isInOtherWorktree } from "../../git/other-worktree.ts";
import { becomeGit, exactWords, type GitWord, readFromGit } from "../../git/pass-to-git.ts";
import { parsePorcelainStatus, PORCELAIN_OPTIONS } from "../../git/porcelain-status.ts";
import { parseStatusWords, PROGRAM_FORM } from "../../protocol/status-form.ts";
import { wordsCommand } from "../command.ts";
import { printJson } from "../output.ts";
import { readyStatus } from "../ready-status/ready-status.ts";
import { hasWritten } from "../ready-status/show-status.ts";

export default wordsCommand({
  name: "status",
  description:
    "Run 'git status', with git's own options, output and exit code; safe as an alias of it.\n" +
    "A folder of another worktree, given first, is where it runs.",
  args: {
    json: {
      type: "boolean",
      description: "print one JSON object: branch, upstream, ahead, behind, stash, entries",
    },
    path: {
      type: "positional",
      required: false,
      description: "a folder of another worktree; any other path is git's",
      valueHint: "PATH",
    },
    words: {
      type: "positional",
      required: false,
      description: "what 'git status' understands; see 'git status -h'",
      valueHint: "ARGUMENT...",
    },
  },
  examples: [
    { line: "gity status --short", says: "as 'git status --short'" },
    { line: "gity status ~/src/big", says: "in another worktree" },
    { line: "gity status --json", says: "for a program" },
  ],
  runWords: async (words) => {
    const own = ownWords(words);
    if (own.includes("--help")) {
      return undefined;
    }
    const elsewhere = await placeOfOther(words, own.length);
    const printed = await readyOutput(words, own, elsewhere);
    if (printed !== undefined) {
      return printed;
    }
    const exact = exactWords(words);
    const where = elsewhere === undefined ? [] : ["-C", words[elsewhere] ?? "."];
    const left = exact.filter((word, i) => i !== elsewhere && !isOurs(word, i, own.length));
    const call: readonly GitWord[] = [...where, "status"];
    if (!own.includes("--json")) {
      return becomeGit([...call, ...left]);
    }
    // The last of git's options for the format counts, and `--` ends them.
    const { exitCode, stdout } = readFromGit([...call, ...beforeDashes(left, PORCELAIN_OPTIONS)]);
    if (exitCode === 0) {
      printJson(parsePorcelainStatus(stdout));
    }
    return exitCode;
  },
});

/**
 * Prints it without git where that can be; resolves with the exit code. For programs only where nothing else is
 * asked for: then it is made of one form, which is always kept.
 */
async function readyOutput(
  words: readonly string[],
  own: readonly string[],
  elsewhere: number | undefined,
): Promise<number | undefined> {
  const isJson = own.includes("--json");
  const left = words.filter((word, i) => i !== elsewhere && word !== "--json");
  const parsed = isJson && left.length === 0 ? PROGRAM_FORM.words : parseStatusWords(left);
  if (parsed === undefined || (isJson && left.length > 0)) {
    return undefined;
  }
  const bytes = await readyStatus(parsed, elsewhere === undefined ? undefined : words[elsewhere]);
  if (bytes === undefined) {
    return undefined;
  }
  if (isJson) {
    printJson(parsePorcelainStatus(bytes));
    return 0;
  }
  return hasWritten(bytes) ? 0 : undefined;
}

/** Up to `--`, behind which everything is a path. */
function ownWords(words: readonly string[]): readonly string[] {
  const end = words.indexOf("--");
  return end === -1 ? words : words.slice(0, end);
}

function isOurs(word: GitWord, i: number, end: number): boolean {
  return i < end && word === "--json";
}

/** No option of git status has its value in the next word: the first word without a dash is a path. */
async function placeOfOther(words: readonly string[], end: number): Promise<number | undefined> {
  const place = words.findIndex((word, i) => i < end && !word.startsWith("-"));
  const word = words[place];
  return word !== undefined && (await isInOtherWorktree(resolve(word), process.cwd()))
    ? place
    : undefined;
}

function beforeDashes(words: readonly GitWord[], options: readonly string[]): readonly GitWord[] {
  const end = words.indexOf("--");
  return end === -1 ? [...words, ...options] : words.toSpliced(end, 0, ...options);
}
