/**
 * A form in which `git status` is asked for: its words, the folder it is asked in, and whether colours show.
 *
 * Two questions of one form get the same bytes from git as long as the worktree is the same. A
 * question that is of no form known here is git's own business.
 *
 * Pure: words in, values out.
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

/** What is asked about, in the order in which the words of a form stand. */
const SUBJECTS = [
  "format",
  "branch",
  "stash",
  "aheadBehind",
  "untracked",
  "renames",
  "null",
] as const;

type Subject = (typeof SUBJECTS)[number];

const PROGRAM_FORMATS = { v1: "--porcelain=v1", v2: "--porcelain=v2" } as const;

/** Each word that is known, with what it is about and how it is spelt in a form (builtin/commit.c, cmd_status()). */
const MEANINGS: ReadonlyMap<string, readonly [subject: Subject, spelling: string]> = new Map([
  ["-s", ["format", "--short"]],
  ["--short", ["format", "--short"]],
  ["--long", ["format", "--long"]],
  ["--porcelain", ["format", PROGRAM_FORMATS.v1]],
  ["--porcelain=1", ["format", PROGRAM_FORMATS.v1]],
  ["--porcelain=v1", ["format", PROGRAM_FORMATS.v1]],
  ["--porcelain=2", ["format", PROGRAM_FORMATS.v2]],
  ["--porcelain=v2", ["format", PROGRAM_FORMATS.v2]],
  ["-b", ["branch", "--branch"]],
  ["--branch", ["branch", "--branch"]],
  ["--no-branch", ["branch", "--no-branch"]],
  ["--show-stash", ["stash", "--show-stash"]],
  ["--no-show-stash", ["stash", "--no-show-stash"]],
  ["--ahead-behind", ["aheadBehind", "--ahead-behind"]],
  ["--no-ahead-behind", ["aheadBehind", "--no-ahead-behind"]],
  ["-u", ["untracked", "--untracked-files=all"]],
  ["-uall", ["untracked", "--untracked-files=all"]],
  ["-unormal", ["untracked", "--untracked-files=normal"]],
  ["-uno", ["untracked", "--untracked-files=no"]],
  ["--untracked-files", ["untracked", "--untracked-files=all"]],
  ["--untracked-files=all", ["untracked", "--untracked-files=all"]],
  ["--untracked-files=normal", ["untracked", "--untracked-files=normal"]],
  ["--untracked-files=no", ["untracked", "--untracked-files=no"]],
  ["--renames", ["renames", "--renames"]],
  ["--no-renames", ["renames", "--no-renames"]],
  ["-z", ["null", "-z"]],
  ["--null", ["null", "-z"]],
]);

/**
 * The words behind `git status` as a form has them. Undefined for what only git understands: paths, options
 * without a place here, abbreviations, contradictions.
 */
export function parseStatusWords(words: readonly string[]): readonly string[] | undefined {
  const chosen = new Map<Subject, string>();
  for (const word of words.flatMap(withoutClusters)) {
    const meaning = MEANINGS.get(word);
    if (meaning === undefined) {
      return undefined;
    }
    // The last one counts.
    chosen.set(...meaning);
  }
  if (chosen.has("null")) {
    if (chosen.get("format") === "--long") {
      return undefined;
    }
    if (!chosen.has("format")) {
      chosen.set("format", PROGRAM_FORMATS.v1);
    }
  }
  return SUBJECTS.map((subject) => chosen.get(subject)).filter((word) => word !== undefined);
}

/** `-sbuno` is `-s -b -uno`: what follows a `u` belongs to it (parse-options.c, parse_short_opt()). */
function withoutClusters(word: string): readonly string[] {
  if (MEANINGS.has(word) || word === "-" || !word.startsWith("-") || word.startsWith("--")) {
    return [word];
  }
  const end = word.indexOf("u");
  const flags = word.slice(1, end === -1 ? undefined : end).split("");
  return [...flags, ...(end === -1 ? [] : [word.slice(end)])].map((flag) => `-${flag}`);
}

/** How a form's words are written: the long format, in words or left out, and the short one are for people. */
function isForPeople(words: readonly string[]): boolean {
  return !words.some((word) => word === PROGRAM_FORMATS.v1 || word === PROGRAM_FORMATS.v2);
}

/** Whether git says some of it in the user's language. */
export function isTranslated({ words }: Pick<StatusForm, "words">): boolean {
  return isForPeople(words);
}

/**
 * The form of words that parseStatusWords() has returned. Formats for programs have no colours, and name
 * paths from the root on; but version 2 names them from the folder on, unless they end with NUL (wt-status.c).
 */
export function statusForm(
  words: readonly string[],
  place: Pick<StatusForm, "folder" | "isTerminal">,
): StatusForm {
  if (isForPeople(words)) {
    return { words, ...place };
  }
  const isRelative = words.includes(PROGRAM_FORMATS.v2) && !words.includes("-z");
  return { words, folder: isRelative ? place.folder : "", isTerminal: false };
}
