/** Changes since a token, again and again, whatever becomes of events and daemons. */

import { getEventListeners } from "node:events";

import { expect, test } from "bun:test";

import { GityError } from "../../src/base/errors.ts";
import { readChanges } from "../../src/client/change-reader.ts";
import type { EventQuestion } from "../../src/client/gity-client.ts";
import type { ChangesReply, GityEvent, HealthReply } from "../../src/protocol/api.ts";
import type { WorktreeState } from "../../src/protocol/worktree-health.ts";
import { rejection } from "../support/rejection.ts";

const UNREACHABLE = new GityError("DAEMON_UNREACHABLE", "gone");
const RING = { id: "x-1", atMs: 1, kind: "index", root: "/a" } as const satisfies GityEvent;

type Reply = Pick<ChangesReply, "token" | "kind" | "paths"> | GityError;

const changed = (token: string, ...paths: string[]): Reply => ({ token, kind: "changed", paths });
const unknown = (token: string): Reply => ({ token, kind: "unknown", paths: [] });

interface Script {
  readonly replies: Reply[];
  readonly states?: WorktreeState[];
  readonly rings?: number;
  readonly failure?: GityError;
}

function scripted({ replies, states = [], rings = 0, failure }: Script) {
  const asked: (string | undefined)[] = [];
  const waiting: (() => void)[] = [];
  const ending = new AbortController();
  const client = {
    events: async function* ({ onConnection, signal }: EventQuestion = {}) {
      if (failure !== undefined) {
        throw failure;
      }
      onConnection?.(true);
      for (let i = 0; i < rings; i += 1) {
        // Each when the one before was heard, and answered.
        // oxlint-disable-next-line no-await-in-loop
        await new Promise<void>((resolve) => waiting.push(resolve));
        yield RING;
      }
      await new Promise<void>((resolve) => {
        signal?.addEventListener("abort", () => {
          resolve();
        });
      });
    },
    changes: async (_path: string, since?: string): Promise<ChangesReply> => {
      asked.push(since);
      setImmediate(() => waiting.shift()?.());
      const next = replies.shift();
      if (next === undefined || next instanceof GityError) {
        throw next ?? new Error("nothing is left to say");
      }
      return { root: "/a", ...next };
    },
    // Only the state is looked at.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    health: async () => ({ state: states.shift() ?? "ready" }) as HealthReply,
  };
  const end = (): void => {
    ending.abort();
  };
  return { client, asked, signal: ending.signal, end };
}

async function read(script: Script, count: number, since?: string) {
  const { client, asked, signal, end } = scripted(script);
  const told: string[] = [];
  for await (const { kind, token, paths } of readChanges(client, "/a", { since, signal })) {
    told.push([kind, token, ...paths.map(String)].join(" "));
    if (told.length === count) {
      end();
    }
  }
  return { asked, told };
}

test("readChanges() begins with now, or with what changed since a token", async () => {
  const fromNow = await read({ replies: [unknown("t1"), changed("t2", "a")], rings: 1 }, 1);
  expect(fromNow).toEqual({ asked: [undefined, "t1"], told: ["changed t2 a"] });
  const fromThen = await read({ replies: [changed("t2", "a")] }, 1, "t1");
  expect(fromThen).toEqual({ asked: ["t1"], told: ["changed t2 a"] });
});

test("readChanges() leaves nothing behind on the signal of whoever reads", async () => {
  const { client, signal } = scripted({ replies: [changed("t2", "a")] });
  for await (const { token } of readChanges(client, "/a", { since: "t1", signal })) {
    expect([token, getEventListeners(signal, "abort").length]).toEqual(["t2", 1]);
    break;
  }
  expect(getEventListeners(signal, "abort").length).toBe(0);
});

test("readChanges() asks with the last token, and tells nothing where nothing changed", async () => {
  const replies = [changed("t2"), changed("t3", "a"), changed("t4"), changed("t5", "b")];
  expect(await read({ replies, rings: 3 }, 2, "t1")).toEqual({
    asked: ["t1", "t2", "t3", "t4"],
    told: ["changed t3 a", "changed t5 b"],
  });
});

test("readChanges() waits with its token while the worktree is being covered", async () => {
  const replies = [unknown("x"), unknown("y"), changed("t2", "a")];
  const states: WorktreeState[] = ["catching-up", "catching-up", "crawling", "crawling"];
  expect(await read({ replies, states }, 1, "t1")).toEqual({
    asked: ["t1", "t1", "t1"],
    told: ["changed t2 a"],
  });
});

test("readChanges() says so when anything may have changed", async () => {
  const replies = [unknown("x"), unknown("t2"), changed("t3", "a")];
  expect(await read({ replies, states: ["degraded"], rings: 1 }, 2, "t1")).toEqual({
    asked: ["t1", "t1", "t2"],
    told: ["unknown t2", "changed t3 a"],
  });
});

test("readChanges() keeps its token when the daemon goes", async () => {
  const replies = [UNREACHABLE, changed("t2", "a")];
  expect(await read({ replies, rings: 1 }, 1, "t1")).toEqual({
    asked: ["t1", "t1"],
    told: ["changed t2 a"],
  });
});

test("readChanges() fails when it cannot begin, and when the worktree is forgotten", async () => {
  expect(await rejection(read({ replies: [], failure: UNREACHABLE }, 1))).toBe(UNREACHABLE);
  const forgotten = new GityError("NOT_REGISTERED", "no");
  expect(await rejection(read({ replies: [forgotten] }, 1, "t1"))).toBe(forgotten);
});
