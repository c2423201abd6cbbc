/** What --help prints. */

import { expect, test } from "bun:test";

import { gityCommand, JSON_ARGUMENT, PATH_ARGUMENT } from "../../src/cli/command.ts";
import { commandHelp, groupHelp } from "../../src/cli/help.ts";
import { referenceOf } from "../../src/cli/reference.ts";

test("commandHelp() shows usage, arguments, options and examples", () => {
  const args = {
    path: PATH_ARGUMENT,
    wait: { type: "boolean", default: true, negativeDescription: "do not wait" },
    since: { type: "string", valueHint: "TOKEN", description: "from there" },
    json: JSON_ARGUMENT,
  } as const;
  const command = gityCommand({
    name: "x",
    description: "Do X",
    args,
    examples: [{ line: "gity x", says: "here" }],
    run: async () => 0,
  });

  expect(commandHelp(referenceOf("gity x", "Do X", command))).toBe(`Do X

Usage:
  gity x [--no-wait] [--since TOKEN] [--json] [PATH]

Arguments:
  [PATH]  any file or folder in a worktree (the current folder)

Options:
  --no-wait      do not wait
  --since TOKEN  from there
  --json         print one JSON object
  --help         show this

Examples:
  # here
  gity x
`);
});

test("commandHelp() has a section for what a value is made of", () => {
  const command = gityCommand({
    name: "x",
    description: "Do X",
    args: {},
    terms: { title: "Format", terms: [{ name: "{a}", says: "the first" }] },
    examples: [],
    run: async () => 0,
  });

  expect(commandHelp(referenceOf("gity x", "Do X", command))).toContain(
    "\n\nFormat:\n  {a}  the first\n\n",
  );
});

async function load(): Promise<never> {
  throw new Error("not needed for help");
}

test("groupHelp() lists the commands", () => {
  const group = { description: "All", commands: { one: { description: "First", load } } };

  expect(groupHelp("gity", group)).toContain("  one  First\n");
  expect(groupHelp("gity", group)).toContain("--version");
  expect(groupHelp("gity daemon", group)).not.toContain("--version");
});
