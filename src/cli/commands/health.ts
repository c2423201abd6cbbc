/** `gity health`: how well is a worktree covered? */

import { resolve } from "node:path";

import { formatBytes } from "../../base/format-bytes.ts";
import type { HealthReply, JobInfo } from "../../protocol/api.ts";
import type { CatchUpHealth, WorktreeHealth } from "../../protocol/worktree-health.ts";
import { gityCommand, JSON_ARGUMENT, PATH_ARGUMENT } from "../command.ts";
import { reachDaemon } from "../reach-daemon.ts";
import { describeState } from "../job-text.ts";
import { formatCount, formatDuration, formatLatency, printJson, visible } from "../output.ts";
import { quoteReadable } from "../quote-path.ts";
import { describeOverLimits, type Fact, paintState, printFacts } from "../table.ts";
import { paintFor, STDOUT } from "../terminal.ts";
import { describeReasons } from "../unknown-answers.ts";

export default gityCommand({
  name: "health",
  description: "Show how well a worktree is covered",
  args: { path: PATH_ARGUMENT, json: JSON_ARGUMENT },
  examples: [
    { line: "gity health", says: "the worktree of the current folder" },
    { line: "gity health --json ~/src/big", says: "another one, for a program" },
  ],
  run: async ({ path, json }, context) => {
    const client = reachDaemon(context);
    const health = await client.health(resolve(path));
    if (json) {
      printJson(health);
    } else {
      printFacts(describe(health));
    }
    return 0;
  },
});

function describe(health: HealthReply): readonly Fact[] {
  const { crawlMs, watchMs } = health;
  const crawl =
    crawlMs === null
      ? "not finished"
      : `${formatDuration(crawlMs)}, ${formatDuration(watchMs ?? 0)} of it for watches`;
  return [
    ["worktree", quoteReadable(health.root)],
    ["state", paintState(health.state, paintFor(STDOUT))],
    ...(health.reason === null ? [] : [["reason", visible(health.reason)] as const]),
    ...(health.cure === null ? [] : [["cure", visible(health.cure)] as const]),
    ...health.blindSpots.map((sentence) => ["blind spot", visible(sentence)] as const),
    ["token", health.token],
    ["epoch", health.epoch],
    ["directories", formatCount(health.watchedDirectories)],
    ["crawl", crawl],
    ["history", `${formatCount(health.historyPaths)} paths since ${health.oldestGeneration}`],
    ["catching up", describeCatchUp(health.catchUp)],
    [
      "memory",
      `about ${formatBytes(health.tableBytes)} for directories, ${formatBytes(health.historyBytes)} for the history`,
    ],
    [
      "queries",
      `${formatCount(health.queries)} since this daemon watches, ` +
        `${formatCount(health.unknownAnswers)} answered with '/'`,
    ],
    ...describeReasons(health.unknownReasons),
    ["latency", describeLatency(health)],
    ["events", describeEvents(health)],
    ["resyncs", formatCount(health.resyncs)],
    ...describeOverLimits(health.overLimits),
    ...health.jobs.map((job) => ["job", describeJob(job)] as const),
    ...(health.jobsRest === null
      ? []
      : [["background", `rests: ${visible(health.jobsRest)}`] as const]),
  ];
}

function describeJob(job: JobInfo): string {
  const waiting = job.waitsFor === null ? "" : `, because ${visible(job.waitsFor)}`;
  return `${job.task} ${describeState(job)}${waiting}`;
}

function describeLatency({ latency: { p50Us, p99Us, maxUs } }: WorktreeHealth): string {
  return p50Us === null || p99Us === null || maxUs === null
    ? "git has not asked since"
    : `half within ${formatLatency(p50Us)}, 99 of 100 within ${formatLatency(p99Us)}, ` +
        `all within ${formatLatency(maxUs)}`;
}

function describeEvents({ eventsRead, lastEventAgeMs }: WorktreeHealth): string {
  return lastEventAgeMs === null
    ? formatCount(eventsRead)
    : `${formatCount(eventsRead)}, the last ${formatDuration(lastEventAgeMs)} ago`;
}

const OUTCOMES: Readonly<Record<CatchUpHealth["outcome"], string>> = {
  none: "never interrupted in this epoch",
  running: "finding out what has changed meanwhile",
  "caught-up": "caught up; older tokens are answered",
  forgotten: "too much was unknown; older tokens get '/'",
};

function describeCatchUp({ outcome, snapshotGeneration }: CatchUpHealth): string {
  const snapshot =
    snapshotGeneration === null
      ? "nothing saved for a restart yet"
      : `saved for a restart at ${snapshotGeneration}`;
  return `${OUTCOMES[outcome]}; ${snapshot}`;
}
