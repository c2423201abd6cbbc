/** Paths as git prints them; compared with git's own. */

import { expect, test } from "bun:test";

import { quotePath, quoteReadable } from "../../src/cli/quote-path.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

test("quotePath() P4 quotes names as git does", () => {
  using tree = tempWorktree("quote", { isCommitted: false });
  const names = [
    "plain",
    "a b",
    "é",
    "😀",
    'q"q',
    "b\\b",
    "t\tt",
    "n\nn",
    "\x01\x7f\x07",
    "-x",
    "~",
  ];
  for (const name of names) {
    tree.write(name, "");
  }
  const quoted = tree.git("ls-files", "--others").toString().trimEnd().split("\n");
  const raw = tree.git("ls-files", "--others", "-z").toString().split("\0").slice(0, -1);

  expect(raw.map((name) => quotePath(name))).toEqual(quoted);
});

test("quotePath() P4 quotes bytes that are not UTF-8", () => {
  expect(quotePath({ base64: Buffer.from([0x61, 0xff]).toString("base64") })).toBe('"a\\377"');
});

test("quoteReadable() keeps UTF-8 readable, and a terminal safe", () => {
  expect(quoteReadable("/home/é")).toBe("/home/é");
  expect(quoteReadable("/a\u001B[31m\né")).toBe('"/a\\033[31m\\né"');
});
