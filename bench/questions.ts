/** Every question there is, in the order in which they are asked. */

import type { Budget } from "./budget.ts";
import { measureCheckout } from "./checkout.ts";
import { measureCommands } from "./commands.ts";
import { measureCover } from "./cover.ts";
import { measureDaemon } from "./daemon.ts";
import { measureEvents } from "./events.ts";
import type { BenchReport } from "./harness.ts";
import { measureDay } from "./day.ts";
import { measureHelperProcess } from "./helper-process.ts";
import { measureMaintenance } from "./maintenance.ts";
import { measureManyWorktrees } from "./many-worktrees.ts";
import { measureMemory } from "./memory.ts";
import { measureNewDirectories } from "./new-directories.ts";
import { measureNewWorktree } from "./new-worktree.ts";
import { measureQuery } from "./query.ts";
import { measureReadyBuild } from "./ready-build.ts";
import { measureReadyEdit } from "./ready-edit.ts";
import { measureReadyStatus, measureReadyStatusOfMillion } from "./ready-status.ts";
import { measureLinuxKernel, measureNodeModules } from "./real-trees.ts";
import { measureRestart } from "./restart.ts";
import { measureShare, measureShareInstalled } from "./share.ts";
import { measureSystemCalls } from "./system-calls.ts";
import { measureStart } from "./start.ts";
import { measureStatusByChanges } from "./status-by-changes.ts";
import { measureStatusByFiles, measureStatusOfMillion } from "./status-by-files.ts";

export const QUESTIONS: Readonly<Record<string, (budget: Budget) => Promise<BenchReport>>> = {
  "status-by-files": measureStatusByFiles,
  "status-by-changes": measureStatusByChanges,
  "new-directories": measureNewDirectories,
  query: measureQuery,
  "system-calls": measureSystemCalls,
  day: measureDay,
  "helper-process": measureHelperProcess,
  start: measureStart,
  commands: measureCommands,
  cover: measureCover,
  restart: measureRestart,
  checkout: measureCheckout,
  events: measureEvents,
  daemon: measureDaemon,
  memory: measureMemory,
  "ready-status": measureReadyStatus,
  "ready-edit": measureReadyEdit,
  "ready-build": measureReadyBuild,
  "new-worktree": measureNewWorktree,
  maintenance: measureMaintenance,
  share: measureShare,
  "share-installed": measureShareInstalled,
  "linux-kernel": measureLinuxKernel,
  "node-modules": measureNodeModules,
  "status-of-million": measureStatusOfMillion,
  "ready-status-million": measureReadyStatusOfMillion,
  "many-worktrees": measureManyWorktrees,
};

/** It takes minutes, and gigabytes, to make what they ask about, or a file system that not everybody has. */
export const ONLY_WHEN_NAMED: ReadonlySet<string> = new Set([
  "linux-kernel",
  "node-modules",
  "status-of-million",
  "ready-status-million",
  "many-worktrees",
  "share",
  "share-installed",
]);

/** One after the other, on the same trees; whoever comes next finds the machine without them. */
export const ON_SHARED_TREES: ReadonlySet<string> = new Set([
  "status-by-files",
  "status-by-changes",
  "new-directories",
  "query",
  "system-calls",
  "day",
]);
