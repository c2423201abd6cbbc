/** Progress: lines where nobody watches, one changing line where somebody does. */

import { expect, test } from "bun:test";

import { formatBar, Progress } from "../../bench/progress.ts";

test("Progress writes one plain line per step where there is no terminal", () => {
  const screen = { isTTY: false, text: "", write: (text: string) => (screen.text += text) };
  using progress = new Progress(screen);
  progress.step("one", 10);
  progress.advance(5);
  progress.step("two");
  progress.finish();

  expect(screen.text).toBe("one …\ntwo …\n");
});

test("Progress ends a step with a tick on a terminal, and leaves a failed one blank", () => {
  const screen = { isTTY: true, text: "", write: (text: string) => (screen.text += text) };
  {
    using progress = new Progress(screen);
    progress.step("one", 2);
    progress.advance();
    progress.step("two");
  }

  expect(screen.text).toContain("50 %");
  expect(screen.text).toContain("✓ one\n");
  expect(screen.text).not.toContain("✓ two");
  expect(screen.text.endsWith("\r\u001B[K")).toBe(true);
});

test.each([
  [-1, `${"░".repeat(24)}   0 %`],
  [0.5, `${"█".repeat(12)}${"░".repeat(12)}  50 %`],
  [2, `${"█".repeat(24)} 100 %`],
])("formatBar(%d) is %p", (share, expected) => {
  expect(formatBar(share)).toBe(expected);
});
