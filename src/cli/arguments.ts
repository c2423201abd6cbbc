/**
 * What citty lets pass and gity refuses: flags that do not exist, words too many, values missing.
 */

import type { ArgDef, ArgsDef } from "citty";

import { usageError, wordsOf } from "./command.ts";
import { flagName } from "./reference.ts";

/** A typo further away than this is another word. */
const EDITS_MAX = 3;

/** Every command has these. */
const COMMON_FLAGS = ["help"];

/** @throws GityError INVALID_REQUEST */
export function checkArguments(rawArgs: readonly string[], definitions: ArgsDef): void {
  const entries = Object.entries(definitions);
  const positionals = entries.filter(([, { type }]) => type === "positional");
  let positionalCount = 0;
  let isAfterDashes = false;
  for (let i = 0; i < rawArgs.length; i += 1) {
    const arg = rawArgs[i] ?? "";
    if (!isAfterDashes && arg === "--") {
      isAfterDashes = true;
    } else if (!isAfterDashes && arg.startsWith("-") && arg !== "-") {
      i += checkFlag(arg, rawArgs[i + 1], entries);
    } else {
      const definition = positionals[positionalCount]?.[1];
      if (definition === undefined) {
        throw usageError(`unexpected argument '${arg}'`);
      }
      checkWord(arg, wordsOf(definition), `unknown argument '${arg}'`);
      positionalCount += 1;
    }
  }
  const missing = positionals.slice(positionalCount).find(([, { required }]) => required !== false);
  if (missing !== undefined) {
    const [name, definition] = missing;
    const words = wordsOf(definition);
    throw usageError(
      `the argument ${words.length > 0 ? name.toUpperCase() : (definition.valueHint ?? name.toUpperCase())} is missing`,
      words.length === 0 ? undefined : `it is one of ${words.join(", ")}`,
    );
  }
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

/** The closest of the candidates, if it is close enough to have been meant. */
export function nearestMatch(word: string, candidates: readonly string[]): string | undefined {
  const [best] = candidates
    .map((candidate) => ({ candidate, edits: editDistance(word, candidate) }))
    .filter(({ candidate, edits }) => edits <= EDITS_MAX && edits < candidate.length)
    .toSorted((left, right) => left.edits - right.edits);
  return best?.candidate;
}

/** Returns how many of the following words belong to it. */
function checkFlag(
  arg: string,
  next: string | undefined,
  entries: readonly (readonly [string, ArgDef])[],
): number {
  const [flag, value] = splitOnce(arg, "=");
  const known = flagsOf(entries);
  const definition = known.get(flag);
  if (definition === undefined) {
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
    checkWord(given, wordsOf(definition), `unknown value '${given}' of option '${flag}'`);
    return value === undefined ? 1 : 0;
  }
  if (value !== undefined) {
    throw usageError(`option '${flag}' takes no value`);
  }
  return 0;
}

function flagsOf(entries: readonly (readonly [string, ArgDef])[]): Map<string, ArgDef> {
  const flags = new Map<string, ArgDef>(
    COMMON_FLAGS.map((name) => [`--${name}`, { type: "boolean" }]),
  );
  for (const [name, definition] of entries) {
    if (definition.type === "positional") {
      continue;
    }
    flags.set(flagName(name, definition), definition);
  }
  return flags;
}

function splitOnce(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

/** Levenshtein's, one row at a time. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, i) => i);
  for (let i = 1; i <= left.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const substitution = (previous[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}
