/** How far a measurement is. */

import { expect, test } from "bun:test";

import { BenchProgress } from "../../../src/cli/stats/bench-progress.ts";

test.each([
  [
    "terminal",
    "\r\u001B[K⠋ measuring 'git status' in /a: 0 of 2\r\u001B[K⠙ measuring 'git status' in /a: 1 of 2\r\u001B[K",
  ],
  ["lines", "measuring 'git status' in /a, 2 times with gity and without …\n"],
  ["quiet", ""],
] as const)("BenchProgress on %s", (style, expected) => {
  const texts: string[] = [];
  {
    using progress = new BenchProgress("/a", 2, style, (text) => {
      texts.push(text);
    });
    progress.update(0);
    progress.update(1);
  }

  expect(texts.join("")).toBe(expected);
});
