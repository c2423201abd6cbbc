/**
 * The format of a prompt: text with fields in braces, and sections in brackets that vanish where there is
 * nothing to say.
 *
 *     {branch}[ +{staged}][ {old:as of before}]
 *
 * - `{field}`: its value; nothing where it is zero, empty or unknown.
 * - `{field:text}`: the text instead of the value, where there is one.
 * - `{red}`, `{208}`, `{bold}`, `{normal}`: how what follows looks.
 * - `[…]`: shown only if a field in it has something to say; may hold further sections.
 * - `\`: takes the next character for itself.
 *
 * Pure: text in, text out.
 */

import { COLOURS, type Dialect, type Look } from "./prompt-dialect.ts";
import type { PromptFacts } from "./prompt-facts.ts";

/** In words, for help. */
export const FIELDS = {
  branch: "the branch; where HEAD is detached, the commit in seven letters",
  commit: "the commit in seven letters",
  detached: "@ where HEAD is detached",
  upstream: "the branch that this one follows",
  ahead: "commits that the upstream does not have",
  behind: "commits that only the upstream has",
  staged: "paths with changes that are staged",
  unstaged: "paths with changes that are not",
  untracked: "untracked files and folders",
  conflicts: "paths with conflicts",
  stash: "stashes",
  operation: "what git is in the middle of: rebase 2/5, merge, bisect, ...",
  clean: "= where nothing is staged, changed, untracked or in conflict",
  old: "~ where it could not be found out in time, and this is how it was",
} as const;

type FieldName = keyof typeof FIELDS;

/** What else a format is made of, for help. */
export const SIGNS = {
  "{FIELD:TEXT}": "the text in the place of the value, where there is one",
  "[...]": "a section: shown only where a field in it shows something; it may hold others",
  "{red} {208} {bold} {normal}": "how what follows looks: one of eight colours, or of 256",
  "\\": "takes the next sign as it is",
} as const;

/** By their names, in the place of a format. */
export const PRESETS = {
  default:
    "{green}{branch}{normal}[ {yellow}{operation}{normal}][ {cyan}[⇣{behind}][⇡{ahead}]{normal}]" +
    "[ {red}✖{conflicts}{normal}][ {green}+{staged}{normal}][ {yellow}!{unstaged}{normal}]" +
    "[ {blue}?{untracked}{normal}][ *{stash}][ {old}]",
  ascii:
    "{green}{branch}{normal}[ {yellow}{operation}{normal}][ {cyan}[<{behind}][>{ahead}]{normal}]" +
    "[ {red}x{conflicts}{normal}][ {green}+{staged}{normal}][ {yellow}!{unstaged}{normal}]" +
    "[ {blue}?{untracked}{normal}][ *{stash}][ {old}]",
  // As git-prompt.sh of git has it.
  marks:
    "{branch}[ {unstaged:*}{staged:+}{stash:$}{untracked:%}][|{operation}][|{conflicts:CONFLICT}]" +
    "[ {behind:<}{ahead:>}][ {old}]",
} as const;

type Part =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "look"; readonly look: Look }
  | { readonly kind: "field"; readonly name: FieldName; readonly instead: string | undefined }
  | { readonly kind: "section"; readonly parts: readonly Part[] };

export type PromptFormat = readonly Part[];

const COMMIT_LETTERS = 7;
const COLOUR_NUMBER_MAX = 255;

/** What is wrong with a format; `unknown` is in the place of a field. */
export interface FormatMistake {
  readonly message: string;
  readonly unknown?: string;
}

export type ParsedFormat =
  | { readonly format: PromptFormat; readonly mistake?: never }
  | { readonly format?: never; readonly mistake: FormatMistake };

/** Without regular expressions: to compile them takes longer than all the rest of a prompt. */
export function parseFormat(text: string): ParsedFormat {
  const format = isKeyOf(PRESETS, text) ? PRESETS[text] : text;
  // The innermost section is the last.
  const open: Part[][] = [[]];
  const add = (part: Part): void => {
    open.at(-1)?.push(part);
  };
  for (let at = 0; at < format.length;) {
    const sign = format.charAt(at);
    if (sign === "{") {
      const end = endOfBraces(format, at);
      const word = format.slice(at + 1, end - 1);
      const part = end === -1 ? undefined : parseBraces(word);
      if (part === undefined) {
        return { mistake: end === -1 ? NO_END : unknownField(word) };
      }
      add(part);
      at = end;
    } else if (sign === "[") {
      open.push([]);
      at += 1;
    } else if (sign === "]") {
      const mistake = endSection(open);
      if (mistake !== undefined) {
        return { mistake };
      }
      at += 1;
    } else {
      const end = endOfText(format, at);
      if (end > format.length) {
        return { mistake: { message: "nothing follows the '\\' that ends the format" } };
      }
      add({ kind: "text", text: unescape(format.slice(at, end)) });
      at = end;
    }
  }
  const [parts = []] = open;
  return open.length > 1
    ? { mistake: { message: "a section '[' of the format has no end" } }
    : { format: parts };
}

const NO_END: FormatMistake = { message: "nothing ends a '{' of the format" };

function unknownField(word: string): FormatMistake {
  return { message: `unknown field '{${word}}'`, unknown: word };
}

/** Behind the brace that ends it; -1 when none does. */
function endOfBraces(format: string, from: number): number {
  for (let at = from; at < format.length; at += 1) {
    if (format[at] === "}") {
      return at + 1;
    }
    at += format[at] === "\\" ? 1 : 0;
  }
  return -1;
}

/** Where something else begins; behind the end when a backslash is the last sign. */
function endOfText(format: string, from: number): number {
  let at = from;
  while (at < format.length && !"{[]".includes(format.charAt(at))) {
    at += format[at] === "\\" ? 2 : 1;
  }
  return at;
}

/** Empty where there is nothing to say. */
export function renderFormat(
  format: PromptFormat,
  facts: PromptFacts,
  { text, look }: Dialect,
): string {
  let hasLook = false;
  const render = (parts: readonly Part[]): Rendered => {
    let shown = "";
    let hasValue = false;
    for (const part of parts) {
      switch (part.kind) {
        case "text":
          shown += text(part.text);
          break;
        case "look":
          shown += look(part.look);
          hasLook = part.look !== "normal";
          break;
        case "field": {
          const value = valueOf(facts, part.name);
          shown += text(value === "" ? "" : (part.instead ?? value));
          hasValue ||= value !== "";
          break;
        }
        default: {
          const before = hasLook;
          const section = render(part.parts);
          shown += section.hasValue ? section.shown : "";
          hasValue ||= section.hasValue;
          hasLook = section.hasValue ? hasLook : before;
        }
      }
    }
    return { shown, hasValue };
  };
  const { shown } = render(format);
  return shown === "" || !hasLook ? shown : shown + look("normal");
}

interface Rendered {
  readonly shown: string;
  readonly hasValue: boolean;
}

function endSection(open: Part[][]): FormatMistake | undefined {
  const section = open.pop() ?? [];
  const around = open.at(-1);
  if (around === undefined) {
    return { message: "a ']' of the format ends no section" };
  }
  if (!section.some(({ kind }) => kind === "field" || kind === "section")) {
    return { message: "a section '[...]' of the format has no field, and would never show" };
  }
  around.push({ kind: "section", parts: section });
  return undefined;
}

function parseBraces(word: string): Part | undefined {
  const end = word.indexOf(":");
  const name = end === -1 ? word : word.slice(0, end);
  if (isKeyOf(FIELDS, name)) {
    return { kind: "field", name, instead: end === -1 ? undefined : unescape(word.slice(end + 1)) };
  }
  const look = parseLook(word);
  return look === undefined ? undefined : { kind: "look", look };
}

function parseLook(word: string): Look | undefined {
  if (word === "bold" || word === "normal") {
    return word;
  }
  const number = Number(word);
  return String(number) === word && number >= 0 && number <= COLOUR_NUMBER_MAX
    ? number
    : COLOURS.find((name) => name === word);
}

function unescape(text: string): string {
  return text.includes("\\") ? text.replaceAll(/\\([^])/g, "$1") : text;
}

/** Empty where there is nothing to say. */
function valueOf(facts: PromptFacts, name: FieldName): string {
  switch (name) {
    case "branch":
      return facts.branch === null ? shortCommit(facts) : nameOf(facts.branch);
    case "commit":
      return shortCommit(facts);
    case "detached":
      return facts.branch === null ? "@" : "";
    case "upstream":
      return facts.upstream === null ? "" : nameOf(facts.upstream);
    case "operation":
      return operationOf(facts);
    case "clean":
      return isClean(facts) ? "=" : "";
    case "old":
      return facts.isOld ? "~" : "";
    default: {
      const count = facts[name] ?? 0;
      return count === 0 ? "" : String(count);
    }
  }
}

function shortCommit({ commit }: PromptFacts): string {
  return commit?.slice(0, COMMIT_LETTERS) ?? "";
}

function operationOf({ operation }: PromptFacts): string {
  if (operation === null) {
    return "";
  }
  const { kind, step, total } = operation;
  return step === null || total === null ? kind : `${kind} ${step}/${total}`;
}

/** Nothing less than known to be. */
function isClean({ staged, unstaged, untracked, conflicts }: PromptFacts): boolean {
  return [staged, unstaged, untracked, conflicts].every((count) => count === 0);
}

/** Bytes that are no text become a sign for that. */
function nameOf(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

function isKeyOf<Table extends object>(table: Table, key: string): key is keyof Table & string {
  return Object.hasOwn(table, key);
}
