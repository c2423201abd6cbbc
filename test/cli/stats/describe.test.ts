/** What `gity stats` says to people. */

import { expect, test } from "bun:test";

import { LatencyHistogram } from "../../../src/base/latency-histogram.ts";
import type { BenchReport } from "../../../src/cli/stats/bench.ts";
import {
  describeBench,
  describeDifferences,
  describeTotal,
  describeWorktree,
  tableRow,
} from "../../../src/cli/stats/describe.ts";
import type { StatsReport, WorktreeStats } from "../../../src/cli/stats/report.ts";
import { sampleHealth } from "./samples.ts";

const HOUR_MS = 3_600_000;
const LATENCY = new LatencyHistogram();
LATENCY.record(0.1, 2);
LATENCY.record(1);

const WORKTREE: WorktreeStats = {
  ...sampleHealth({ queries: 1200, unknownAnswers: 20, eventsRead: 7 }),
  via: "socket",
  latency: LATENCY.report(),
  answeredPaths: { answers: 1180, empty: 1000, paths: 1475, most: 300 },
  memoryBytes: 2048,
  indexEntries: 50_000,
  estimate: { perAnswerMs: 49, savedMs: 57_800, basis: "entries" },
};
const REPORT: StatsReport = {
  daemon: { startedAtMs: 0, residentBytes: 3 << 20 },
  total: {
    queries: 1200,
    unknownAnswers: 20,
    latency: LATENCY.report(),
    savedMs: -2000,
    eventsRead: 7,
    watchedDirectories: 1,
  },
  worktrees: [WORKTREE],
};
const BENCH: BenchReport = {
  runs: 10,
  withMs: 43,
  withoutMs: 126.04,
  ratio: 2.931,
  interval: { lower: 2.7, upper: 3.1, confidence: 0.979 },
  queries: 11,
  unknownAnswers: 0,
  doubts: [],
  agree: true,
  onlyWith: [],
  onlyWithout: [],
};

const plain = (text: string): string => text;

function facts(worktree: Partial<WorktreeStats>): Readonly<Record<string, string>> {
  const options = { nowMs: HOUR_MS, paint: plain };
  return Object.fromEntries(describeWorktree({ ...WORKTREE, ...worktree }, REPORT, options));
}

test("describeWorktree() says since when it is counted, and all that was", () => {
  expect(facts({})).toEqual({
    worktree: "/a",
    state: "ready",
    counted: "since 1970-01-01T00:00:00.000Z, 1 h 0 min ago; a new daemon counts anew",
    queries: "1,200, through git's socket",
    answers: "1,180 with what changed, 20 with '/'",
    paths: "1.3 in an answer, 300 at most, none in 1,000 of 1,180 on the socket",
    latency:
      "half within 112 µs, 9 of 10 within 1.0 ms, 99 of 100 within 1.0 ms, all within 1.0 ms",
    "time saved":
      "57.8 s, estimated: from 50,000 entries of the index ('--bench' measures it), 49.0 ms an answer",
    events: "7",
    watches: "1 directories",
    memory: "about 2.0 KiB, of 3.0 MiB of the daemon",
  });
});

test.each([
  [{ via: "hook" }, "answers", "as far as gity-helper says"],
  [
    { via: "hook", answeredPaths: { answers: 0, empty: 0, paths: 0, most: 0 } },
    "paths",
    "not known: gity-helper",
  ],
  [
    { queries: 0, answeredPaths: { answers: 0, empty: 0, paths: 0, most: 0 } },
    "paths",
    "git has not asked",
  ],
  [{ latency: new LatencyHistogram().report() }, "latency", "git has not asked"],
  [{ estimate: null }, "time saved", "nobody knows"],
  [
    { estimate: { perAnswerMs: -11, savedMs: -1100, basis: "measured" } },
    "time saved",
    "1.1 s lost: git alone is faster here, estimated: as it was measured here, -11.0 ms an answer",
  ],
  [
    { measurement: { atMs: 0, runs: 10, withMs: 43, withoutMs: 126 } },
    "measured",
    "'git status' takes 43.0 ms with gity, 126.0 ms without: 10 runs each, 1 h 0 min ago",
  ],
] as const)("describeWorktree() of %j says of %s: %s", (worktree, name, text) => {
  expect(facts(worktree)[name]).toContain(text);
});

test("describeTotal() points to what would make the estimate more exact", () => {
  const told = Object.fromEntries(describeTotal(REPORT, HOUR_MS));

  expect(told).toMatchObject({
    queries: "1,200",
    "time saved":
      "2.0 s lost: git alone is faster here, estimated; 'gity stats --bench PATH' makes it more exact",
    memory: "3.0 MiB",
  });
});

test("tableRow() has a dash for what is not known", () => {
  const unknown = { ...WORKTREE, latency: new LatencyHistogram().report(), estimate: null };

  expect(tableRow(WORKTREE)).toEqual(["1,200", "20", "112 µs", "1.0 ms", "57.8 s", "7", "/a"]);
  expect(tableRow(unknown)).toEqual(["1,200", "20", "-", "-", "-", "7", "/a"]);
});

test("describeBench() gives the ratio with what it is between", () => {
  expect(Object.fromEntries(describeBench(BENCH))).toEqual({
    "with gity": "43.0 ms, the median of 10 runs",
    without: "126.0 ms; both have printed the same",
    ratio: "2.93 times as long without gity; between 2.70 and 3.10 with 98% confidence",
  });
  expect(Object.fromEntries(describeBench({ ...BENCH, interval: null }))["ratio"]).toBe(
    "2.93 times as long without gity",
  );
  expect(describeBench({ ...BENCH, withMs: null })).toEqual([]);
});

test("describeDifferences() quotes names as git does", () => {
  const bench = { ...BENCH, onlyWith: ["? a\u001B[m"], onlyWithout: [{ base64: "PyD/" }] };

  expect(describeDifferences(bench)).toEqual([
    'only with gity: "? a\\033[m"',
    'only without gity: "? \\377"',
  ]);
});
