/** Text that roff must not take for its own. */

import { expect, test } from "bun:test";

import { definitions, display, paragraphs, text, word } from "../../../src/cli/manual/mdoc.ts";

test("text(), word() and display() leave nothing to roff", () => {
  expect(text(".a\n'b' \\ `~^")).toBe("\\&.a\n\\(aqb\\(aq \\e \\(ga\\(ti\\(ha");
  expect(word('No "x"')).toBe('"No \\(dqx\\(dq"');
  expect(display(["a --b", ".c"])).toEqual([
    ".Bd -literal -offset indent",
    "a \\-\\-b",
    "\\&.c",
    ".Ed",
  ]);
  expect(definitions([])).toEqual([]);
});

test("paragraphs() begins sentences on lines of their own, and has no long ones", () => {
  const lines = paragraphs([`One. ${"word ".repeat(40).trim()}`, "Two."]);

  expect(lines[0]).toBe("One.");
  expect(lines.slice(-2)).toEqual([".Pp", "Two."]);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});
