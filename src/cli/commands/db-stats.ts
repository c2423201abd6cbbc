/** `gity db stats`: what does the store hold, and how large is it? */

import { formatBytes } from "../../base/format-bytes.ts";
import type { StoreStatistics } from "../../protocol/store-upkeep.ts";
import { gityCommand, JSON_ARGUMENT } from "../command.ts";
import { formatCount, formatDuration, printJson, printLines, printNote } from "../output.ts";
import { quoteReadable } from "../quote-path.ts";
import { withStore } from "../store-upkeep.ts";
import { printFacts, printTable } from "../table.ts";

export default gityCommand({
  name: "db stats",
  description: "Show what gity's store holds, and how large it is",
  args: { json: JSON_ARGUMENT },
  examples: [
    { line: "gity db stats", says: "size, rows, and the snapshots of worktrees" },
    { line: "gity db stats --json", says: "the same for a program" },
  ],
  run: async ({ json }, context) => {
    const statistics = await withStore(context, (store) => store.storeStatistics());
    if (json) {
      printJson(statistics);
    } else if (statistics.databaseBytes === 0) {
      printNote("nothing is stored yet");
    } else {
      print(statistics, Date.now());
    }
    return 0;
  },
});

function print(statistics: StoreStatistics, nowMs: number): void {
  const { path, databaseBytes, walBytes, pageBytes, freePages, oldestLogAtMs } = statistics;
  printFacts([
    ["store", quoteReadable(path)],
    ["size", formatBytes(databaseBytes)],
    ["write-ahead log", formatBytes(walBytes)],
    ["unused", formatBytes(freePages * pageBytes)],
    [
      "oldest log line",
      oldestLogAtMs === null ? "none" : `${formatDuration(nowMs - oldestLogAtMs)} old`,
    ],
  ]);
  if (statistics.tables.length > 0) {
    printLines([""]);
    printTable(
      ["ROWS", "TABLE"],
      statistics.tables.map(({ name, rows }) => [formatCount(rows), name]),
      { numbers: new Set(["ROWS"]) },
    );
  }
  if (statistics.snapshots.length > 0) {
    printLines([""]);
    printTable(
      ["SNAPSHOT", "AGE", "WORKTREE"],
      statistics.snapshots.map(({ root, bytes, takenAtMs }) => [
        formatBytes(bytes),
        formatDuration(nowMs - takenAtMs),
        quoteReadable(root),
      ]),
      { numbers: new Set(["SNAPSHOT", "AGE"]) },
    );
  }
}
