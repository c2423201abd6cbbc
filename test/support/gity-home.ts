/**
 * A gity of a test's own: an isolated home, the built command line, and a daemon that is certain
 * to be gone at the end of the scope.
 */

import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join } from "node:path";

import { builtGity } from "./built.ts";
import { eventually } from "./eventually.ts";
import { GIT } from "./run-git.ts";
import { removeTree } from "./temp-dir.ts";

/** What a daemon that met a bug leaves in its log. */
const CRASH_SIGNS =
  /\b(?:BugError|bug: |panic|Segmentation fault|Uncaught|unhandled|TypeError|RangeError|ReferenceError|SyntaxError)/i;

export interface GityResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface GityOptions {
  /** Folder to run in; the home when not given. */
  readonly directory?: string;
  /** Added to the environment; undefined removes a variable. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

export interface GityHome extends AsyncDisposable {
  readonly path: string;
  /** Runs `gity ARGS` to its end. */
  gity(...args: string[]): Promise<GityResult>;
  /** Like gity(), somewhere else. */
  gityIn(options: GityOptions, ...args: string[]): Promise<GityResult>;
  /** Runs `gity ARGS --json`, which must succeed, and returns what it printed. */
  gityJson(...args: string[]): Promise<Record<string, unknown>>;
  /** Registers a worktree, by TEST_VIA, and waits until it is covered. */
  register(path: string): Promise<void>;
  /** Starts the daemon and returns its process id. */
  startDaemon(): Promise<number>;
  /** The running daemon's process id, undefined when there is none. */
  daemonPid(): Promise<number | undefined>;
  /** Kills the daemon and waits until it is gone. */
  killDaemon(signal: NodeJS.Signals): Promise<void>;
  /** The text of all its logs. */
  log(): string;
}

/**
 * How git is to ask in this run: `GITY_TEST_VIA`, for runs of the same tests with another git; see
 * run-git.ts. The hook, unless told otherwise, because the machine's own git may be an old one.
 */
export const TEST_VIA = process.env["GITY_TEST_VIA"] ?? "hook";

/** gity finds the git that the tests run. */
const SEARCH_PATH = [...(isAbsolute(GIT) ? [dirname(GIT)] : []), process.env["PATH"] ?? ""].join(
  delimiter,
);

/** A short path: a Unix socket's may have 107 bytes, and TMPDIR is long on some machines. */
const HOME_TEMPLATE = "/tmp/gity-h-";

export async function gityHome(): Promise<GityHome> {
  const executable = builtGity();
  const path = mkdtempSync(HOME_TEMPLATE);
  const pids = new Set<number>();

  async function gityIn(options: GityOptions, ...args: string[]): Promise<GityResult> {
    const child = Bun.spawn([executable, ...args], {
      cwd: options.directory ?? path,
      env: { ...process.env, PATH: SEARCH_PATH, GITY_HOME: path, ...options.environment },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr, exitCode] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    return { exitCode, stdout, stderr };
  }

  const gity = (...args: string[]): Promise<GityResult> => gityIn({}, ...args);

  async function register(worktree: string): Promise<void> {
    const { exitCode, stderr } = await gity("register", "--via", TEST_VIA, worktree);
    if (exitCode !== 0) {
      throw new Error(`gity register failed: ${stderr}\n${readLogs(path)}`);
    }
  }

  async function gityJson(...args: string[]): Promise<Record<string, unknown>> {
    const result = await gity(...args, "--json");
    if (result.exitCode !== 0) {
      throw new Error(`gity ${args.join(" ")} exited ${result.exitCode}: ${result.stderr.trim()}`);
    }
    return JSON.parse(result.stdout) as Record<string, unknown>;
  }

  async function daemonPid(): Promise<number | undefined> {
    const result = await gity("daemon", "status", "--json");
    const pid = result.exitCode === 0 ? findPid(JSON.parse(result.stdout)) : undefined;
    if (pid !== undefined) {
      pids.add(pid);
    }
    return pid;
  }

  async function startDaemon(): Promise<number> {
    const result = await gity("daemon", "start");
    const pid = result.exitCode === 0 ? await daemonPid() : undefined;
    if (pid === undefined) {
      throw new Error(`gity daemon start failed: ${result.stderr.trim()}\n${readLogs(path)}`);
    }
    return pid;
  }

  async function killDaemon(signal: NodeJS.Signals): Promise<void> {
    const pid = await daemonPid();
    if (pid === undefined) {
      throw new Error("there is no daemon to kill");
    }
    process.kill(pid, signal);
    await eventually(() => !isRunning(pid), { what: `the daemon (${pid}) to end on ${signal}` });
  }

  async function dispose(): Promise<void> {
    // A daemon started by `register`, or again after a kill, is known only to the daemon itself.
    const pid = await daemonPid();
    if (pid !== undefined) {
      await gity("daemon", "stop");
    }
    const left = await stopLeftovers(pids);
    const log = readLogs(path);
    removeTree(path);
    if (left.length > 0) {
      throw new Error(`the daemon (${left.join(", ")}) outlived 'gity daemon stop'\n${log}`);
    }
    if (CRASH_SIGNS.test(log)) {
      throw new Error(`the daemon's log tells of a crash:\n${log}`);
    }
  }

  return {
    path,
    gity,
    gityIn,
    gityJson,
    register,
    startDaemon,
    daemonPid,
    killDaemon,
    log: () => readLogs(path),
    [Symbol.asyncDispose]: dispose,
  };
}

/** True for a process that still does something; one that only waits to be reaped does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  if (!existsSync("/proc/self/stat")) {
    return true;
  }
  try {
    // proc(5): the state follows the name, which stands in parentheses and may hold any byte.
    return !/\) [ZX] /.test(readFileSync(stat, "latin1"));
  } catch {
    return false;
  }
}

/** Waits for the processes to end, kills those that do not, and returns these. */
async function stopLeftovers(pids: ReadonlySet<number>): Promise<number[]> {
  const left: number[] = [];
  for (const pid of pids) {
    try {
      // oxlint-disable-next-line no-await-in-loop
      await eventually(() => !isRunning(pid));
    } catch {
      left.push(pid);
      process.kill(pid, "SIGKILL");
    }
  }
  return left;
}

/** `daemon status --json` may hold the process id at the top or inside an object. */
function findPid(value: unknown): number | undefined {
  if (typeof value !== "object" || value === null) {
    return undefined;
  }
  if ("pid" in value && typeof value.pid === "number") {
    return value.pid;
  }
  return Object.values(value)
    .map(findPid)
    .find((pid) => pid !== undefined);
}

function readLogs(home: string): string {
  return readdirSync(home, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".log"))
    .map((name) => join(home, name))
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file, "utf8"))
    .join("");
}
