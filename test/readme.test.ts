/** README says what the commands, the exit codes and the environment are: the same as gity itself. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "bun:test";

import { ENVIRONMENT, EXIT_CODES } from "../src/cli/manual/facts.ts";
import { allReferences, type CommandReference } from "../src/cli/reference.ts";
import { PROJECT_ROOT } from "./support/built.ts";

const README = readFileSync(join(PROJECT_ROOT, "README.md"), "utf8");

const references = await allReferences();

/** What a row of the table calls: `gity daemon run|start` are two, `[PATH]` and `[--all]` are its words. */
interface Row {
  readonly paths: readonly string[];
  readonly words: readonly string[];
}

test("README's table of commands has every command", () => {
  const named = new Set(commandRows().flatMap(({ paths }) => paths));

  expect(references.map(({ path }) => path).filter((path) => !named.has(path))).toEqual([]);
});

test("README's table of commands has no other, and nothing that one does not take", () => {
  const mistakes = commandRows().flatMap(({ paths, words }) =>
    paths.flatMap((path) => {
      const reference = references.find((one) => one.path === path);
      return reference === undefined
        ? [path]
        : words.filter((word) => !takes(reference, word)).map((word) => `${path} ${word}`);
    }),
  );

  expect(mistakes).toEqual([]);
});

test("README's exit codes are those of the manual, in the same words", () => {
  const rows = tableOf("### Exit codes").map(([code = "", says = ""]) => [Number(code), says]);

  expect(rows).toEqual(EXIT_CODES.map(([code, says]) => [code, says]));
});

test("README's environment is that of the manual, in the same words", () => {
  const rows = tableOf("### Environment").map(([name = "", says = ""]) => ({ name, says }));

  expect(rows).toEqual([...ENVIRONMENT]);
});

function commandRows(): readonly Row[] {
  return tableOf("## Commands").map(([call = ""]) => {
    const words = call.replaceAll(/\[|\]/g, "").split(" ");
    const end = words.findIndex((word, i) => i > 0 && !isCommandWord(words.slice(0, i), word));
    const names = end === -1 ? words : words.slice(0, end);
    return { paths: pathsOf(names), words: end === -1 ? [] : words.slice(end) };
  });
}

/** Whether a word, or each of `a|b`, goes on with the path of a command. */
function isCommandWord(before: readonly string[], word: string): boolean {
  return pathsOf([...before, word]).every((path) =>
    references.some((one) => one.path === path || one.path.startsWith(`${path} `)),
  );
}

function pathsOf(words: readonly string[]): readonly string[] {
  return words.reduce<readonly string[]>(
    (paths, word) =>
      paths.length === 0
        ? [word]
        : paths.flatMap((path) => word.split("|").map((one) => `${path} ${one}`)),
    [],
  );
}

/** A name of an option, the word for its value, or an argument. */
function takes({ flags, arguments: all }: CommandReference, word: string): boolean {
  return (
    flags.some(({ name, value }) => name === word || value === word) ||
    all.some(({ name }) => name === word)
  );
}

/** The cells of the first table below a heading, without their marks of code. */
function tableOf(heading: string): readonly (readonly string[])[] {
  const lines = README.slice(README.indexOf(`\n${heading}\n`)).split("\n");
  const start = lines.findIndex((line) => line.startsWith("|"));
  const end = lines.findIndex((line, i) => i > start && !line.startsWith("|"));
  return lines.slice(start + 2, end).map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", "").replaceAll("\\|", "|")),
  );
}
