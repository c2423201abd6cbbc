/** `gity list`: what is registered, and how is it? */

import { GityError } from "../../base/errors.ts";
import type { GityClient } from "../../client/gity-client.ts";
import type { RepositoryList, WorktreeInfo } from "../../protocol/api.ts";
import type { WorktreeHealth } from "../../protocol/worktree-health.ts";
import { gityCommand, JSON_ARGUMENT } from "../command.ts";
import { reachDaemon } from "../reach-daemon.ts";
import { formatCount, formatLatency, printJson, printNote, visible } from "../output.ts";
import { quoteReadable } from "../quote-path.ts";
import { paintState, printTable } from "../table.ts";
import { type Paint, paintFor, STDOUT } from "../terminal.ts";

export default gityCommand({
  name: "list",
  description: "Show the registered worktrees and their state",
  args: {
    stats: {
      type: "boolean",
      default: false,
      description: "and how they are asked: queries, latencies, events",
    },
    json: JSON_ARGUMENT,
  },
  examples: [
    { line: "gity list", says: "everything that is registered" },
    { line: "gity list --stats", says: "and how often and how fast they answer" },
    { line: "gity list --json", says: "the same for a program" },
  ],
  run: async ({ stats, json }, context) => {
    const client = reachDaemon(context);
    const plain = await client.list();
    const list = stats ? await withHealth(client, plain) : plain;
    if (json) {
      printJson(list);
      return 0;
    }
    const worktrees = list.repositories.flatMap((repository) => repository.worktrees);
    if (worktrees.length === 0) {
      printNote("nothing is registered; begin with 'gity register PATH'");
      return 0;
    }
    const titles = ["STATE", "DIRECTORIES", ...(stats ? STATISTICS : []), "WORKTREE"];
    const paint = paintFor(STDOUT);
    const rows = worktrees.map((worktree) => describe(worktree, paint));
    printTable(titles, rows, { numbers: NUMBERS, paint });
    return 0;
  },
});

const STATISTICS = ["QUERIES", "P50", "P99", "'/'", "EVENTS"];
const NUMBERS = new Set(["DIRECTORIES", ...STATISTICS]);

/** With what only the worktree's own health tells, and what the store holds of it. */
type ListedWorktree = WorktreeInfo & {
  readonly health?: WorktreeHealth;
  readonly snapshotBytes?: number;
};

/** Each looks at its worktree, so one after the other. */
async function withHealth(client: GityClient, list: RepositoryList): Promise<RepositoryList> {
  const { snapshots, logLines } = await client.storeStatistics();
  const snapshotSizes = new Map(snapshots.map(({ root, bytes }) => [root, bytes]));
  const lineCounts = new Map(logLines.map(({ commonDir, lines }) => [commonDir, lines]));
  const repositories = [];
  for (const repository of list.repositories) {
    const worktrees: ListedWorktree[] = [];
    for (const worktree of repository.worktrees) {
      // oxlint-disable-next-line no-await-in-loop
      const health = await healthOf(client, worktree);
      const snapshotBytes = snapshotSizes.get(worktree.root) ?? 0;
      worktrees.push(...(health === undefined ? [] : [{ ...worktree, health, snapshotBytes }]));
    }
    const logLineCount = lineCounts.get(repository.commonDir) ?? 0;
    repositories.push({ ...repository, logLines: logLineCount, worktrees });
  }
  return { repositories };
}

/** Undefined for one that is registered no longer. */
async function healthOf(
  client: GityClient,
  { root }: WorktreeInfo,
): Promise<WorktreeHealth | undefined> {
  try {
    return await client.health(root);
  } catch (error) {
    if (error instanceof GityError && error.code === "NOT_REGISTERED") {
      return undefined;
    }
    throw error;
  }
}

function describe(worktree: ListedWorktree, paint: Paint): readonly string[] {
  const { root, reason, health } = worktree;
  const { state, watchedDirectories } = health ?? worktree;
  return [
    paintState(state, paint),
    formatCount(watchedDirectories),
    ...(health === undefined ? [] : statisticsOf(health)),
    reason === null ? quoteReadable(root) : `${quoteReadable(root)}  (${visible(reason)})`,
  ];
}

function statisticsOf({
  queries,
  unknownAnswers,
  eventsRead,
  latency: { p50Us, p99Us },
}: WorktreeHealth): readonly string[] {
  return [
    formatCount(queries),
    p50Us === null ? "-" : formatLatency(p50Us),
    p99Us === null ? "-" : formatLatency(p99Us),
    formatCount(unknownAnswers),
    formatCount(eventsRead),
  ];
}
