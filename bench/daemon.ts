/**
 * Question: what does the daemon cost while nothing happens?
 *
 * Method: 100,000 files covered, and 40 seconds of rest; then proc(5): resident memory, processor time and context
 * switches of all its threads, before and after ten seconds in which nobody asks anything.
 *
 * What would change my mind: any processor time at all, because idle means no timer and no polling; more than 70 MB of
 * resident memory.
 */

import { readdirSync, readFileSync } from "node:fs";

import type { Budget } from "./budget.ts";
import type { BenchReport } from "./harness.ts";
import { coveredWorktree, LARGE_TREE } from "./large-worktree.ts";
import { cpuMsOf } from "./memory.ts";

const IDLE_MS = 10_000;

/** The runtime's collector looks around once a second for half a minute after the last work. */
const SETTLE_MS = 40_000;

const RESIDENT_MB_MAX = 70;

export async function measureDaemon(budget: Budget): Promise<BenchReport> {
  await using covered = await coveredWorktree("bench-daemon", budget.tree(LARGE_TREE));
  const pid = await covered.home.daemonPid();
  if (pid === undefined) {
    throw new Error("the daemon is not running");
  }
  await Bun.sleep(SETTLE_MS);
  const residentMb = statusNumber(pid, "VmRSS") / 1024;
  const cpuBefore = cpuMsOf(pid);
  const switchesBefore = contextSwitches(pid);
  await Bun.sleep(IDLE_MS);
  return {
    question: "What does the daemon cost while nothing happens, 100,000 files covered?",
    measurements: [],
    figures: [
      { name: "resident memory", value: residentMb, unit: "MB", atMost: RESIDENT_MB_MAX },
      {
        name: "highest resident memory",
        value: statusNumber(pid, "VmHWM") / 1024,
        unit: "MB",
      },
      {
        name: "processor time in 10 idle seconds",
        value: cpuMsOf(pid) - cpuBefore,
        unit: "ms",
        atMost: 0,
      },
      {
        name: "context switches in 10 idle seconds",
        value: countSince(switchesBefore, contextSwitches(pid)),
        unit: "",
      },
    ],
  };
}

/** By thread, those that wait and those that are kept from the processor (proc(5)). */
function contextSwitches(pid: number): ReadonlyMap<string, number> {
  return new Map(
    readdirSync(`/proc/${pid}/task`).map((thread) => {
      const status = readFileSync(`/proc/${pid}/task/${thread}/status`, "latin1");
      const counts = [...status.matchAll(/ctxt_switches:\s*(\d+)/g)].map((match) =>
        Number(match[1]),
      );
      return [thread, counts.reduce((sum, count) => sum + count, 0)];
    }),
  );
}

/** Of the threads that are still there: one that has ended meanwhile takes its count along. */
function countSince(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): number {
  return [...after].reduce((sum, [thread, count]) => sum + count - (before.get(thread) ?? 0), 0);
}

function statusNumber(pid: number, name: string): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1] ?? Number.NaN);
}
