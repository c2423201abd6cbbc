/** The control thread's side of the monitor, against a fake one that speaks the protocol. */

import { expect, test } from "bun:test";

import {
  type MonitoredWorktree,
  MonitorThread,
  type WalkSnapshots,
} from "../../src/daemon/monitor-thread.ts";
import type { WorktreeHealth } from "../../src/protocol/worktree-health.ts";
import { eventually } from "../support/eventually.ts";
import { rejection } from "../support/rejection.ts";

const NO_SNAPSHOTS: WalkSnapshots = {
  before: () => undefined,
  catchUp: async () => undefined,
  found: () => {},
  covered: () => {},
  due: () => {},
  forget: () => {},
};

async function startMonitor(onDeath: (reason: string) => void): Promise<MonitorThread> {
  return MonitorThread.start({
    monitorUrl: new URL("./fake-monitor.ts", import.meta.url),
    walkerUrl: new URL("./fake-walker.ts", import.meta.url),
    onDeath,
    onTrouble: unexpected,
    snapshots: NO_SNAPSHOTS,
  });
}

function worktree(root: string): MonitoredWorktree {
  const scope = {
    excluded: [],
    index: { path: "/", identity: "" },
    rules: [],
    isCaseIgnored: false,
  };
  return {
    id: 1,
    root,
    gitDir: `${root}/.git`,
    ownFolder: undefined,
    isSocketLocked: false,
    scope,
  };
}

const unexpected = (reason: string): void => {
  throw new Error(`the monitor died: ${reason}`);
};

test("MonitorThread opens, walks, asks and closes", async () => {
  await using monitor = await startMonitor(unexpected);
  const states: WorktreeHealth[] = [];
  const progress: number[] = [];
  monitor.subscribe({
    onState: (_id, health) => states.push(health),
    onWalkProgress: (_id, count) => progress.push(count),
    onRescope: () => {},
    onSocketLost: () => {},
    onWorktreesChanged: () => {},
    onClosed: () => {},
    onMoved: () => {},
    onStatusAsked: () => {},
    onGitStateMoved: () => {},
    onStarved: () => {},
  });

  const first = await monitor.open(worktree("/a"));
  const covered = await eventually(() => states.find(({ state }) => state === "ready"));

  expect(first.state).toBe("crawling");
  expect(covered.watchedDirectories).toBe(5);
  expect(progress).toEqual([2]);
  expect(await monitor.changes(1, "x")).toEqual({ token: covered.token, paths: ["x"] });
  expect(await monitor.health(1)).toMatchObject({ state: "ready" });
  await monitor.close(1);
  expect(await monitor.changes(1, "x")).toBeUndefined();
  expect(await monitor.health(1)).toBeUndefined();
});

test("MonitorThread tells requests apart", async () => {
  await using monitor = await startMonitor(unexpected);
  await monitor.open(worktree("/a"));

  const tokens = Array.from({ length: 200 }, (_, i) => `token ${i}`);
  const answers = await Promise.all(tokens.map((token) => monitor.changes(1, token)));

  expect(answers.map((answer) => answer?.paths?.[0])).toEqual(tokens);
});

test("MonitorThread reports a walker that dies as a walk that failed", async () => {
  await using monitor = await startMonitor(unexpected);
  const states: WorktreeHealth[] = [];
  monitor.subscribe({
    onState: (_id, health) => states.push(health),
    onWalkProgress: () => {},
    onRescope: () => {},
    onSocketLost: () => {},
    onWorktreesChanged: () => {},
    onClosed: () => {},
    onMoved: () => {},
    onStatusAsked: () => {},
    onGitStateMoved: () => {},
    onStarved: () => {},
  });

  await monitor.open(worktree("/broken"));

  expect(await eventually(() => states.find(({ state }) => state === "degraded"))).toMatchObject({
    reason: "walker",
  });
});

test("MonitorThread reports a death, and fails at once afterwards", async () => {
  const death = Promise.withResolvers<string>();
  const monitor = await startMonitor(death.resolve);

  await monitor.open(worktree("/dies"));

  expect(await death.promise).toContain("told to die");
  expect(await rejection(monitor.health(1))).toMatchObject({ code: "DAEMON_FAILED" });
  await monitor.stop();
});
