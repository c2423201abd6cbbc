/** What citty lets pass and gity refuses. */

import { expect, test } from "bun:test";
// oxlint-disable-next-line no-restricted-imports -- A command's arguments are citty's.
import type { ArgsDef } from "citty";

import { parseArguments, nearestMatch } from "../../src/cli/arguments.ts";

const ARGS = {
  path: { type: "positional", required: false },
  json: { type: "boolean", default: false },
  wait: { type: "boolean", default: true },
  since: { type: "string" },
  via: { type: "enum", options: ["auto", "socket", "hook"] },
  task: { type: "enum", options: ["gc", "pack-refs"], valueHint: "NAME,..." },
} satisfies ArgsDef;

const NEEDED = {
  shell: { type: "positional", required: true, valueHint: "bash|zsh" },
  file: { type: "positional", required: true, valueHint: "FILE" },
} satisfies ArgsDef;

test.each([
  [[]],
  [["."]],
  [["--json", "a"]],
  [["a", "--no-wait", "--since", "t"]],
  [["--since=t"]],
  [["--", "--json"]],
  [["-"]],
  [["--via", "hook"]],
  [["--via=auto"]],
  [["--task", "gc,pack-refs"]],
])("parseArguments(%j) passes", (rawArgs) => {
  parseArguments(rawArgs, ARGS);
});

test.each([
  [["--jsno"], "unknown option '--jsno'", "did you mean '--json'?"],
  [["--wait"], "unknown option '--wait'", undefined],
  [["--completely-different"], "unknown option '--completely-different'", undefined],
  [["-j"], "unknown option '-j'", undefined],
  [["--json=1"], "option '--json' takes no value", undefined],
  [["--since"], "option '--since' needs a value", undefined],
  [["--since="], "option '--since' needs a value", undefined],
  [["--since", "--json"], "option '--since' needs a value", undefined],
  [["--via", "sokcet"], "unknown value 'sokcet' of option '--via'", "did you mean 'socket'?"],
  [["--via=fax"], "unknown value 'fax' of option '--via'", "it is one of auto, socket, hook"],
  [
    ["--task=gc,pack-ref"],
    "unknown value 'pack-ref' of option '--task'",
    "did you mean 'pack-refs'?",
  ],
  [["--task", "gc,"], "unknown value '' of option '--task'", "it is one of gc, pack-refs"],
  [["a", "b"], "unexpected argument 'b'", undefined],
  [["--", "a", "--b"], "unexpected argument '--b'", undefined],
])("parseArguments(%j) refuses: %s", (rawArgs, message, hint) => {
  expect(() => {
    parseArguments(rawArgs, ARGS);
  }).toThrow(
    expect.objectContaining(
      hint === undefined ? { code: "INVALID_REQUEST", message } : { message, hint },
    ),
  );
});

test.each([
  [[], "the argument SHELL is missing", "it is one of bash, zsh"],
  [["bahs"], "unknown argument 'bahs'", "did you mean 'bash'?"],
  [["bash"], "the argument FILE is missing", undefined],
])("parseArguments(%j) refuses without what is needed: %s", (rawArgs, message, hint) => {
  expect(() => {
    parseArguments(rawArgs, NEEDED);
  }).toThrow(expect.objectContaining({ message, hint }));
  parseArguments(["zsh", "x"], NEEDED);
});

test("nearestMatch() finds typing errors and nothing else", () => {
  const commands = ["register", "unregister", "list", "health"];

  expect(nearestMatch("regsiter", commands)).toBe("register");
  expect(nearestMatch("lst", commands)).toBe("list");
  expect(nearestMatch("zzzzzzzz", commands)).toBeUndefined();
  expect(nearestMatch("regitser", ["resister", "register"])).toBe("register");
  // What is not written to its end is likelier than a wrong letter.
  expect(nearestMatch("statu", ["stats", "status"])).toBe("status");
  expect(nearestMatch("stat", ["status", "stats"])).toBe("stats");
  // Two letters of four: another word.
  expect(nearestMatch("tcsh", ["bash", "zsh", "fish"])).toBeUndefined();
  expect(nearestMatch("pwsh", ["bash", "fish"])).toBeUndefined();
});

test("parseArguments() gives all the words of an argument that takes several", () => {
  const several = {
    state: { type: "positional", required: true },
    paths: { type: "positional", required: true, valueHint: "PATH..." },
    json: { type: "boolean", default: false },
  } satisfies ArgsDef;

  expect(parseArguments(["on", "a", "--json", "b", "--", "--c"], several)).toMatchObject({
    state: "on",
    json: true,
    _: ["a", "b", "--c"],
  });
  expect(() => parseArguments(["on"], several)).toThrow("the argument PATH... is missing");
  expect(parseArguments(["x"], ARGS)).not.toHaveProperty("_");
});
