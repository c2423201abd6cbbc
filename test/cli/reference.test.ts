/** What there is to say about a command. */

import { expect, test } from "bun:test";

import { gityCommand, PATH_ARGUMENT } from "../../src/cli/command.ts";
import { allReferences, referenceOf, usageWords } from "../../src/cli/reference.ts";

test("referenceOf() spells arguments as they are typed", () => {
  const command = gityCommand({
    name: "x",
    description: "Do X",
    args: {
      path: PATH_ARGUMENT,
      shell: { type: "positional", required: true, valueHint: "bash|zsh" },
      wait: { type: "boolean", default: true },
      since: { type: "string" },
      via: { type: "enum", options: ["a", "b"] },
    },
    examples: [],
    run: async () => 0,
  });
  const reference = referenceOf("gity x", "X", command);

  expect(usageWords(reference)).toEqual([
    "[--no-wait]",
    "[--since VALUE]",
    "[--via a|b]",
    "[PATH]",
    "bash|zsh",
  ]);
  expect(reference.arguments[1]?.words).toEqual(["bash", "zsh"]);
  expect(reference.flags[2]?.words).toEqual(["a", "b"]);
});

test("allReferences() has every command, with what it says in the help", async () => {
  const references = await allReferences();

  expect(references.map(({ path }) => path)).toContain("gity daemon restart");
  expect(
    references.filter(({ summary, description }) => summary === "" || description === ""),
  ).toEqual([]);
});
