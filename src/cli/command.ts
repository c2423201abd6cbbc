/**
 * What a command of `gity` is: a citty definition, and what help and documentation say besides.
 */

import type { ArgDef, ArgsDef, CommandContext, CommandDef } from "citty";

import { BugError } from "../base/assert.ts";
import { GityError } from "../base/errors.ts";
import type { HomeLayout } from "../base/home.ts";
import type { BuildInfo } from "../protocol/build.ts";
import type { StoreExamination } from "../protocol/doctor.ts";
import type { DiskMeter } from "../protocol/disk-use.ts";
import type { ShareEngine } from "../protocol/share.ts";
import type { ParsedArguments } from "./arguments.ts";
import type { StoreUpkeep } from "../protocol/store-upkeep.ts";

/** What the entry point gives to every command. */
export interface CliContext {
  readonly build: BuildInfo;
  /** The words that start gity itself. */
  readonly executable: readonly string[];
  /** Runs the daemon in this process until it is told to stop. */
  readonly runDaemon: (layout: HomeLayout, echoFd: number | undefined) => Promise<void>;
  /** False once nobody can read any more what is written to a descriptor. */
  readonly hasReader: (fd: number) => Promise<boolean>;
  /** Looks into a store that no daemon has open. */
  readonly examineStore: (path: string) => Promise<StoreExamination>;
  /** Has a daemon started in the background, and waits for nothing; does not always do it, and never fails. */
  readonly kickDaemon: () => Promise<void>;
  /** Opens the store of a daemon that does not run, and keeps daemons from starting meanwhile. */
  readonly openStore: (layout: HomeLayout) => Promise<StoreUpkeep & Disposable>;
  /** Mirrors directories between worktrees; no daemon is needed for it. */
  readonly openShare: () => Promise<ShareEngine>;
  /** Adds up what a worktree takes on disk. */
  readonly openDiskMeter: () => Promise<DiskMeter>;
}

export interface Example {
  readonly line: string;
  readonly says: string;
}

/** What the value of an option is made of, where that takes a list: a section of its own in help and manual. */
export interface Terms {
  /** `Format`. */
  readonly title: string;
  readonly terms: readonly { readonly name: string; readonly says: string }[];
}

/** Resolves with the exit code. */
export type Run<Args extends ArgsDef> = (
  args: CommandContext<Args>["args"],
  context: CliContext,
) => Promise<number>;

export interface GityCommand {
  readonly definition: CommandDef;
  /** With arguments that fit the definition; resolves with the exit code. */
  readonly run: (args: ParsedArguments, context: CliContext) => Promise<number>;
  readonly examples: readonly Example[];
  readonly terms?: Terms | undefined;
  /** Set for a command whose words are another program's: nobody else looks at them. */
  readonly runWords?: RunWords;
}

/** Resolves with the exit code; with undefined when its help is wanted. */
export type RunWords = (
  words: readonly string[],
  context: CliContext,
) => Promise<number | undefined>;

/** Ties a run function with typed arguments to its definition. */
export function gityCommand<const Args extends ArgsDef>(command: {
  readonly name: string;
  readonly description: string;
  readonly args: Args;
  readonly examples: readonly Example[];
  readonly terms?: Terms;
  readonly run: Run<Args>;
}): GityCommand {
  const { name, description, args, examples, terms } = command;
  return {
    definition: { meta: { name, description }, args },
    run: async (parsed, context) =>
      // parseArguments() goes by the same definition as the type.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      command.run(parsed as Parameters<typeof command.run>[0], context),
    examples,
    terms,
  };
}

/** A command that passes its words on; the arguments it names are for its help. */
export function wordsCommand(command: {
  readonly name: string;
  readonly description: string;
  readonly args: ArgsDef;
  readonly examples: readonly Example[];
  readonly runWords: RunWords;
}): GityCommand {
  const { name, description, args, examples, runWords } = command;
  const run = async (): Promise<never> => {
    throw new BugError(`'${name}' is given words, not arguments`);
  };
  return { definition: { meta: { name, description }, args }, run, examples, runWords };
}

/** What a value may be, where only a few words will do: `auto|socket|hook`, or a list of its own. */
export function wordsOf(definition: ArgDef): readonly string[] {
  if ("options" in definition) {
    return definition.options ?? [];
  }
  const hint = "valueHint" in definition ? definition.valueHint : undefined;
  return hint?.includes("|") === true ? hint.split("|") : [];
}

/** An option for whose value shells offer words, where others will do, too. */
export function suggesting<const Definition extends ArgDef>(
  definition: Definition,
  suggestions: readonly string[],
): Definition & { readonly suggestions: readonly string[] } {
  return { ...definition, suggestions };
}

export function suggestionsOf(definition: ArgDef): readonly string[] {
  return "suggestions" in definition && Array.isArray(definition.suggestions)
    ? definition.suggestions.map(String)
    : [];
}

/** Whether it takes several of the words, separated by commas: `NAME,...`. */
export function isWordList(definition: ArgDef): boolean {
  const hint = "valueHint" in definition ? definition.valueHint : undefined;
  return hint?.endsWith(",...") === true;
}

/** Whether it takes all the words that are left: `PATH...`. It is the last. */
export function isRepeated(definition: ArgDef): boolean {
  const hint = "valueHint" in definition ? definition.valueHint : undefined;
  return hint?.endsWith("...") === true && definition.type === "positional";
}

export const PATH_ARGUMENT = {
  type: "positional",
  required: false,
  default: ".",
  description: "any file or folder in a worktree (the current folder)",
  valueHint: "PATH",
} as const;

export const JSON_ARGUMENT = {
  type: "boolean",
  default: false,
  description: "print one JSON object",
} as const;

/** A wrong call; shown with a pointer to the help. */
export function usageError(message: string, hint?: string): GityError {
  return new GityError("INVALID_REQUEST", message, hint === undefined ? {} : { hint });
}
