/**
 * Runs the benchmarks and prints what they found.
 *
 *     npm run bench -- [--json] [QUESTION…]     helper-process, start, status, socket, commands, cover, restart, maintenance, checkout, daemon,
 *                                            share, ready-status, ready-edit, ready-build, ready-status-million, new-worktree, many-worktrees
 *
 * Exits 1 when a figure is not as hoped; a benchmark never gates a merge.
 */

import { enterCleanRoom } from "../test/support/clean-room.ts";
import { tempDir } from "../test/support/temp-dir.ts";
import { measureCheckout } from "./checkout.ts";
import { measureCommands } from "./commands.ts";
import { measureCover } from "./cover.ts";
import { measureDaemon } from "./daemon.ts";
import { type BenchReport, describeMachine, formatReport, isAsHoped } from "./harness.ts";
import { measureHelperProcess } from "./helper-process.ts";
import { measureMaintenance } from "./maintenance.ts";
import { measureManyWorktrees } from "./many-worktrees.ts";
import { measureNewWorktree } from "./new-worktree.ts";
import { measureReadyBuild } from "./ready-build.ts";
import { measureReadyEdit } from "./ready-edit.ts";
import { measureReadyStatus, measureReadyStatusOfMillion } from "./ready-status.ts";
import { measureRestart } from "./restart.ts";
import { measureShare } from "./share.ts";
import { measureSocket } from "./socket.ts";
import { measureStart } from "./start.ts";
import { measureStatus } from "./status.ts";

const QUESTIONS: Readonly<Record<string, () => Promise<BenchReport>>> = {
  "helper-process": measureHelperProcess,
  start: measureStart,
  status: measureStatus,
  socket: measureSocket,
  commands: measureCommands,
  cover: measureCover,
  restart: measureRestart,
  maintenance: measureMaintenance,
  checkout: measureCheckout,
  daemon: measureDaemon,
  "ready-status": measureReadyStatus,
  "ready-edit": measureReadyEdit,
  "ready-build": measureReadyBuild,
  "ready-status-million": measureReadyStatusOfMillion,
  share: measureShare,
  "new-worktree": measureNewWorktree,
  "many-worktrees": measureManyWorktrees,
};

/** It takes minutes, and gigabytes, to make what they ask about. */
const ONLY_WHEN_NAMED: ReadonlySet<string> = new Set(["ready-status-million", "many-worktrees"]);

async function main(args: readonly string[]): Promise<number> {
  const isJson = args.includes("--json");
  const wanted = args.filter((arg) => arg !== "--json");
  const unknown = wanted.find((name) => QUESTIONS[name] === undefined);
  if (unknown !== undefined) {
    process.stderr.write(
      `error: no such question '${unknown}'\nhint: ${Object.keys(QUESTIONS).join(", ")}\n`,
    );
    return 2;
  }
  using home = tempDir("bench-home");
  enterCleanRoom(home.path);
  process.stderr.write(`${describeMachine()}\n\n`);
  const reports: BenchReport[] = [];
  for (const [name, measure] of Object.entries(QUESTIONS)) {
    if (wanted.length === 0 ? !ONLY_WHEN_NAMED.has(name) : wanted.includes(name)) {
      process.stderr.write(`${name} …\n`);
      // One at a time, so that each has the machine to itself.
      // oxlint-disable-next-line no-await-in-loop
      const report = await measure();
      reports.push(report);
      if (!isJson) {
        process.stdout.write(`\n${formatReport(report)}\n\n`);
      }
    }
  }
  if (isJson) {
    process.stdout.write(`${JSON.stringify({ machine: describeMachine(), reports }, null, 2)}\n`);
  }
  return reports.every((report) => report.figures.every(isAsHoped)) ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
