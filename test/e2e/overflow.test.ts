/** A daemon that is stopped while more happens than the kernel's queue holds. */

import { expect, test } from "bun:test";
import { closeSync, futimesSync, openSync, readFileSync, renameSync, rmSync } from "node:fs";

import { encodeMessage } from "../../src/protocol/pkt-line.ts";
import { builtHelper } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { connectUnix } from "../support/system-calls.ts";
import { type WatchedWorktree, watchedWorktree } from "../support/watched-worktree.ts";

const QUEUED_EVENTS_MAX = Number(readFileSync("/proc/sys/fs/inotify/max_queued_events", "utf8"));

/** What a helper may take beyond its own start: COOKIE_WAIT_MS and SOCKET_WAIT_MS, and a bit. */
const HELPER_PATIENCE_MS = 100;

/** Stops the daemon for the length of `act`. */
async function whileStopped(watched: WatchedWorktree, act: () => void): Promise<void> {
  const pid = (await watched.home.daemonPid()) ?? 0;
  process.kill(pid, "SIGSTOP");
  try {
    act();
  } finally {
    process.kill(pid, "SIGCONT");
  }
}

/**
 * Two files in turn: the kernel merges an event only with the one just before (inotify(7)). Twice as many
 * events as there is room for: a thread that is told to stop may read a few more first.
 */
function overflow({ tree }: WatchedWorktree): void {
  const fds = ["noise1", "noise2"].map((name) => openSync(tree.join(name), "a"));
  for (let i = 0; i <= 2 * QUEUED_EVENTS_MAX; i += 1) {
    futimesSync(fds[i % 2] ?? -1, 1e9 + i, 1e9 + i);
  }
  fds.forEach((fd) => closeSync(fd));
}

async function resyncs({ home, tree }: WatchedWorktree): Promise<number> {
  return Number((await home.gityJson("health", tree.path))["resyncs"]);
}

test("E9 after a real overflow git status is right, twice in a row, and soon answered", async () => {
  await using watched = await watchedWorktree("overflow", {
    files: { "d/f": "1", "e/g": "1", noise1: "", noise2: "" },
  });
  const { tree } = watched;
  for (let round = 1; round <= 2; round += 1) {
    // Each round waits for the one before.
    // oxlint-disable-next-line no-await-in-loop
    await whileStopped(watched, () => {
      overflow(watched);
      // None of these has an event: the queue is full.
      tree.write(`d/new${round}`, "");
      tree.write("d/f", `${round}`);
      renameSync(tree.join("e"), tree.join(`e${round}`));
      renameSync(tree.join(`e${round}`), tree.join("e"));
      tree.write("e/g", `${round}`);
      watched.check();
    });
    watched.check();
    watched.check();
    // oxlint-disable-next-line no-await-in-loop
    expect(await eventually(async () => (await resyncs(watched)) >= round)).toBe(true);
    // oxlint-disable-next-line no-await-in-loop
    await eventually(() => watched.isAnswered());
    watched.check();
    tree.write("d/f", `after ${round}`);
    watched.check();
  }
});

test("E9 a checkout during an overflow, and a query that waits through it", async () => {
  await using watched = await watchedWorktree("overflow", {
    files: { "d/f": "1", g: "1", noise1: "", noise2: "" },
  });
  const { tree } = watched;
  tree.git("checkout", "--quiet", "-b", "other");
  tree.write("d/f", "2");
  rmSync(tree.join("g"));
  tree.write("n/m", "");
  tree.git("add", "--all");
  tree.git("commit", "--quiet", "--message=other");
  watched.check();
  using client = connectUnix(`${tree.gitDir}/fsmonitor--daemon.ipc`);
  expect(client).toBeDefined();
  await whileStopped(watched, () => {
    client?.send(encodeMessage(Buffer.from("builtin:fake")));
    overflow(watched);
    tree.git("checkout", "--quiet", "main");
    watched.check();
  });
  const reply = await eventually(() => client?.receive());
  expect(reply.toString("latin1")).toMatch(/gity:[0-9a-f]{16}:\d+(?::l)?\0.*\/\0/s);
  watched.check();
  watched.check();
  expect(await eventually(async () => (await resyncs(watched)) >= 1)).toBe(true);
});

test("A1 a stopped daemon costs the helper its deadline, and the answer is everything", async () => {
  await using watched = await watchedWorktree("stopped", { files: { f: "1" } });
  const { token } = await watched.changedSince("");
  const ask = (): { answer: string; ms: number } => {
    const startMs = performance.now();
    const { stdout } = Bun.spawnSync([builtHelper(), "2", token], {
      cwd: watched.tree.path,
      env: process.env,
    });
    return { answer: stdout.toString("latin1"), ms: performance.now() - startMs };
  };
  const running = Array.from({ length: 7 }, ask);
  let stopped: typeof running = [];
  await whileStopped(watched, () => {
    stopped = Array.from({ length: 7 }, ask);
  });
  expect(running.every(({ answer }) => !answer.includes("/\0"))).toBe(true);
  expect(stopped.every(({ answer }) => answer.endsWith("\0/\0"))).toBe(true);
  expect(leastMs(stopped) - leastMs(running)).toBeLessThan(HELPER_PATIENCE_MS);
});

/** The least of several: what else the machine does only adds to it. */
function leastMs(asked: readonly { readonly ms: number }[]): number {
  return Math.min(...asked.map(({ ms }) => ms));
}
