/**
 * The daemon's numbers as a collector reads them: Prometheus' text format 0.0.4.
 *
 * Nothing is counted here. The monitor and the log count, and what they say is written down when
 * somebody asks, in a registry of its own. Load it lazily: prom-client takes some milliseconds.
 */

import { Counter, Gauge, type Metric, Registry } from "prom-client";

import type { BuildInfo } from "../protocol/build.ts";
import type { ResourceStanding } from "../protocol/resources.ts";
import type { StoreStatistics } from "../protocol/store-upkeep.ts";
import type { LatencyReport } from "../base/latency-histogram.ts";
import type { WorktreeHealth, WorktreeState } from "../protocol/worktree-health.ts";
import type { BackgroundWork } from "./background-work.ts";
import type { IndexWarmer } from "./index-warmer.ts";
import { JOB_BOUNDS_S } from "./job-statistics.ts";
import type { FileSizes, ProcessUsage } from "./process-usage.ts";
import type { StatusNumbers } from "./status-keeper.ts";

export interface MetricsInput {
  readonly build: BuildInfo;
  /** Unix time; so is what was last. */
  readonly nowMs: number;
  readonly startedAtMs: number;
  readonly repositories: number;
  readonly worktrees: readonly MeasuredWorktree[];
  readonly jobs: BackgroundWork["numbers"];
  readonly statuses: StatusNumbers;
  /** By how they ended. */
  readonly warmings: IndexWarmer["counts"];
  readonly usage: ProcessUsage;
  readonly sizes: FileSizes;
  /** As at the last look at them. */
  readonly resources: readonly ResourceStanding[];
  /** Undefined: it cannot be read. */
  readonly store: Pick<StoreStatistics, "snapshots" | "logLines"> | undefined;
}

export interface MeasuredWorktree {
  readonly root: string;
  readonly health: WorktreeHealth;
}

/** For the header of the reply. */
export const METRICS_CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE;

const STATES: readonly WorktreeState[] = ["crawling", "catching-up", "ready", "degraded"];

const MS_PER_SECOND = 1000;
const US_PER_SECOND = 1e6;

/** Bounds of the histogram that is shown: powers of two that are bounds of the monitor's buckets, too,
 *  so that nothing is guessed. From 16 µs to a second. */
const BOUNDS_US = Array.from({ length: 17 }, (_, i) => 2 ** (i + 4));

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [Labels, number];

/** Seconds; each bucket counts what is in those before it, too. */
interface CountedTimes {
  readonly labels: Labels;
  readonly buckets: readonly { readonly upTo: number; readonly count: number }[];
  readonly count: number;
  readonly sum: number;
}

export async function renderMetrics(given: MetricsInput): Promise<string> {
  const registry = new Registry();
  // A folder that is a worktree of two repositories for a moment would be two metrics of one name.
  const worktrees = [...new Map(given.worktrees.map((each) => [each.root, each])).values()];
  const input = { ...given, worktrees };
  describeProcess(registry, input);
  describeGity(registry, input);
  describeResources(registry, input);
  describeStore(registry, input);
  describeCoverage(registry, worktrees);
  describeAnswers(registry, input);
  describeJobs(registry, input);
  describeStatuses(registry, input);
  describeWarmings(registry, input);
  return registry.metrics();
}

/** Under the names that every Prometheus client uses. */
function describeProcess(registry: Registry, { usage, startedAtMs }: MetricsInput): void {
  const { residentBytes, cpuSeconds, openDescriptors, descriptorsMax } = usage;
  counter(registry, "process_cpu_seconds_total", "User and system CPU time spent.", [
    [{}, cpuSeconds],
  ]);
  gauge(registry, "process_resident_memory_bytes", "Resident memory size.", [[{}, residentBytes]]);
  gauge(registry, "process_start_time_seconds", "Start time of the process, Unix time.", [
    [{}, startedAtMs / MS_PER_SECOND],
  ]);
  if (openDescriptors !== null) {
    gauge(registry, "process_open_fds", "Open file descriptors.", [[{}, openDescriptors]]);
  }
  if (descriptorsMax !== null) {
    gauge(registry, "process_max_fds", "File descriptors there may be.", [[{}, descriptorsMax]]);
  }
}

function describeGity(registry: Registry, input: MetricsInput): void {
  const { build, repositories, worktrees, sizes } = input;
  const { version, fingerprint } = build;
  gauge(registry, "gity_build_info", "The build that runs; the value is 1.", [
    [{ version, fingerprint }, 1],
  ]);
  gauge(registry, "gity_repositories", "Registered repositories.", [[{}, repositories]]);
  gauge(registry, "gity_worktrees", "Watched worktrees, registered or not.", [
    [{}, worktrees.length],
  ]);
  gauge(registry, "gity_store_size_bytes", "Size of the store.", [[{}, sizes.storeBytes]]);
  gauge(registry, "gity_log_size_bytes", "Size of all files of the log.", [[{}, sizes.logBytes]]);
}

/** In the units of protocol/resources.ts, which the metrics of each resource share. */
function describeResources(registry: Registry, { resources }: MetricsInput): void {
  gauge(
    registry,
    "gity_resource_usage",
    "What was taken at the last look, in bytes, percent, or as a count.",
    resources.map(({ resource, value }) => [{ resource }, value]),
  );
  gauge(
    registry,
    "gity_resource_limit",
    "What the settings allow, in the same unit; left out where they allow anything.",
    resources.filter(({ limit }) => limit > 0).map(({ resource, limit }) => [{ resource }, limit]),
  );
  gauge(
    registry,
    "gity_resource_over",
    "1 while more is taken than the settings allow, 0 otherwise.",
    resources.map(({ resource, isOver }) => [{ resource }, isOver ? 1 : 0]),
  );
}

function describeStore(registry: Registry, { store }: MetricsInput): void {
  gauge(
    registry,
    "gity_snapshot_size_bytes",
    "Size of the worktree's snapshot in the store.",
    (store?.snapshots ?? []).map(({ root, bytes }) => [{ worktree: root }, bytes]),
  );
  gauge(
    registry,
    "gity_stored_log_lines",
    "Lines of the log in the store, by the repository they are about.",
    (store?.logLines ?? []).map(({ commonDir, lines }) => [{ repository: commonDir }, lines]),
  );
}

function describeCoverage(registry: Registry, worktrees: readonly MeasuredWorktree[]): void {
  gauge(
    registry,
    "gity_worktree_state",
    "1 for the state the worktree is in, 0 for the others.",
    worktrees.flatMap(({ root, health }) =>
      STATES.map((state): Sample => [{ worktree: root, state }, health.state === state ? 1 : 0]),
    ),
  );
  const each = (value: (health: WorktreeHealth) => number): Sample[] => samplesOf(worktrees, value);
  gauge(
    registry,
    "gity_watched_directories",
    "Directories that are watched.",
    each((health) => health.watchedDirectories),
  );
  gauge(
    registry,
    "gity_excluded_directories",
    "Ignored directories that are not watched.",
    each((health) => health.excludedDirectories),
  );
  gauge(
    registry,
    "gity_history_paths",
    "Distinct paths in the history.",
    each((health) => health.historyPaths),
  );
  gauge(
    registry,
    "gity_history_size_bytes",
    "Memory of the history, estimated.",
    each((health) => health.historyBytes),
  );
  gauge(
    registry,
    "gity_directory_table_size_bytes",
    "Memory of the table of directories, estimated.",
    each((health) => health.tableBytes),
  );
  gauge(
    registry,
    "gity_crawl_duration_seconds",
    "How long the last crawl of the whole worktree took.",
    samplesOf(worktrees, ({ crawlMs }) => (crawlMs === null ? undefined : crawlMs / MS_PER_SECOND)),
  );
}

function describeAnswers(registry: Registry, { worktrees, nowMs }: MetricsInput): void {
  const each = (value: (health: WorktreeHealth) => number): Sample[] => samplesOf(worktrees, value);
  counter(
    registry,
    "gity_queries_total",
    "Questions of git and of tools.",
    each((health) => health.queries),
  );
  counter(
    registry,
    "gity_unknown_answers_total",
    "Answers '/', by reason.",
    worktrees.flatMap(({ root, health }) =>
      Object.entries(health.unknownReasons).map(([reason, count]): Sample => [
        { worktree: root, reason },
        count,
      ]),
    ),
  );
  registry.registerMetric(
    histogram(
      "gity_query_duration_seconds",
      "From accepting a question until its answer is on its way.",
      worktrees.map(({ root, health }) => answerTimes(root, health.latency)),
    ),
  );
  counter(
    registry,
    "gity_events_total",
    "Events of the file system.",
    each((health) => health.eventsRead),
  );
  gauge(
    registry,
    "gity_last_event_timestamp_seconds",
    "When the last event was noticed, Unix time.",
    samplesOf(worktrees, ({ lastEventAgeMs }) =>
      lastEventAgeMs === null ? undefined : (nowMs - lastEventAgeMs) / MS_PER_SECOND,
    ),
  );
  counter(
    registry,
    "gity_resyncs_total",
    "Times coverage was lost and restored.",
    each((health) => health.resyncs),
  );
}

function describeJobs(registry: Registry, { jobs }: MetricsInput): void {
  gauge(registry, "gity_jobs", "Background jobs, by state.", [
    [{ state: "queued" }, jobs.queued],
    [{ state: "running" }, jobs.running],
  ]);
  gauge(registry, "gity_job_processes", "Processes that background jobs have started.", [
    [{}, jobs.processes],
  ]);
  counter(
    registry,
    "gity_job_runs_total",
    "Runs of background jobs since the daemon's start, by task and by how they ended.",
    jobs.runs.map(({ task, outcome, count }): Sample => [{ task, outcome }, count]),
  );
  registry.registerMetric(
    histogram(
      "gity_job_duration_seconds",
      "How long runs of background jobs took, however they ended.",
      jobs.durations.map(({ task, count, sumSeconds, within }) => ({
        labels: { task },
        buckets: JOB_BOUNDS_S.map((upTo, i) => ({ upTo, count: within[i] ?? 0 })),
        count,
        sum: sumSeconds,
      })),
    ),
  );
}

function describeStatuses(registry: Registry, { statuses }: MetricsInput): void {
  gauge(registry, "gity_statuses", "Worktrees whose status is kept ready.", [[{}, statuses.kept]]);
  counter(registry, "gity_status_renewals_total", "Times a ready-made status was renewed.", [
    [{}, statuses.renewals],
  ]);
  counter(registry, "gity_status_runs_total", "Runs of git for ready-made statuses.", [
    [{}, statuses.runs],
  ]);
  counter(registry, "gity_status_seconds_total", "Time spent on renewing ready-made statuses.", [
    [{}, statuses.tookMs / MS_PER_SECOND],
  ]);
  counter(
    registry,
    "gity_status_changes_total",
    "Times a status said something else than before.",
    [[{}, statuses.changes]],
  );
}

function describeWarmings(registry: Registry, { warmings }: MetricsInput): void {
  counter(
    registry,
    "gity_index_warmings_total",
    "Times an index that lagged was to be brought up to date since the daemon's start, by how it ended.",
    [...warmings].map(([outcome, count]): Sample => [{ outcome }, count]),
  );
}

/** One for each worktree that has a value. */
function samplesOf(
  worktrees: readonly MeasuredWorktree[],
  value: (health: WorktreeHealth) => number | undefined,
): Sample[] {
  return worktrees.flatMap(({ root, health }): Sample[] => {
    const number = value(health);
    return number === undefined ? [] : [[{ worktree: root }, number]];
  });
}

function counter(registry: Registry, name: string, help: string, samples: readonly Sample[]): void {
  const metric = new Counter({
    name,
    help,
    labelNames: labelNames(samples),
    registers: [registry],
  });
  for (const [labels, value] of samples) {
    metric.inc(labels, value);
  }
}

function gauge(registry: Registry, name: string, help: string, samples: readonly Sample[]): void {
  const metric = new Gauge({ name, help, labelNames: labelNames(samples), registers: [registry] });
  for (const [labels, value] of samples) {
    metric.set(labels, value);
  }
}

/** Without a label a metric has a value from the beginning; with one, none until it gets one. */
function labelNames(samples: readonly Sample[]): string[] {
  return Object.keys(samples[0]?.[0] ?? { worktree: "" });
}

/**
 * A histogram whose buckets were counted elsewhere. prom-client's own only takes one observation after the
 * other; a registry takes every object that says its samples.
 */
function histogram(name: string, help: string, counted: readonly CountedTimes[]): Metric {
  const values = counted.flatMap((times) => [
    ...bucketsOf(name, times),
    { metricName: `${name}_sum`, labels: times.labels, value: times.sum },
    { metricName: `${name}_count`, labels: times.labels, value: times.count },
  ]);
  const collected = { name, help, type: "histogram", values, aggregator: "sum" };
  // Its type names the four classes only.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return { ...collected, get: async () => collected, reset: () => {} } as unknown as Metric;
}

function bucketsOf(name: string, { labels, buckets, count }: CountedTimes) {
  return [
    ...buckets.map((bucket) => ({ le: String(bucket.upTo), value: bucket.count })),
    { le: "+Inf", value: count },
  ].map(({ le, value }) => ({
    metricName: `${name}_bucket`,
    labels: { ...labels, le },
    value,
  }));
}

function answerTimes(root: string, { buckets, count, sumUs }: LatencyReport): CountedTimes {
  return {
    labels: { worktree: root },
    buckets: BOUNDS_US.map((boundUs) => ({
      upTo: boundUs / US_PER_SECOND,
      count: buckets
        .filter(({ upToUs }) => upToUs <= boundUs)
        .reduce((sum, bucket) => sum + bucket.count, 0),
    })),
    count,
    sum: sumUs / US_PER_SECOND,
  };
}
