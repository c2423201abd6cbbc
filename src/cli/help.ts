/**
 * What `--help` prints, from the commands' own definitions.
 */

import type { Terms } from "./command.ts";
import { alignColumns } from "./output.ts";
import type { CommandGroup } from "./program.ts";
import { argumentSpelling, type CommandReference, flagSpelling, usageWords } from "./reference.ts";
import type { Paint } from "./terminal.ts";

const plain: Paint = (text) => text;

export function groupHelp(path: string, group: CommandGroup, paint: Paint = plain): string {
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
    [paint("Usage:", "heading"), `  ${path} COMMAND`],
    [paint("Commands:", "heading"), ...alignColumns(commands)],
    [paint("Options:", "heading"), ...alignColumns(options)],
    ...(isTop
      ? [
          [
            paint("Examples:", "heading"),
            "  # begin with the repository of the current folder",
            "  gity register",
          ],
        ]
      : []),
  ]);
}

export function commandHelp(reference: CommandReference, paint: Paint = plain): string {
  const options = [
    ...reference.flags.map((flag) => [`  ${flagSpelling(flag)}`, flag.says]),
    ["  --help", "show this"],
  ];
  const positionals = reference.arguments.map((argument) => [
    `  ${argumentSpelling(argument)}`,
    argument.says,
  ]);
  return sections([
    [reference.description],
    [paint("Usage:", "heading"), `  ${[reference.path, ...usageWords(reference)].join(" ")}`],
    positionals.length === 0 ? [] : [paint("Arguments:", "heading"), ...alignColumns(positionals)],
    [paint("Options:", "heading"), ...alignColumns(options)],
    ...(reference.terms === undefined ? [] : [termsHelp(reference.terms, paint)]),
    [
      paint("Examples:", "heading"),
      ...reference.examples.flatMap(({ line, says }) => [`  # ${says}`, `  ${line}`]),
    ],
  ]);
}

function termsHelp({ title, terms }: Terms, paint: Paint): readonly string[] {
  return [
    paint(`${title}:`, "heading"),
    ...alignColumns(terms.map(({ name, says }) => [`  ${name}`, says])),
  ];
}

function sections(parts: readonly (readonly string[])[]): string {
  return `${parts
    .filter((part) => part.length > 0)
    .map((part) => part.join("\n"))
    .join("\n\n")}\n`;
}
