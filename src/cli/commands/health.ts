/** `gity health`: how well is a worktree covered? */

import { resolve } from "node:path";

import type { HealthReply } from "../../protocol/api.ts";
import { gityCommand, JSON_ARGUMENT, PATH_ARGUMENT } from "../command.ts";
import { reachDaemon } from "../daemon.ts";
import { formatCount, formatDuration, printJson, visible } from "../output.ts";
import { quoteReadable } from "../quote-path.ts";
import { type Fact, paintState, printFacts } from "../table.ts";
import { paintFor, STDOUT } from "../terminal.ts";

export default gityCommand({
  name: "health",
  description: "Show how well a worktree is covered",
  args: { path: PATH_ARGUMENT, json: JSON_ARGUMENT },
  examples: [
    { line: "gity health", says: "the worktree of the current folder" },
    { line: "gity health --json ~/src/big", says: "another one, for a program" },
  ],
  run: async ({ path, json }, context) => {
    const client = await reachDaemon(context);
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
    ["directories", formatCount(health.watchedDirectories)],
    ["crawl", crawl],
    ["history", `${formatCount(health.historyPaths)} paths since ${health.oldestGeneration}`],
    [
      "queries",
      `${formatCount(health.queries)}, ${formatCount(health.unknownAnswers)} answered with '/'`,
    ],
    ["events", formatCount(health.eventsRead)],
    ["resyncs", formatCount(health.resyncs)],
  ];
}
