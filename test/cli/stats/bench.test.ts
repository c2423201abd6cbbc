/** What a measurement of `git status` comes to. */

import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { GityError } from "../../../src/base/errors.ts";
import {
  bench,
  type BenchSource,
  type BenchSurroundings,
  summarize,
} from "../../../src/cli/stats/bench.ts";
import type { StatusTimes } from "../../../src/git/measure-status.ts";
import type { StatusMeasurementRequest } from "../../../src/protocol/api.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";
import { sampleHealth } from "./samples.ts";

const TIMES: StatusTimes = {
  withMs: [10, 11, 10, 12, 10, 50],
  withoutMs: [30, 30, 31, 36, 29, 100],
  withRuns: 7,
  disagreement: undefined,
};
const GOOD: BenchSurroundings = {
  state: "ready",
  isTokenGood: true,
  queries: 7,
  unknownAnswers: 0,
};

test("summarize() compares the two of each round, not the medians of all", () => {
  expect(summarize(TIMES, GOOD)).toEqual({
    runs: 6,
    withMs: 10.5,
    withoutMs: 30.5,
    ratio: 2.95,
    interval: { lower: 2, upper: 3.1, confidence: expect.closeTo(0.969, 3) },
    queries: 7,
    unknownAnswers: 0,
    doubts: [],
    agree: true,
    onlyWith: [],
    onlyWithout: [],
  });
});

test.each([
  [{ state: "crawling" }, /^the worktree is 'crawling'/],
  [{ queries: 6 }, /^git asked gity 6 times in 7 runs/],
  [{ isTokenGood: false, unknownAnswers: 7 }, /^the index is from before/],
  [{ unknownAnswers: 2 }, /^2 of 7 answers were '\/'/],
] as const)("summarize() doubts what was measured under %j", (surroundings, doubt) => {
  expect(summarize(TIMES, { ...GOOD, ...surroundings }).doubts).toEqual([
    expect.stringMatching(doubt),
  ]);
});

test("summarize() of few runs has no interval, and doubts them", () => {
  const few = { ...TIMES, withMs: [1, 2], withoutMs: [2, 3], withRuns: 3 };

  expect(summarize(few, GOOD)).toMatchObject({
    interval: null,
    doubts: [expect.stringContaining("may be chance")],
  });
});

test("summarize() of a disagreement at the first look has no times, and says what differs", () => {
  const disagreement = { onlyWith: [], onlyWithout: ["? a", "? \xFF"] };
  const times = { withMs: [], withoutMs: [], withRuns: 4, disagreement };

  expect(summarize(times, GOOD)).toMatchObject({
    runs: 0,
    withMs: null,
    withoutMs: null,
    ratio: null,
    agree: false,
    onlyWithout: ["? a", { base64: "PyD/" }],
  });
});

test.each([
  ["can be kept", undefined, []],
  [
    "cannot be kept",
    new GityError("STORE_FAILED", "cannot write the store: it is full"),
    ["cannot write the store: it is full"],
  ],
] as const)("bench() tells what it has measured where it %s", async (_, failure, doubts) => {
  using tree = tempWorktree("bench", { files: { a: "x" } });
  const hook = join(tree.gitDir, "hook");
  const answer = `#!/bin/sh\nprintf 'gity:0123456789abcdef:1\\0/\\0'\n`;
  writeFileSync(hook, answer, { mode: 0o755 });
  tree.git("config", "core.fsmonitor", hook);
  tree.git("status");
  let queries = 0;
  const kept: StatusMeasurementRequest[] = [];
  const client: BenchSource = {
    health: async () => {
      queries += 7;
      return sampleHealth({ root: tree.path, gitDir: tree.gitDir, queries });
    },
    changes: async (root, since) => ({ root, token: since ?? "", kind: "changed", paths: [] }),
    keepMeasurement: async (request) => {
      if (failure !== undefined) {
        throw failure;
      }
      kept.push(request);
    },
  };
  const { signal } = new AbortController();
  const report = await bench(client, tree.join("a"), { runs: 6, signal });

  expect(report).toMatchObject({ runs: 6, agree: true, queries: 7, doubts });
  expect(kept).toEqual(
    failure === undefined
      ? [{ path: tree.path, runs: 6, withMs: report.withMs!, withoutMs: report.withoutMs! }]
      : [],
  );
});
