/** The line that tells what is being done. */

import { expect, test } from "bun:test";

import { CLEAR_LINE, spinnerAt } from "../../../src/cli/progress.ts";
import { StepLine } from "../../../src/cli/worktree/step-line.ts";

test("StepLine redraws itself on a terminal, and leaves nothing", () => {
  const written: string[] = [];
  {
    using line = new StepLine("terminal", (text) => written.push(text));
    line.say("watching …");
    line.say("warming …");
  }

  expect(written).toEqual([
    `${CLEAR_LINE}${spinnerAt(0)} watching …`,
    `${CLEAR_LINE}${spinnerAt(1)} warming …`,
    CLEAR_LINE,
  ]);
});

test.each(["lines", "quiet"] as const)("StepLine says nothing elsewhere (%s)", (style) => {
  const written: string[] = [];
  {
    using line = new StepLine(style, (text) => written.push(text));
    line.say("watching …");
  }

  expect(written).toEqual([]);
});
