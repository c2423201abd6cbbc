/** `gity stats`: what does gity save? */

import { resolve } from "node:path";

import { MEASURED_RUNS_MAX } from "../../base/limits.ts";
import { gityCommand, JSON_ARGUMENT, usageError } from "../command.ts";
import { untilInterrupted } from "../interrupt.ts";
import { printError, printJson, printLines, printNote, printWarning } from "../output.ts";
import { quoteReadable } from "../quote-path.ts";
import { reachDaemon } from "../reach-daemon.ts";
import { bench, type BenchReport } from "../stats/bench.ts";
import {
  describeBench,
  describeDifferences,
  describeTotal,
  describeWorktree,
  TABLE_HEADINGS,
  TABLE_NUMBERS,
  tableRow,
} from "../stats/describe.ts";
import { drawLatencies } from "../stats/draw-latencies.ts";
import { collectStats, type StatsReport } from "../stats/report.ts";
import { printFacts, printTable } from "../table.ts";
import { outputColumns, paintFor, STDOUT } from "../terminal.ts";

const RUNS = 10;
const DISAGREEMENT_EXIT_CODE = 1;

export default gityCommand({
  name: "stats",
  description:
    "Show what gity saves: questions, answers, latencies, and the time git did not take\n" +
    "With --bench, exit code 1 when git says something else with gity than without.",
  args: {
    path: {
      type: "positional",
      required: false,
      description: "any file or folder in a worktree (everything that is registered)",
      valueHint: "PATH",
    },
    bench: {
      type: "boolean",
      default: false,
      description: "run 'git status' with gity and without, in turn, here if no PATH is given",
    },
    runs: {
      type: "string",
      description: `with --bench: so many times each (${RUNS})`,
      valueHint: "N",
    },
    json: JSON_ARGUMENT,
  },
  examples: [
    { line: "gity stats", says: "everything that is registered" },
    { line: "gity stats .", says: "the worktree of the current folder, in detail" },
    { line: "gity stats --bench --runs 30", says: "measure it, with a narrower interval" },
    { line: "gity stats --json", says: "the same for a program" },
  ],
  run: async ({ path, bench: isMeasured, runs, json }, context) => {
    if (runs !== undefined && !isMeasured) {
      throw usageError("--runs needs --bench");
    }
    const count = runs === undefined ? RUNS : parseRuns(runs);
    const client = reachDaemon(context);
    if (!isMeasured) {
      const stats = await collectStats(client, path === undefined ? undefined : resolve(path));
      if (json) {
        printJson(stats);
      } else {
        printStats(stats, path !== undefined);
      }
      return 0;
    }
    return untilInterrupted(async (signal) => {
      const place = resolve(path ?? ".");
      const measured = await bench(client, place, { runs: count, signal });
      const stats = await collectStats(client, place);
      if (json) {
        printJson({ ...stats, bench: measured } satisfies StatsReport);
      } else if (measured.agree) {
        printFacts(describeBench(measured));
      }
      tellTrouble(measured, stats.worktrees[0]?.root ?? place);
      return measured.agree ? 0 : DISAGREEMENT_EXIT_CODE;
    });
  },
});

/** @throws GityError INVALID_REQUEST */
function parseRuns(text: string): number {
  const runs = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (runs < 1 || runs > MEASURED_RUNS_MAX) {
    throw usageError(`'--runs' is a number from 1 to ${MEASURED_RUNS_MAX}, not '${text}'`);
  }
  return runs;
}

/** To people, also where a program reads the rest. */
function tellTrouble(measured: BenchReport, root: string): void {
  if (measured.agree) {
    for (const doubt of measured.doubts) {
      printWarning(`${doubt}; the result is not kept`);
    }
    return;
  }
  printError(
    `git says something else with gity than without it in '${quoteReadable(root)}'`,
    [
      ...describeDifferences(measured),
      "'git -c core.fsmonitor=false status' has git look for itself; please report this",
    ].join("\n"),
  );
}

function printStats(report: StatsReport, isDetailed: boolean): void {
  const { worktrees, total } = report;
  const [first] = worktrees;
  if (first === undefined) {
    printNote("nothing is registered; begin with 'gity register PATH'");
    return;
  }
  const nowMs = Date.now();
  const paint = paintFor(STDOUT);
  printFacts(
    isDetailed ? describeWorktree(first, report, { nowMs, paint }) : describeTotal(report, nowMs),
  );
  const drawing = drawLatencies(total.latency, { columns: outputColumns(), paint });
  printLines(drawing.length === 0 ? [] : ["", ...drawing]);
  if (!isDetailed) {
    printLines([""]);
    printTable(TABLE_HEADINGS, worktrees.map(tableRow), { numbers: TABLE_NUMBERS, paint });
  }
}
