/**
 * What there is to say about a command, from its own definition: the one source of help, manual pages and
 * completions.
 */

import type { ArgDef, ArgsDef } from "citty";

import {
  type Example,
  type GityCommand,
  isWordList,
  suggestionsOf,
  type Terms,
  wordsOf,
} from "./command.ts";
import { type CommandGroup, PROGRAM } from "./program.ts";

export interface FlagReference {
  /** `--since`, `--no-wait`. */
  readonly name: string;
  /** `TOKEN`, `auto|socket|hook`, `NAME,...`; undefined for a switch. */
  readonly value: string | undefined;
  /** One of these it is. */
  readonly words: readonly string[];
  /** One of these it may be, or begin with. */
  readonly suggestions: readonly string[];
  readonly says: string;
}

export interface ArgumentReference {
  /** `PATH`, `bash|zsh|fish`. */
  readonly name: string;
  readonly isRequired: boolean;
  readonly words: readonly string[];
  readonly says: string;
}

export interface CommandReference {
  /** `gity daemon start`. */
  readonly path: string;
  /** In a few words, as the list of commands has it. */
  readonly summary: string;
  /** One line or more; the first is a sentence of its own. */
  readonly description: string;
  readonly arguments: readonly ArgumentReference[];
  /** Without `--help`, which every command has. */
  readonly flags: readonly FlagReference[];
  readonly examples: readonly Example[];
  readonly terms?: Terms | undefined;
}

export function referenceOf(path: string, summary: string, command: GityCommand): CommandReference {
  const entries = Object.entries(argumentsOf(command));
  const { meta } = command.definition;
  return {
    path,
    summary,
    description: typeof meta === "object" && "description" in meta ? (meta.description ?? "") : "",
    arguments: entries
      .filter(([, { type }]) => type === "positional")
      .map(([name, definition]) => ({
        name: definition.valueHint ?? name.toUpperCase(),
        isRequired: definition.required !== false,
        words: wordsOf(definition),
        says: definition.description ?? "",
      })),
    flags: entries.filter(([, { type }]) => type !== "positional").map(flagOf),
    examples: command.examples,
    terms: command.terms,
  };
}

/** Of every command, in the order of the help. Loads them all. */
export async function allReferences(
  group: CommandGroup = PROGRAM,
  path = "gity",
): Promise<readonly CommandReference[]> {
  const references = await Promise.all(
    Object.entries(group.commands).map(async ([name, entry]) =>
      "load" in entry
        ? [referenceOf(`${path} ${name}`, entry.description, (await entry.load()).default)]
        : allReferences(entry, `${path} ${name}`),
    ),
  );
  return references.flat();
}

export function argumentsOf(command: GityCommand): ArgsDef {
  const { args } = command.definition;
  return typeof args === "object" && !("then" in args) ? args : {};
}

/** `--since TOKEN`. */
export function flagSpelling({ name, value }: FlagReference): string {
  return value === undefined ? name : `${name} ${value}`;
}

/** `[PATH]`. */
export function argumentSpelling({ name, isRequired }: ArgumentReference): string {
  return isRequired ? name : `[${name}]`;
}

/** The words of a call: `[--json]`, `[PATH]`. */
export function usageWords(reference: CommandReference): readonly string[] {
  return [
    ...reference.flags.map((flag) => `[${flagSpelling(flag)}]`),
    ...reference.arguments.map(argumentSpelling),
  ];
}

function flagOf([name, definition]: readonly [string, ArgDef]): FlagReference {
  const words = wordsOf(definition);
  return {
    name: flagName(name, definition),
    value: valueName(definition, words),
    words,
    suggestions: suggestionsOf(definition),
    says:
      ("negativeDescription" in definition ? definition.negativeDescription : undefined) ??
      definition.description ??
      "",
  };
}

/** A switch that is on by default exists to be switched off. */
export function flagName(name: string, definition: ArgDef): string {
  return definition.type === "boolean" && definition.default === true
    ? `--no-${name}`
    : `--${name}`;
}

function valueName(definition: ArgDef, words: readonly string[]): string | undefined {
  if (definition.type === "boolean") {
    return undefined;
  }
  return words.length > 0 && !isWordList(definition)
    ? words.join("|")
    : (definition.valueHint ?? "VALUE");
}
