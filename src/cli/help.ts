/**
 * What `--help` prints, from the commands' own definitions.
 */

import type { ArgDef, ArgsDef } from "citty";

import type { GityCommand } from "./command.ts";
import { alignColumns } from "./output.ts";
import type { CommandGroup } from "./program.ts";

export function groupHelp(path: string, group: CommandGroup): string {
  const isTop = path === "gity";
  const commands = Object.entries(group.commands).map(([name, entry]) => [
    `  ${name}`,
    entry.description,
  ]);
  const options = isTop
    ? [
        ["  --help", "show this, or the help of a command"],
        ["  --version", "show the version"],
      ]
    : [["  --help", "show this, or the help of a command"]];
  return sections([
    [group.description],
    ["Usage:", `  ${path} COMMAND`],
    ["Commands:", ...alignColumns(commands)],
    ["Options:", ...alignColumns(options)],
  ]);
}

export function commandHelp(path: string, command: GityCommand, args: ArgsDef): string {
  const entries = Object.entries(args);
  const positionals = entries.filter(([, { type }]) => type === "positional");
  const flags = entries.filter(([, { type }]) => type !== "positional");
  const words = [
    path,
    ...flags.map((entry) => `[${flagSpelling(entry)}]`),
    ...positionals.map((entry) => positionalSpelling(entry)),
  ];
  const options = [
    ...flags.map((entry) => [`  ${flagSpelling(entry)}`, describe(entry[1])]),
    ["  --help", "show this"],
  ];
  return sections([
    [descriptionOf(command)],
    ["Usage:", `  ${words.join(" ")}`],
    positionals.length === 0
      ? []
      : [
          "Arguments:",
          ...alignColumns(
            positionals.map((entry) => [`  ${positionalSpelling(entry)}`, describe(entry[1])]),
          ),
        ],
    ["Options:", ...alignColumns(options)],
    ["Examples:", ...command.examples.flatMap(({ line, says }) => [`  # ${says}`, `  ${line}`])],
  ]);
}

function descriptionOf(command: GityCommand): string {
  const { meta } = command.definition;
  return typeof meta === "object" && "description" in meta ? (meta.description ?? "") : "";
}

function describe(definition: ArgDef): string {
  return (
    ("negativeDescription" in definition ? definition.negativeDescription : undefined) ??
    definition.description ??
    ""
  );
}

function flagSpelling([name, definition]: readonly [string, ArgDef]): string {
  if (definition.type === "boolean" && definition.default === true) {
    return `--no-${name}`;
  }
  const hint = "valueHint" in definition ? definition.valueHint : undefined;
  return hint === undefined ? `--${name}` : `--${name} ${hint}`;
}

function positionalSpelling([name, definition]: readonly [string, ArgDef]): string {
  const word = definition.valueHint ?? name.toUpperCase();
  return definition.required === false ? `[${word}]` : word;
}

function sections(parts: readonly (readonly string[])[]): string {
  return `${parts
    .filter((part) => part.length > 0)
    .map((part) => part.join("\n"))
    .join("\n\n")}\n`;
}
