/** What citty lets pass and gity refuses. */

import { expect, test } from "bun:test";

import { checkArguments, nearestMatch } from "../../src/cli/arguments.ts";

const ARGS = {
  path: { type: "positional" },
  json: { type: "boolean", default: false },
  wait: { type: "boolean", default: true },
  since: { type: "string" },
} as const;

test.each([
  [[]],
  [["."]],
  [["--json", "a"]],
  [["a", "--no-wait", "--since", "t"]],
  [["--since=t"]],
  [["--", "--json"]],
  [["-"]],
])("checkArguments(%j) passes", (rawArgs) => {
  checkArguments(rawArgs, ARGS);
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
  [["a", "b"], "unexpected argument 'b'", undefined],
  [["--", "a", "--b"], "unexpected argument '--b'", undefined],
])("checkArguments(%j) refuses: %s", (rawArgs, message, hint) => {
  expect(() => {
    checkArguments(rawArgs, ARGS);
  }).toThrow(
    expect.objectContaining(
      hint === undefined ? { code: "INVALID_REQUEST", message } : { message, hint },
    ),
  );
});

test("nearestMatch() finds typing errors and nothing else", () => {
  const commands = ["register", "unregister", "list", "health"];

  expect(nearestMatch("regsiter", commands)).toBe("register");
  expect(nearestMatch("lst", commands)).toBe("list");
  expect(nearestMatch("zzzzzzzz", commands)).toBeUndefined();
});
