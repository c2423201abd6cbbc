/** How far jobs are. */

import { expect, test } from "bun:test";

import { JobProgressLine } from "../../src/cli/job-progress.ts";
import type { ProgressStyle } from "../../src/cli/progress.ts";
import type { JobInfo } from "../../src/protocol/api.ts";
import { JOB, PROGRESS } from "./job-samples.ts";

const WAITING = { ...JOB, waitsFor: "git is at\nwork" };
const RUNNING = { ...JOB, state: "running", progress: PROGRESS } as const;

function written(style: ProgressStyle, ...updates: (readonly JobInfo[])[]): string {
  const texts: string[] = [];
  {
    using progress = new JobProgressLine(style, (text) => {
      texts.push(text);
    });
    for (const jobs of updates) {
      progress.update(jobs);
    }
  }
  return texts.join("");
}

test("JobProgressLine redraws one line on a terminal, and leaves nothing of it", () => {
  const lines = written("terminal", [WAITING], [{ ...JOB, task: "gc" }, RUNNING], []).split(
    "\r\u001B[K",
  );

  expect(lines[0]).toBe("");
  // In full, however narrow the terminal is.
  expect(lines[1]).toBe("'prefetch' waits, because git is at\\nwork\n");
  expect(lines[2]).toMatch(/^⠋ 'prefetch' waits, because git is at\\nwork, \d+ ms$/);
  expect(lines[3]).toStartWith("⠙ prefetch [########............] Receiving objects 42 %, 1.0 KiB");
  expect(lines.slice(4)).toEqual([""]);
});

test.each(["lines", "quiet"] as const)(
  "JobProgressLine tells elsewhere (%s) what the first job waits for, once",
  (style) => {
    const other = { ...JOB, waitsFor: "other work is being done" };

    expect(written(style, [JOB], [JOB, WAITING], [WAITING], [RUNNING, other], [other])).toBe(
      "'prefetch' waits, because git is at\\nwork\n",
    );
  },
);
