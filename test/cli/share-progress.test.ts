/** The line that tells how far a mirror is. */

import { expect, test } from "bun:test";

import { ShareProgressLine } from "../../src/cli/share-progress.ts";
import type { PullProgress } from "../../src/protocol/share.ts";

const PROGRESS: PullProgress = {
  path: "node_modules",
  from: "/src/main",
  phase: "copying",
  files: 500,
  filesTotal: 2000,
  sharedBytes: 3 << 20,
  copiedBytes: 10,
};

test("ShareProgressLine redraws itself on a terminal, and not more often than one can read", () => {
  const written: string[] = [];
  {
    using line = new ShareProgressLine("terminal", (text) => written.push(text));
    line.update(PROGRESS, 0);
    line.update(PROGRESS, 50);
    line.update({ ...PROGRESS, files: 3000, phase: "checking", path: "a\nb" }, 200);
    line.update({ ...PROGRESS, files: 0, filesTotal: 0 }, 400);
  }

  expect(written.map((text) => Bun.stripANSI(text).trim())).toEqual([
    expect.stringContaining("node_modules [##........] 500/2,000 files"),
    expect.stringContaining(String.raw`checking a\nb [##########] 3,000/`),
    expect.stringContaining("[##########] 0/0 files"),
    "",
  ]);
});

test.each(["lines", "quiet"] as const)("ShareProgressLine says nothing elsewhere (%s)", (style) => {
  const written: string[] = [];
  {
    using line = new ShareProgressLine(style, (text) => written.push(text));
    line.update(PROGRESS, 0);
  }

  expect(written).toEqual([]);
});
