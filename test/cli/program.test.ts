/** All commands, by name. */

import { expect, test } from "bun:test";

import {
  type CommandGroup,
  type CommandLeaf,
  findCommand,
  PROGRAM,
} from "../../src/cli/program.ts";
import { referenceOf } from "../../src/cli/reference.ts";

test("findCommand() follows the words as far as they name commands", () => {
  expect(findCommand(["daemon", "start", "--json"])).toMatchObject({
    kind: "leaf",
    path: "gity daemon start",
    rest: ["--json"],
  });
  expect(findCommand(["daemon", "x"])).toMatchObject({
    kind: "group",
    path: "gity daemon",
    rest: ["x"],
  });
  expect(findCommand([])).toMatchObject({ kind: "group", path: "gity", rest: [] });
  expect(findCommand(["constructor"])).toMatchObject({ kind: "group", rest: ["constructor"] });
});

test("PROGRAM's commands are what they say: described, and with an example of themselves", async () => {
  for (const [path, load] of leaves("gity", PROGRAM)) {
    const command = (await load()).default;
    expect(referenceOf(path, "", command).description).toMatch(/^[A-Z]/);
    expect(command.examples.length).toBeGreaterThan(0);
    expect(command.examples.filter(({ line }) => !line.includes(path))).toEqual([]);
  }
});

function leaves(path: string, group: CommandGroup): (readonly [string, CommandLeaf["load"]])[] {
  return Object.entries(group.commands).flatMap(([name, entry]) =>
    "load" in entry ? [[`${path} ${name}`, entry.load] as const] : leaves(`${path} ${name}`, entry),
  );
}
