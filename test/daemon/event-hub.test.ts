/** Who is told what, and what becomes of who does not listen. */

import { expect, test } from "bun:test";

import {
  EVENTS_KEPT_MAX,
  SUBSCRIBER_BYTES_MAX,
  SUBSCRIBER_EVENTS_MAX,
} from "../../src/base/limits.ts";
import { EventHub, type Interest, type Subscription } from "../../src/daemon/event-hub.ts";
import type { GityEvent } from "../../src/protocol/api.ts";
import { gityEvent } from "../../src/protocol/schemas.ts";

const EVERYTHING: Interest = { kinds: undefined, place: undefined };
const A = { root: "/a", commonDir: "/a/.git" };

async function taken(subscription: Subscription): Promise<readonly GityEvent[]> {
  const sent = (await subscription.take()) ?? [];
  return sent.map(({ id, kind, data }) => {
    const event = gityEvent.parse(JSON.parse(data));
    expect([event.id, event.kind]).toEqual([id, kind]);
    return event;
  });
}

async function kinds(subscription: Subscription): Promise<string[]> {
  return (await taken(subscription)).map(({ kind }) => kind);
}

test("EventHub tells each what he has asked for, in order", async () => {
  const hub = new EventHub();
  using all = hub.subscribe(EVERYTHING);
  using index = hub.subscribe({ kinds: new Set(["index"]), place: undefined });
  using ofA = hub.subscribe({ kinds: undefined, place: A });
  hub.publish({ kind: "index", root: "/a" });
  hub.publish({ kind: "index", root: "/b" });
  hub.publish({ kind: "head", root: "/a" });
  hub.publish({ kind: "registered", commonDir: "/a/.git" });
  hub.publish({ kind: "registered", commonDir: "/b/.git" });

  expect(await kinds(all)).toEqual(["index", "index", "head", "registered", "registered"]);
  expect(await kinds(index)).toEqual(["index", "index"]);
  expect(await kinds(ofA)).toEqual(["index", "head", "registered"]);
});

test("take() waits for what comes, and ends with the subscription", async () => {
  const hub = new EventHub();
  const subscription = hub.subscribe(EVERYTHING);
  const first = subscription.take();
  hub.publish({ kind: "head", root: "/a" });
  expect((await first)?.length).toBe(1);
  const last = subscription.take();
  hub.close();
  expect(await last).toBeUndefined();
  expect(hub.subscribers).toBe(0);
});

test("who comes back is told what he missed, and nothing twice", async () => {
  const hub = new EventHub();
  const before = hub.subscribe(EVERYTHING);
  hub.publish({ kind: "head", root: "/a" });
  hub.publish({ kind: "head", root: "/b" });
  const [, last] = await taken(before);
  before[Symbol.dispose]();
  hub.publish({ kind: "head", root: "/c" });
  hub.publish({ kind: "index", root: "/c" });
  using again = hub.subscribe({ kinds: new Set(["head"]), place: undefined }, last?.id);
  hub.publish({ kind: "head", root: "/d" });
  expect((await taken(again)).map((event) => ("root" in event ? event.root : ""))).toEqual([
    "/c",
    "/d",
  ]);
});

test("who was away for too long is told how much he missed", async () => {
  const hub = new EventHub();
  using first = hub.subscribe(EVERYTHING);
  hub.publish({ kind: "head", root: "/a" });
  const [{ id } = { id: "" }] = await taken(first);
  for (let i = 0; i < EVENTS_KEPT_MAX + 10; i += 1) {
    hub.publish({ kind: "head", root: `/${i}` });
  }
  using again = hub.subscribe({ kinds: new Set(["index"]), place: undefined }, id);
  const [gap] = await taken(again);
  expect(gap).toMatchObject({ kind: "gap", reason: "too-old", lost: 10 });
  // With the gap's own id nothing is missing.
  using third = hub.subscribe(EVERYTHING, gap?.id);
  expect((await taken(third))[0]).toMatchObject({ kind: "head", root: "/10" });
});

test.each(["", "x", "-", "00000000-1", "00000000-99999999999999999999"])(
  "an id of another daemon, or of nobody, is a gap: %j",
  async (id) => {
    const hub = new EventHub();
    hub.publish({ kind: "head", root: "/a" });
    using subscription = hub.subscribe(EVERYTHING, id);
    hub.publish({ kind: "index", root: "/a" });
    expect(await taken(subscription)).toMatchObject([
      { kind: "gap", reason: "restarted", lost: null },
      { kind: "index" },
    ]);
  },
);

test("an id that was not given out yet is a gap", async () => {
  const hub = new EventHub();
  using first = hub.subscribe(EVERYTHING);
  hub.publish({ kind: "head", root: "/a" });
  const [event] = await taken(first);
  using again = hub.subscribe(EVERYTHING, event?.id.replace(/\d+$/, "7"));
  expect(await taken(again)).toMatchObject([{ kind: "gap", reason: "restarted" }]);
});

test("a slow subscriber loses events, is told how many, and holds no more than its queue", async () => {
  const hub = new EventHub();
  using slow = hub.subscribe(EVERYTHING);
  using quick = hub.subscribe(EVERYTHING);
  let seen = 0;
  for (let i = 0; i < 3 * SUBSCRIBER_EVENTS_MAX; i += 1) {
    hub.publish({ kind: "head", root: `/${i}` });
    seen += (await taken(quick)).length;
  }
  expect(seen).toBe(3 * SUBSCRIBER_EVENTS_MAX);
  const [gap, ...rest] = await taken(slow);
  expect([gap?.kind, rest.length]).toEqual(["gap", 0]);
  expect(gap).toMatchObject({ reason: "slow", lost: 3 * SUBSCRIBER_EVENTS_MAX });
  hub.publish({ kind: "index", root: "/a" });
  expect(await taken(slow)).toMatchObject([{ kind: "index" }]);
});

test("a slow subscriber's queue is bounded in bytes as well", async () => {
  const hub = new EventHub();
  using slow = hub.subscribe(EVERYTHING);
  const paths = Array.from({ length: 500 }, (_, i) => `${"d".repeat(200)}/${i}`);
  const event = { kind: "changes", root: "/a", token: "t", isUnknown: false, paths } as const;
  const size = JSON.stringify(event).length;
  const count = Math.ceil((2 * SUBSCRIBER_BYTES_MAX) / size);
  for (let i = 0; i < count; i += 1) {
    hub.publish(event);
  }
  const [gap] = await taken(slow);
  expect(gap).toMatchObject({ kind: "gap", lost: count });
});

test("EventHub.forgetKept() gives up what was kept: who comes back is told of a gap, and others of all", async () => {
  const hub = new EventHub();
  using present = hub.subscribe(EVERYTHING);
  hub.publish({ kind: "index", root: "/a" });
  const [seen] = await taken(present);
  hub.publish({ kind: "head", root: "/a" });
  hub.publish({ kind: "head", root: "/a" });

  expect(hub.forgetKept()).toBe(3);

  hub.publish({ kind: "refs", root: "/a" });
  expect(await kinds(present)).toEqual(["head", "head", "refs"]);
  using back = hub.subscribe(EVERYTHING, seen?.id);
  expect(await taken(back)).toMatchObject([
    { kind: "gap", reason: "too-old", lost: 2 },
    { kind: "refs" },
  ]);
});
