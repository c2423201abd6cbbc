/**
 * The gity that git's tests ask: copies of the built executables, a home and a daemon of its own,
 * and at the end the question what the daemon still holds.
 *
 * Copies, because a run takes long and `dist/` may be built again meanwhile.
 */

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
} from "node:fs";
import { join } from "node:path";

import { homeLayout } from "../../src/base/home.ts";
import { builtGity, builtHelper } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { isRunning } from "../support/gity-home.ts";

/** What a daemon holds that grows with what it watches. */
export interface DaemonHoldings {
  readonly inotifyInstances: number;
  readonly descriptors: number;
  readonly threads: number;
}

export interface GityUnderTest extends AsyncDisposable {
  readonly home: string;
  readonly helper: string;
  readonly before: DaemonHoldings;
  /** Sentences about what should not be, when all worktrees are gone. */
  complaints(): Promise<string[]>;
  readonly isRunning: () => boolean;
  /** Worktrees that were watched because they asked. */
  adoptedCount(): number;
}

/** Deleting hundreds of trees leaves this many events to read, at worst. */
const FORGETTING_MS_MAX = 60_000;

/** Threads of the runtime's pool come and go with its load; a leak grows with the scripts. */
const THREADS_SPARE = 8;

/** The log's connection, a database's journal: not one for each of hundreds of worktrees. */
const DESCRIPTORS_SPARE = 4;

export async function startGity(folder: string): Promise<GityUnderTest> {
  const home = join(folder, "h");
  const executable = join(folder, "gity");
  const helper = join(folder, "gity-helper");
  mkdirSync(home);
  copyFileSync(builtGity(), executable);
  copyFileSync(builtHelper(), helper);

  const tryGity = (...args: string[]) => {
    const environment = { ...process.env, GITY_HOME: home };
    const child = Bun.spawnSync([executable, ...args], { env: environment, stdin: "ignore" });
    const [stdout, stderr] = [child.stdout.toString(), child.stderr.toString()];
    return { exitCode: child.exitCode, stdout, stderr };
  };
  const gity = (...args: string[]): string => {
    const { exitCode, stdout, stderr } = tryGity(...args);
    if (exitCode !== 0) {
      throw new Error(`gity ${args.join(" ")} exited ${exitCode}: ${stderr}`);
    }
    return stdout;
  };
  const status = (): { pid: number; worktrees: number } =>
    JSON.parse(gity("daemon", "status", "--json")) as { pid: number; worktrees: number };
  const log = (): string => {
    const path = homeLayout({ GITY_HOME: home })?.log ?? "";
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  };

  gity("daemon", "start");
  const { pid } = status();
  const before = daemonHoldings(pid);

  /** What it says of each worktree it has not forgotten. */
  function remembered(): string[] {
    const roots = log()
      .split("\n")
      .map((line) => / info watching a worktree that nobody registered root=(.*)$/.exec(line)?.[1])
      .filter((root) => root !== undefined)
      .map((root) => (root.startsWith('"') ? (JSON.parse(root) as string) : root));
    return [...new Set(roots)].flatMap((root) => {
      const { exitCode, stdout } = tryGity("health", root, "--json");
      return exitCode === 0 ? [`  ${stdout.trim()}`] : [];
    });
  }

  async function complaints(): Promise<string[]> {
    const found: string[] = [];
    if (!isRunning(pid)) {
      return ["the daemon has ended, and its log with:", ...log().trim().split("\n").slice(-3)];
    }
    try {
      const options = { what: "every worktree to be forgotten", deadlineMs: FORGETTING_MS_MAX };
      await eventually(() => status().worktrees === 0, options);
      if (status().pid !== pid) {
        found.push("the daemon is not the one that was started");
      }
      found.push(...compareHoldings(before, daemonHoldings(pid)));
    } catch (error) {
      found.push(`the daemon: ${error instanceof Error ? error.message : String(error)}`);
      found.push(...remembered());
    }
    const errors = log()
      .split("\n")
      // Warnings are about trees that went while they were looked at.
      .filter((line) => /^\S+ error /.test(line));
    return [...found, ...errors.map((line) => `the daemon's log: ${line}`)];
  }

  return {
    home,
    helper,
    before,
    complaints,
    isRunning: () => isRunning(pid),
    adoptedCount: () => log().split(" info watching a worktree that nobody registered ").length - 1,
    async [Symbol.asyncDispose]() {
      if (isRunning(pid)) {
        gity("daemon", "stop");
      }
      await eventually(() => !isRunning(pid), { what: "the daemon to end" });
    },
  };
}

function daemonHoldings(pid: number): DaemonHoldings {
  const descriptors = readdirSync(`/proc/${pid}/fd`);
  return {
    inotifyInstances: descriptors.filter((fd) => isInotify(`/proc/${pid}/fd/${fd}`)).length,
    descriptors: descriptors.length,
    threads: readdirSync(`/proc/${pid}/task`).length,
  };
}

function isInotify(path: string): boolean {
  try {
    return readlinkSync(path) === "anon_inode:inotify";
  } catch {
    return false;
  }
}

function compareHoldings(before: DaemonHoldings, after: DaemonHoldings): string[] {
  const grown = [
    ["inotify instances", before.inotifyInstances, after.inotifyInstances, 1],
    ["descriptors", before.descriptors, after.descriptors, DESCRIPTORS_SPARE],
    ["threads", before.threads, after.threads, THREADS_SPARE],
  ] as const;
  return grown
    .filter(([, first, last, spare]) => last > first + spare)
    .map(([what, first, last]) => `the daemon has ${last} ${what}, and had ${first}`);
}
