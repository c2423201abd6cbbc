/** What `gity stats` says to people. */

import { formatBytes } from "../../base/format-bytes.ts";
import { type LatencyReport, quantileOf } from "../../base/latency-histogram.ts";
import { formatCount, formatDuration, formatLatency } from "../output.ts";
import { quotePath, quoteReadable } from "../quote-path.ts";
import { type Fact, paintState } from "../table.ts";
import type { Paint } from "../terminal.ts";
import { describeReasons } from "../unknown-answers.ts";
import type { BenchReport } from "./bench.ts";
import type { Estimate } from "./estimate.ts";
import type { StatsReport, WorktreeStats } from "./report.ts";

const PERCENT = 100;

/** One worktree in detail. */
export function describeWorktree(
  worktree: WorktreeStats,
  { daemon }: StatsReport,
  { nowMs, paint }: { readonly nowMs: number; readonly paint: Paint },
): readonly Fact[] {
  const { queries, unknownAnswers, measurement } = worktree;
  return [
    ["worktree", quoteReadable(worktree.root)],
    ["state", paintState(worktree.state, paint)],
    ["counted", describeSince(worktree.countedSinceMs, nowMs)],
    ["queries", `${formatCount(queries)}, through ${VIA[worktree.via]}`],
    ["answers", describeAnswers(queries, unknownAnswers) + BEYOND[worktree.via]],
    ...describeReasons(worktree.unknownReasons),
    ["paths", describePaths(worktree)],
    ["latency", describeLatency(worktree.latency)],
    ["time saved", describeEstimate(worktree)],
    ...(measurement === null
      ? []
      : [
          [
            "measured",
            `'git status' takes ${formatMs(measurement.withMs)} with gity, ` +
              `${formatMs(measurement.withoutMs)} without: ${measurement.runs} runs each, ` +
              `${formatDuration(nowMs - measurement.atMs)} ago`,
          ] as const,
        ]),
    ["events", formatCount(worktree.eventsRead)],
    ["watches", `${formatCount(worktree.watchedDirectories)} directories`],
    [
      "memory",
      `about ${formatBytes(worktree.memoryBytes)}, of ${formatBytes(daemon.residentBytes)} of the daemon`,
    ],
  ];
}

/** All worktrees together. */
export function describeTotal(
  { daemon, total, worktrees }: StatsReport,
  nowMs: number,
): readonly Fact[] {
  const guessed = worktrees.filter((worktree) => worktree.estimate?.basis === "entries").length;
  return [
    ["counted", describeSince(daemon.startedAtMs, nowMs)],
    ["queries", formatCount(total.queries)],
    ["answers", describeAnswers(total.queries, total.unknownAnswers)],
    ["latency", describeLatency(total.latency)],
    [
      "time saved",
      `${describeSaved(total.savedMs)}, estimated` +
        (guessed === 0 ? "" : `; 'gity stats --bench PATH' makes it more exact`),
    ],
    ["events", formatCount(total.eventsRead)],
    ["watches", `${formatCount(total.watchedDirectories)} directories`],
    ["memory", formatBytes(daemon.residentBytes)],
  ];
}

export const TABLE_HEADINGS = ["QUERIES", "'/'", "P50", "P99", "SAVED", "EVENTS", "WORKTREE"];
export const TABLE_NUMBERS: ReadonlySet<string> = new Set(TABLE_HEADINGS.slice(0, -1));

export function tableRow(worktree: WorktreeStats): readonly string[] {
  const { latency } = worktree;
  return [
    formatCount(worktree.queries),
    formatCount(worktree.unknownAnswers),
    latency.p50Us === null ? "-" : formatLatency(latency.p50Us),
    latency.p99Us === null ? "-" : formatLatency(latency.p99Us),
    worktree.estimate === null ? "-" : formatSigned(worktree.estimate.savedMs),
    formatCount(worktree.eventsRead),
    quoteReadable(worktree.root),
  ];
}

/** What `--bench` has found, where both said the same. */
export function describeBench(bench: BenchReport): readonly Fact[] {
  const { runs, withMs, withoutMs, ratio, interval } = bench;
  if (withMs === null || withoutMs === null || ratio === null) {
    return [];
  }
  return [
    ["with gity", `${formatMs(withMs)}, the median of ${formatCount(runs)} runs`],
    ["without", `${formatMs(withoutMs)}; both have printed the same`],
    [
      "ratio",
      `${ratio.toFixed(2)} times as long without gity` +
        (interval === null
          ? ""
          : `; between ${interval.lower.toFixed(2)} and ${interval.upper.toFixed(2)} with ` +
            `${(interval.confidence * PERCENT).toFixed(0)}% confidence`),
    ],
  ];
}

/** What one says and the other does not, an entry a line; nothing where it is but the order. */
export function describeDifferences({ onlyWith, onlyWithout }: BenchReport): readonly string[] {
  return [
    ...onlyWith.map((entry) => `only with gity: ${quotePath(entry)}`),
    ...onlyWithout.map((entry) => `only without gity: ${quotePath(entry)}`),
  ];
}

/** What only the helper knows: its own '/', to a token that the log does not reach back to. */
const BEYOND = { hook: ", as far as gity-helper says", socket: "" } as const;

const VIA = { hook: "gity-helper", socket: "git's socket" } as const;

function describeSince(sinceMs: number, nowMs: number): string {
  const time = new Date(sinceMs).toISOString();
  return `since ${time}, ${formatDuration(nowMs - sinceMs)} ago; a new daemon counts anew`;
}

function describeAnswers(queries: number, unknownAnswers: number): string {
  return (
    `${formatCount(queries - unknownAnswers)} with what changed, ` +
    `${formatCount(unknownAnswers)} with '/'`
  );
}

function describePaths({ answeredPaths, queries }: WorktreeStats): string {
  const { answers, empty, paths, most } = answeredPaths;
  if (answers === 0) {
    return queries === 0 ? "git has not asked" : "not known: gity-helper looks them up by itself";
  }
  return (
    `${(paths / answers).toFixed(1)} in an answer, ${formatCount(most)} at most, ` +
    `none in ${formatCount(empty)} of ${formatCount(answers)} on the socket`
  );
}

const SHARES = [
  ["half", 0.5],
  ["9 of 10", 0.9],
  ["99 of 100", 0.99],
  ["all", 1],
] as const;

function describeLatency(latency: LatencyReport): string {
  return latency.count === 0
    ? "git has not asked"
    : SHARES.map(([name, share]) => {
        const withinUs = quantileOf(latency, share) ?? 0;
        return `${name} within ${formatLatency(withinUs)}`;
      }).join(", ");
}

function describeEstimate({ estimate, indexEntries }: WorktreeStats): string {
  if (estimate === null) {
    return "nobody knows: the index cannot be read";
  }
  const { perAnswerMs, savedMs } = estimate;
  return `${describeSaved(savedMs)}, estimated: ${describeBasis(estimate.basis, indexEntries)}, ${formatMs(perAnswerMs)} an answer`;
}

function describeBasis(basis: Estimate["basis"], indexEntries: number | null): string {
  return basis === "measured"
    ? "as it was measured here"
    : `from ${formatCount(indexEntries ?? 0)} entries of the index ('--bench' measures it)`;
}

function describeSaved(savedMs: number): string {
  return savedMs < 0
    ? `${formatDuration(-savedMs)} lost: git alone is faster here`
    : formatDuration(savedMs);
}

function formatSigned(durationMs: number): string {
  return durationMs < 0 ? `-${formatDuration(-durationMs)}` : formatDuration(durationMs);
}

function formatMs(durationMs: number): string {
  return `${durationMs.toFixed(1)} ms`;
}
