/** Bytes as text. */

import { expect, test } from "bun:test";

import { textOf } from "../../../src/cli/worktree/text-of.ts";

test("textOf() reads one character a byte, and only what is UTF-8", () => {
  expect(textOf("plain")).toBe("plain");
  expect(textOf(Buffer.from("é\n", "utf8").toString("latin1"))).toBe("é\n");
  expect(textOf("\u00FF")).toBeUndefined();
});
