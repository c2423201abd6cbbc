/** Progress on stderr. */

import { expect, test } from "bun:test";

import { Progress } from "../../src/cli/progress.ts";

function written(style: "terminal" | "lines" | "quiet"): string {
  const texts: string[] = [];
  {
    using progress = new Progress("/a", style, (text) => {
      texts.push(text);
    });
    progress.update(1234);
    progress.finish(2000);
  }
  return texts.join("");
}

test("Progress redraws one line on a terminal, and leaves the last", () => {
  expect(written("terminal")).toMatch(
    // oxlint-disable-next-line no-control-regex -- They are what steers the terminal.
    /^\r\u001B\[K⠋ covering \/a: 1,234 directories, \d+ ms\r\u001B\[Kcovered \/a: 2,000 directories in \d+ ms\n\r\u001B\[K$/,
  );
});

test("Progress is two plain lines elsewhere, and nothing in a file", () => {
  expect(written("lines")).toMatch(/^covering \/a …\ncovered \/a: 2,000 directories in \d+ ms\n$/);
  expect(written("quiet")).toBe("");
});
