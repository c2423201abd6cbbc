/** How what happens becomes events, and when nobody is asked. */

import { expect, test } from "bun:test";

import { GityError } from "../../src/base/errors.ts";
import { EVENT_PATHS_MAX } from "../../src/base/limits.ts";
import { EventHub, type Interest } from "../../src/daemon/event-hub.ts";
import { Follower, type FollowableWorktree } from "../../src/daemon/follower.ts";
import type { WorktreeHealth } from "../../src/protocol/worktree-health.ts";
import { eventually } from "../support/eventually.ts";

const A: FollowableWorktree = { id: 1, root: "/a", commonDir: "/a/.git" };
const B: FollowableWorktree = { id: 2, root: "/b", commonDir: "/b/.git" };
const OF_A: Interest = { kinds: undefined, place: A };

function followed(lingerMs = 1, worktrees: FollowableWorktree[] = [A, B]) {
  const hub = new EventHub();
  const asked: [number, string][] = [];
  const left: number[] = [];
  const failures: GityError[] = [];
  const answers: { token: string; paths: readonly string[] | undefined }[] = [];
  const follower = new Follower({
    hub,
    worktrees: () => worktrees,
    find: (worktreeId) => worktrees.find(({ id }) => id === worktreeId),
    monitor: {
      follow: async (id, _commonDir, since) => {
        asked.push([id, since]);
        const failure = failures.shift();
        if (failure !== undefined) {
          throw failure;
        }
        return answers.shift() ?? { token: "next", paths: [] };
      },
      unfollow: (id) => void left.push(id),
    },
    batchMs: 1,
    lingerMs,
  });
  return { hub, follower, asked, left, answers, failures };
}

function events(sent: readonly { readonly data: string }[] | undefined) {
  return (sent ?? []).map(({ data }) => JSON.parse(data) as Record<string, unknown>);
}

test("Follower follows what somebody listens to, and nothing else", async () => {
  const { hub, follower, asked, left } = followed();
  expect(asked).toEqual([]);
  const logs = hub.subscribe({ kinds: new Set(["log"]), place: undefined });
  expect(asked).toEqual([]);
  const subscription = hub.subscribe(OF_A);
  await follower.covers(OF_A);
  expect(asked).toEqual([[1, ""]]);
  subscription[Symbol.dispose]();
  await eventually(() => left.length === 1);
  logs[Symbol.dispose]();
  follower[Symbol.dispose]();
});

test("many changes are one event, with the token to ask with next", async () => {
  const { hub, follower, asked, answers } = followed();
  answers.push({ token: "t1", paths: undefined }, { token: "t2", paths: ["a", "d/.gity", "d/"] });
  using subscription = hub.subscribe(OF_A);
  await follower.covers(OF_A);
  follower.moved(A.id);
  follower.moved(A.id);
  follower.gitStateMoved(A.id, "index");
  follower.gitStateMoved(A.id, "index");
  const told = [];
  while (told.length < 2) {
    told.push(...events(await subscription.take()));
  }
  expect(told).toMatchObject([
    { kind: "index", root: "/a" },
    { kind: "changes", root: "/a", token: "t2", isUnknown: false, paths: ["a", "d/"] },
  ]);
  expect(asked).toEqual([
    [1, ""],
    [1, "t1"],
  ]);
  follower[Symbol.dispose]();
});

test("what is unknown, or too much for an event, is told as that", async () => {
  const { hub, follower, answers } = followed();
  const many = Array.from({ length: EVENT_PATHS_MAX + 1 }, (_, i) => `f${i}`);
  answers.push({ token: "t1", paths: undefined }, { token: "t2", paths: undefined });
  using subscription = hub.subscribe(OF_A);
  await follower.covers(OF_A);
  follower.moved(A.id);
  expect(events(await subscription.take())).toMatchObject([{ isUnknown: true, token: "t2" }]);
  answers.push({ token: "t3", paths: many });
  follower.moved(A.id);
  expect(events(await subscription.take())).toMatchObject([
    { isUnknown: true, token: "t3", paths: [] },
  ]);
  follower[Symbol.dispose]();
});

test("states are told once each, and readiness is a reason to ask", async () => {
  const { hub, follower, asked } = followed();
  using subscription = hub.subscribe(OF_A);
  await follower.covers(OF_A);
  const health = { state: "degraded", reason: "r", cure: "c" } as WorktreeHealth;
  follower.stateChanged(A.id, health);
  follower.stateChanged(A.id, health);
  follower.stateChanged(B.id, health);
  follower.stateChanged(A.id, { ...health, state: "ready", reason: null, cure: null });
  expect(events(await subscription.take())).toMatchObject([
    { kind: "degraded", root: "/a", reason: "r", cure: "c" },
    { kind: "ready", root: "/a" },
  ]);
  await eventually(() => asked.length === 2);
  follower[Symbol.dispose]();
});

test("a worktree that opens while somebody listens to all is followed", async () => {
  const worktrees = [A];
  const { hub, follower, asked } = followed(1, worktrees);
  using _ = hub.subscribe({ kinds: undefined, place: undefined });
  worktrees.push(B);
  follower.stateChanged(B.id, { state: "crawling", reason: null, cure: null } as WorktreeHealth);
  expect(asked.map(([id]) => id)).toEqual([1, 2]);
  follower.closed(B.id);
  follower.moved(B.id);
  follower[Symbol.dispose]();
});

test("who comes back soon has missed nothing", async () => {
  const { hub, follower, asked, left, answers } = followed(60_000);
  const first = hub.subscribe(OF_A);
  await follower.covers(OF_A);
  hub.publish({ kind: "head", root: "/a" });
  const [seen] = events(await first.take());
  first[Symbol.dispose]();
  answers.push({ token: "t2", paths: ["a"] });
  follower.moved(A.id);
  await eventually(() => asked.length === 2);
  using again = hub.subscribe(OF_A, String(seen?.["id"]));
  await follower.covers(OF_A);
  expect(events(await again.take())).toMatchObject([{ kind: "changes", paths: ["a"] }]);
  expect(left).toEqual([]);
  follower[Symbol.dispose]();
});

test("who comes back after nobody listened is told that something is missing", async () => {
  const { hub, follower, left } = followed();
  const first = hub.subscribe(OF_A);
  await follower.covers(OF_A);
  hub.publish({ kind: "head", root: "/a" });
  const [seen] = events(await first.take());
  first[Symbol.dispose]();
  await eventually(() => left.length === 1);
  // What changes now is told to nobody, and becomes no event.
  follower.moved(A.id);
  hub.publish({ kind: "head", root: "/a" });
  using again = hub.subscribe(OF_A, String(seen?.["id"]));
  const [head, gap, ...rest] = events(await again.take());
  expect([head?.["kind"], gap?.["kind"], gap?.["lost"], rest]).toEqual(["head", "gap", null, []]);
  // With the gap's own id nothing is missing, nor is anything to who wants other things.
  for (const [interest, id] of [
    [OF_A, gap?.["id"]],
    [{ kinds: new Set(["log" as const]), place: undefined }, seen?.["id"]],
  ] as const) {
    using next = hub.subscribe(interest, String(id));
    hub.publish({ kind: "head", root: "/a" });
    const line = { id: 1, atMs: 1, level: "info", message: "m", fields: {} } as const;
    const ofNobody = { repositoryId: null, worktreeId: null };
    hub.publish({ kind: "log", commonDir: "/a/.git", line: { ...line, ...ofNobody } });
    const [event] = events(await next.take());
    expect(event?.["kind"]).not.toBe("gap");
  }
  follower[Symbol.dispose]();
});

test("a monitor that hangs is asked again, and anything may have changed", async () => {
  const { hub, follower, failures, answers } = followed();
  failures.push(new GityError("DAEMON_FAILED", "no reply"), new GityError("DAEMON_FAILED", "none"));
  using subscription = hub.subscribe(OF_A);
  await follower.covers(OF_A);
  answers.push({ token: "t1", paths: undefined });
  expect(events(await subscription.take())).toMatchObject([{ isUnknown: true, token: "t1" }]);
  failures.push(new GityError("DAEMON_FAILED", "no reply"));
  answers.push({ token: "t2", paths: ["a"] });
  follower.moved(A.id);
  expect(events(await subscription.take())).toMatchObject([{ paths: ["a"], token: "t2" }]);
  follower[Symbol.dispose]();
});
