/**
 * The words behind a command, read by its citty definition; what does not fit is refused.
 *
 * Not by citty's own parser: it lets pass flags that do not exist, words too many and values that are
 * missing, and loads a module that takes a fifth of the time in which a runtime starts.
 */

import type { ArgDef, ArgsDef } from "citty";

import { isRepeated, isWordList, usageError, wordsOf } from "./command.ts";
import { flagName } from "./reference.ts";

/** A typo further away than this is another word, and so is one in every second or third letter. */
const EDITS_MAX = 3;
const LETTERS_PER_EDIT = 2.5;

/** Every command has these. */
const COMMON_FLAGS = ["help"];

/** By the names of the definitions; `_`: every word of an argument that takes several. */
export type ParsedArguments = Readonly<
  Record<string, string | boolean | readonly string[] | undefined>
>;

/** @throws GityError INVALID_REQUEST */
export function parseArguments(rawArgs: readonly string[], definitions: ArgsDef): ParsedArguments {
  const entries = Object.entries(definitions);
  const values: Record<string, string | boolean | readonly string[] | undefined> = {};
  for (const [name, definition] of entries) {
    values[name] = definition.default;
  }
  const positionals = entries.filter(([, { type }]) => type === "positional");
  const [repeatedName, repeated] = positionals.find(([, each]) => isRepeated(each)) ?? [];
  const repeatedWords: string[] = [];
  let positionalCount = 0;
  let isAfterDashes = false;
  for (let i = 0; i < rawArgs.length; i += 1) {
    const arg = rawArgs[i] ?? "";
    if (!isAfterDashes && arg === "--") {
      isAfterDashes = true;
    } else if (!isAfterDashes && arg.startsWith("-") && arg !== "-") {
      const { name, value, wordCount } = readFlag(arg, rawArgs[i + 1], entries);
      values[name] = value;
      i += wordCount;
    } else {
      const [name = repeatedName, definition = repeated] = positionals[positionalCount] ?? [];
      if (name === undefined || definition === undefined) {
        throw usageError(`unexpected argument '${arg}'`);
      }
      checkWord(arg, wordsOf(definition), `unknown argument '${arg}'`);
      values[name] = arg;
      repeatedWords.push(...(definition === repeated ? [arg] : []));
      positionalCount += 1;
    }
  }
  refuseMissing(positionals.slice(positionalCount));
  return repeated === undefined ? values : { ...values, _: repeatedWords };
}

function refuseMissing(left: readonly (readonly [string, ArgDef])[]): void {
  const [name, definition] = left.find(([, { required }]) => required !== false) ?? [];
  if (name === undefined || definition === undefined) {
    return;
  }
  const words = wordsOf(definition);
  const hint = "valueHint" in definition && words.length === 0 ? definition.valueHint : undefined;
  throw usageError(
    `the argument ${hint ?? name.toUpperCase()} is missing`,
    words.length === 0 ? undefined : `it is one of ${words.join(", ")}`,
  );
}

/** Where only a few words will do. @throws GityError INVALID_REQUEST */
function checkWord(word: string, words: readonly string[], message: string): void {
  if (words.length === 0 || words.includes(word)) {
    return;
  }
  const nearest = nearestMatch(word, words);
  throw usageError(
    message,
    nearest === undefined ? `it is one of ${words.join(", ")}` : `did you mean '${nearest}'?`,
  );
}

/** The closest of the candidates, if it is close enough to have been meant; of several, one that begins like this. */
export function nearestMatch(word: string, candidates: readonly string[]): string | undefined {
  const [best] = candidates
    .map((candidate) => ({
      candidate,
      edits: editDistance(word, candidate),
      isUnfinished: candidate.startsWith(word),
    }))
    .filter(({ candidate, edits }) => edits <= editsMax(word, candidate))
    .toSorted(
      (left, right) =>
        left.edits - right.edits || Number(right.isUnfinished) - Number(left.isUnfinished),
    );
  return best?.candidate;
}

interface ReadFlag {
  readonly name: string;
  readonly value: string | boolean;
  /** How many of the following words belong to it. */
  readonly wordCount: number;
}

function readFlag(
  arg: string,
  next: string | undefined,
  entries: readonly (readonly [string, ArgDef])[],
): ReadFlag {
  const [flag, value] = splitOnce(arg, "=");
  const known = flagsOf(entries);
  const [name, definition] = known.get(flag) ?? [];
  if (name === undefined || definition === undefined) {
    const nearest = nearestMatch(flag, [...known.keys()]);
    throw usageError(
      `unknown option '${flag}'`,
      nearest === undefined ? undefined : `did you mean '${nearest}'?`,
    );
  }
  if (definition.type === "string" || definition.type === "enum") {
    const given = value ?? next;
    if (given === undefined || given === "" || (value === undefined && given.startsWith("-"))) {
      throw usageError(`option '${flag}' needs a value`);
    }
    for (const word of isWordList(definition) ? given.split(",") : [given]) {
      checkWord(word, wordsOf(definition), `unknown value '${word}' of option '${flag}'`);
    }
    return { name, value: given, wordCount: value === undefined ? 1 : 0 };
  }
  if (value !== undefined) {
    throw usageError(`option '${flag}' takes no value`);
  }
  return { name, value: definition.default !== true, wordCount: 0 };
}

/** By how they are spelt: `--no-wait` is the argument `wait`. */
function flagsOf(
  entries: readonly (readonly [string, ArgDef])[],
): Map<string, readonly [string, ArgDef]> {
  const common = COMMON_FLAGS.map((name) => [name, { type: "boolean" }] as const);
  const flags = entries.filter(([, { type }]) => type !== "positional");
  return new Map(
    [...common, ...flags].map(([name, definition]) => [
      flagName(name, definition),
      [name, definition],
    ]),
  );
}

function splitOnce(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

function editsMax(word: string, candidate: string): number {
  const letters = Math.max(word.length, candidate.length);
  return Math.min(EDITS_MAX, Math.floor(letters / LETTERS_PER_EDIT));
}

/** Levenshtein's, one row at a time; two letters that changed places are one edit. */
function editDistance(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, i) => i);
  for (let i = 1; i <= left.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const isSame = left[i - 1] === right[j - 1];
      const isSwapped = left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      const edits = Math.min(
        (previous[j - 1] ?? 0) + (isSame ? 0 : 1),
        (previous[j] ?? 0) + 1,
        (current[j - 1] ?? 0) + 1,
      );
      const swapped = i > 1 && j > 1 && isSwapped ? (beforePrevious[j - 2] ?? 0) + 1 : edits;
      current.push(Math.min(edits, swapped));
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[right.length] ?? 0;
}
