/** The daemon's metrics, read by a strict reader of Prometheus' text format. */

import { expect, test } from "bun:test";

import { LatencyHistogram } from "../../src/base/latency-histogram.ts";
import { JOB_BOUNDS_S, JobStatistics } from "../../src/daemon/job-statistics.ts";
import {
  METRICS_CONTENT_TYPE,
  type MetricsInput,
  renderMetrics,
} from "../../src/daemon/metrics.ts";
import { WorktreeSession } from "../../src/daemon/worktree-session.ts";
import type { JobEvent } from "../../src/jobs/job-center.ts";
import { UNKNOWN_REASONS } from "../../src/protocol/unknown-reason.ts";
import type { WorktreeHealth } from "../../src/protocol/worktree-health.ts";

const JOB: JobEvent = {
  kind: "job-started",
  jobId: 1,
  task: "prefetch",
  commonDir: "/a/.git",
  origin: "user",
  progress: null,
  outcome: null,
  exitCode: null,
  message: null,
};

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Family {
  readonly help: string;
  readonly type: string;
  readonly samples: Sample[];
}

/**
 * Goal: nothing that a collector would refuse, or read otherwise than it was meant.
 * Method: the grammar of the exposition format 0.0.4 to the letter, less what we never write (time stamps,
 * untyped metrics): HELP, then TYPE, then samples of this family only; every family and sample once.
 */
function parseStrictly(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  let name = "";
  let help: string | undefined;
  expect(text.endsWith("\n")).toBe(true);
  for (const line of text.slice(0, -1).split("\n")) {
    const [, kind, word = "", rest = ""] =
      /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line) ?? [];
    if (kind === "HELP") {
      expect(rest).not.toMatch(/\\[^\\n]/);
      expect(families.has(word)).toBe(false);
      [name, help] = [word, rest];
    } else if (kind === "TYPE") {
      expect(word).toBe(name);
      expect(["counter", "gauge", "histogram"]).toContain(rest);
      families.set(word, { help: help ?? "", type: rest, samples: [] });
      expect(help).toBeDefined();
      help = undefined;
    } else if (line !== "") {
      const sample = parseSample(line);
      const family = families.get(name)!;
      const suffixes = family.type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
      expect(suffixes.map((suffix) => name + suffix)).toContain(sample.name);
      const names = Object.keys(sample.labels).toSorted();
      const key = JSON.stringify([
        sample.name,
        names.map((label) => [label, sample.labels[label]]),
      ]);
      expect(seen.has(key)).toBe(false);
      seen.add(key);
      family.samples.push(sample);
    }
  }
  return families;
}

function parseSample(line: string): Sample {
  const match =
    /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\+Inf|-Inf|NaN|[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)$/.exec(
      line,
    );
  expect(match, line).not.toBeNull();
  const [, name = "", labels = "", value = ""] = match ?? [];
  return {
    name,
    labels: Object.fromEntries(
      [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = "", text = ""]) => [
        key,
        text.replaceAll(/\\(.)/g, (_, character: string) => (character === "n" ? "\n" : character)),
      ]),
    ),
    value: value === "+Inf" ? Number.POSITIVE_INFINITY : Number(value),
  };
}

const HOSTILE_ROOT = '/a "b"\\n\n{c="d"},é';

const EMPTY_HEALTH = new WorktreeSession({ id: 1, repositoryId: 1, root: "", gitDir: "" }).health;

function inputWith(...worktrees: readonly [string, Partial<WorktreeHealth>][]): MetricsInput {
  return {
    build: { version: "1.2.3", fingerprint: "abc", builtAtMs: 1 },
    nowMs: 1_790_000_010_000,
    startedAtMs: 1_790_000_000_500,
    repositories: 1,
    worktrees: worktrees.map(([root, health]) => ({
      root,
      health: { ...EMPTY_HEALTH, ...health },
    })),
    jobs: { queued: 0, running: 0, processes: 0, runs: [], durations: [] },
    statuses: { kept: 2, renewals: 5, runs: 8, tookMs: 250, changes: 3 },
    warmings: new Map(),
    usage: { residentBytes: 5e7, cpuSeconds: 0.25, openDescriptors: 30, descriptorsMax: 1024 },
    sizes: { storeBytes: 4096, logBytes: 100 },
    resources: [],
    store: undefined,
  };
}

async function familiesOf(input: MetricsInput): Promise<Map<string, Family>> {
  return parseStrictly(await renderMetrics(input));
}

function valueOf(families: Map<string, Family>, name: string, labels: Sample["labels"]): unknown {
  return families.get(name)?.samples.find((sample) => Bun.deepEquals(sample.labels, labels))?.value;
}

test("renderMetrics() is what a strict collector accepts, whatever the folders are called", async () => {
  const families = await familiesOf(
    inputWith(["/a", {}], [HOSTILE_ROOT, { state: "ready", queries: 7, lastEventAgeMs: 5000 }]),
  );

  expect(valueOf(families, "gity_queries_total", { worktree: HOSTILE_ROOT })).toBe(7);
  expect(valueOf(families, "gity_queries_total", { worktree: "/a" })).toBe(0);
  expect(valueOf(families, "gity_worktree_state", { worktree: HOSTILE_ROOT, state: "ready" })).toBe(
    1,
  );
  expect(families.get("gity_last_event_timestamp_seconds")?.samples).toEqual([
    {
      name: "gity_last_event_timestamp_seconds",
      labels: { worktree: HOSTILE_ROOT },
      value: 1_790_000_005,
    },
  ]);
  expect(valueOf(families, "gity_build_info", { version: "1.2.3", fingerprint: "abc" })).toBe(1);
  expect(valueOf(families, "process_start_time_seconds", {})).toBe(1_790_000_000.5);
  expect(METRICS_CONTENT_TYPE).toContain("version=0.0.4");
});

test("renderMetrics() tells of ready-made statuses", async () => {
  const families = await familiesOf(inputWith());

  const values = ["gity_statuses", "gity_status_runs_total", "gity_status_seconds_total"].map(
    (name) => valueOf(families, name, {}),
  );
  expect(values).toEqual([2, 8, 0.25]);
});

test("renderMetrics() names things as Prometheus asks for it", async () => {
  const families = await familiesOf(inputWith(["/a", { crawlMs: 1, lastEventAgeMs: 1 }]));
  const wrong = [...families].filter(([name, { type, help }]) => {
    const isCounter = type === "counter";
    return (
      name.endsWith("_total") !== isCounter ||
      /_(?:ms|us|milliseconds|microseconds|kb|mb|count|sum|bucket)(?:_|$)/.test(name) ||
      !/^(?:gity|process)_[a-z_]+$/.test(name) ||
      help.length < 10
    );
  });

  expect(wrong).toEqual([]);
  expect(families.size).toBeGreaterThan(20);
});

test("renderMetrics() shows the monitor's histogram: cumulative, and complete at +Inf", async () => {
  const histogram = new LatencyHistogram();
  for (let us = 1; us < 4_000_000; us *= 1.3) {
    histogram.record(us / 1000, 3);
  }
  const latency = histogram.report();
  const families = await familiesOf(inputWith(["/a", {}], ["/b", {}], ["/a", { latency }]));
  const { samples, type } = families.get("gity_query_duration_seconds")!;
  const of = (root: string, suffix: string) =>
    samples.filter(({ name, labels }) => name.endsWith(suffix) && labels["worktree"] === root);
  const buckets = of("/a", "_bucket");
  const values = buckets.map(({ value }) => value);
  const bounds = buckets.map(({ labels }) =>
    labels["le"] === "+Inf" ? Number.POSITIVE_INFINITY : Number(labels["le"]),
  );

  expect(type).toBe("histogram");
  expect(values).toEqual(values.toSorted((left, right) => left - right));
  expect(bounds).toEqual(bounds.toSorted((left, right) => left - right));
  expect(bounds.at(-1)).toBe(Number.POSITIVE_INFINITY);
  expect(values.at(-1)).toBe(latency.count);
  expect(values.at(-2)).toBeLessThan(latency.count);
  expect(of("/a", "_count")[0]?.value).toBe(latency.count);
  expect(of("/a", "_sum")[0]?.value).toBeCloseTo(latency.sumUs / 1e6, 6);
  expect(of("/b", "_bucket").map(({ value }) => value)).toEqual(values.map(() => 0));
});

test("renderMetrics() shows every reason of an answer '/', those that never were with 0", async () => {
  const unknownReasons = { ...EMPTY_HEALTH.unknownReasons, "too-old": 3 };
  const families = await familiesOf(inputWith(["/a", { unknownReasons, unknownAnswers: 3 }]));
  const { samples } = families.get("gity_unknown_answers_total")!;

  expect(samples.map(({ labels }) => labels["reason"]!).toSorted()).toEqual(
    Object.keys(UNKNOWN_REASONS).toSorted(),
  );
  expect(samples.reduce((sum, { value }) => sum + value, 0)).toBe(3);
});

test("renderMetrics() shows what is done in the background, and what was", async () => {
  const statistics = new JobStatistics();
  for (const kind of ["job-started", "job-finished"] as const) {
    const outcome = kind === "job-started" ? null : "finished";
    statistics.note({ ...JOB, kind, outcome });
  }
  const jobs = { queued: 2, running: 1, processes: 3, ...statistics.numbers };
  const families = await familiesOf({ ...inputWith(), jobs });
  const times = families.get("gity_job_duration_seconds")!;

  expect(valueOf(families, "gity_jobs", { state: "queued" })).toBe(2);
  expect(valueOf(families, "gity_jobs", { state: "running" })).toBe(1);
  expect(valueOf(families, "gity_job_processes", {})).toBe(3);
  expect(valueOf(families, "gity_job_runs_total", { task: "prefetch", outcome: "finished" })).toBe(
    1,
  );
  expect(times.type).toBe("histogram");
  expect(times.samples.map(({ value }) => value).slice(0, -2)).toEqual(
    [...JOB_BOUNDS_S, Number.POSITIVE_INFINITY].map(() => 1),
  );
});

test("renderMetrics() does without worktrees, and without what the system does not say", async () => {
  const input = inputWith();
  const usage = { ...input.usage, openDescriptors: null, descriptorsMax: null };
  const families = await familiesOf({ ...input, usage });

  expect(families.has("process_open_fds")).toBe(false);
  expect(valueOf(families, "gity_worktrees", {})).toBe(0);
  expect(families.get("gity_queries_total")?.samples).toEqual([]);
});

test("renderMetrics() has each resource with its limit, and what the store holds of whom", async () => {
  const standing = { limit: 100, message: "" };
  const families = await familiesOf({
    ...inputWith(["/a", {}]),
    resources: [
      { ...standing, resource: "memory", value: 5e7, isOver: true },
      { ...standing, resource: "jobs", value: 3, limit: 0, isOver: false },
    ],
    store: {
      snapshots: [{ root: "/a", bytes: 7, takenAtMs: 1 }],
      logLines: [{ commonDir: "/a/.git", lines: 9 }],
    },
  });

  expect(valueOf(families, "gity_resource_usage", { resource: "memory" })).toBe(5e7);
  expect(valueOf(families, "gity_resource_limit", { resource: "memory" })).toBe(100);
  expect(valueOf(families, "gity_resource_limit", { resource: "jobs" })).toBeUndefined();
  expect(valueOf(families, "gity_resource_over", { resource: "memory" })).toBe(1);
  expect(valueOf(families, "gity_resource_over", { resource: "jobs" })).toBe(0);
  expect(valueOf(families, "gity_snapshot_size_bytes", { worktree: "/a" })).toBe(7);
  expect(valueOf(families, "gity_stored_log_lines", { repository: "/a/.git" })).toBe(9);
});
