/**
 * A day in the life of a daemon that the kernel kills in the middle of it: at the n-th call of one kind
 * that one of its threads makes. strace(1) kills it before the call is carried out.
 *
 * The day: it starts, a repository is registered and crawled, files come, change and go, the log is
 * rotated, the store is written, the daemon ends, starts again and catches up. Whenever it is gone git is
 * asked without it, and it is started anew.
 */

import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";

import { builtGity } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { type GityHome, gityHome } from "../support/gity-home.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import { type TempWorktree, tempWorktree } from "../support/temp-worktree.ts";

/** Calls by which something comes to be on a disk, is watched, or is said to somebody. */
export const CALLS = [
  "pwrite64",
  "openat",
  "rename",
  "unlink",
  "fdatasync",
  "flock",
  "mkdir",
  "inotify_add_watch",
  "getdents64",
  "accept4",
  "sendto",
  "write",
] as const;

export type Call = (typeof CALLS)[number];

/** So long that a few thousand of them make the log large enough to be rotated. */
const LONG = "x".repeat(150);
const LONG_FILES = 1_500;
const ROTATING_ROUNDS = 6;

export interface Crash {
  readonly call: Call;
  /** Of each thread's calls of this kind, counted from 1. */
  readonly when: number;
}

export interface CrashResult {
  /** How often the daemon was killed. */
  readonly kills: number;
}

/** @throws Error when git with gity says something else than git alone, at any moment of the day */
export async function liveThrough(crash: Crash): Promise<CrashResult> {
  await using home = await gityHome();
  using tree = tempWorktree("crashes", { files: { f: "1", "a/f": "1", "a/b/g": "1" } });
  mkdirSync(tree.join("long"));
  let kills = 0;
  const check = (): void => void expectStatusMatchesOracle(tree.path);
  for (const step of STEPS) {
    // oxlint-disable-next-line no-await-in-loop
    await using daemon = await startTraced(home, crash);
    // oxlint-disable-next-line no-await-in-loop
    await step(home, tree, check);
    check();
    // oxlint-disable-next-line no-await-in-loop
    kills += (await daemon.end()) ? 1 : 0;
    appendFileSync(tree.join("a/f"), "while nobody watches");
    writeFileSync(tree.join(`a/new${kills}`), "");
    check();
  }
  // Killed early enough, it was never registered.
  await home.gity("register", "--via", "hook", tree.path);
  await eventually(async () => (await home.gityJson("health", tree.path))["state"] === "ready");
  check();
  appendFileSync(tree.join("a/b/g"), "at the end");
  check();
  return { kills };
}

type Step = (home: GityHome, tree: TempWorktree, check: () => void) => Promise<void>;

const STEPS: readonly Step[] = [
  async (home, tree, check) => {
    await home.gity("register", "--via", "hook", tree.path);
    check();
    for (const name of ["a/f", "a/b/g", "new"]) {
      appendFileSync(tree.join(name), "more");
      check();
    }
  },
  async (_home, tree, check) => {
    check();
    for (let round = 0; round < ROTATING_ROUNDS; round += 1) {
      for (let i = 0; i < LONG_FILES; i += 1) {
        appendFileSync(tree.join(`long/${LONG}${i}`), "x");
      }
      check();
    }
    rmSync(tree.join("long"), { recursive: true });
    mkdirSync(tree.join("moved/in"), { recursive: true });
    writeFileSync(tree.join("moved/in/f"), "");
    check();
  },
  async (home, tree, check) => {
    tree.git("add", "--all");
    check();
    tree.git("commit", "--quiet", "--message=one");
    await home.gity("register", tree.path);
    check();
    await home.gity("daemon", "stop");
    check();
  },
];

interface TracedDaemon extends AsyncDisposable {
  /** Ends it if it is still there. True when the tracer had killed it. */
  end(): Promise<boolean>;
}

async function startTraced(home: GityHome, { call, when }: Crash): Promise<TracedDaemon> {
  // Whatever a command has started meanwhile.
  await home.gity("daemon", "stop");
  const tracing = `-f -qq -o /dev/null -e trace=${call} -e inject=${call}:signal=SIGKILL:when=${when}`;
  const tracer = Bun.spawn(["strace", ...tracing.split(" "), builtGity(), "daemon", "run"], {
    env: { ...process.env, GITY_HOME: home.path },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
  });
  const isGone = (): boolean => tracer.exitCode !== null || tracer.signalCode !== null;
  await eventually(async () => isGone() || (await home.daemonPid()) !== undefined);
  const end = async (): Promise<boolean> => {
    const wasKilled = isGone() && tracer.exitCode !== 0;
    await home.gity("daemon", "stop");
    await tracer.exited;
    return wasKilled || tracer.signalCode === "SIGKILL";
  };
  return {
    end,
    [Symbol.asyncDispose]: async () => {
      await end();
    },
  };
}
