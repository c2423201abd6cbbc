/**
 * What a shell has to know of the command line to complete it: every path of words, and what may follow.
 */

import type { CommandGroup } from "../program.ts";
import type { ArgumentReference, CommandReference } from "../reference.ts";

/** A group with its commands, or a command with what it takes. */
export interface CompletionPlace {
  /** `gity daemon`. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly says: string }[];
  readonly flags: readonly CompletionFlag[];
  readonly arguments: readonly CompletionArgument[];
}

export interface CompletionFlag {
  /** `--via`. */
  readonly name: string;
  readonly hasValue: boolean;
  readonly words: readonly string[];
  readonly says: string;
}

export interface CompletionArgument {
  readonly name: string;
  readonly isPath: boolean;
  /** It, and all that follow. */
  readonly isRepeated: boolean;
  readonly words: readonly string[];
}

const HELP = { name: "--help", hasValue: false, words: [], says: "show the help" } as const;
const VERSION = { ...HELP, name: "--version", says: "show the version" } as const;

/** The groups first, from the top down. */
export function completionPlaces(
  program: CommandGroup,
  references: readonly CommandReference[],
): readonly CompletionPlace[] {
  return [
    ...groupPlaces("gity", program),
    ...references.map((reference) => ({
      path: reference.path,
      commands: [],
      flags: [
        ...reference.flags.map(({ name, value, words, suggestions, says }) => ({
          name,
          hasValue: value !== undefined,
          words: [...words, ...suggestions],
          says,
        })),
        HELP,
      ],
      arguments: reference.arguments.map(argumentOf),
    })),
  ];
}

function groupPlaces(path: string, group: CommandGroup): readonly CompletionPlace[] {
  const entries = Object.entries(group.commands);
  return [
    {
      path,
      commands: entries.map(([name, { description }]) => ({ name, says: description })),
      flags: path === "gity" ? [HELP, VERSION] : [HELP],
      arguments: [],
    },
    ...entries.flatMap(([name, entry]) =>
      "commands" in entry ? groupPlaces(`${path} ${name}`, entry) : [],
    ),
  ];
}

function argumentOf({ name, words }: ArgumentReference): CompletionArgument {
  const isRepeated = name.endsWith("...");
  return { name, words, isRepeated, isPath: name === "PATH" || isRepeated };
}
