/** Events as a bell. */

import { expect, test } from "bun:test";

import { GityError } from "../../src/base/errors.ts";
import { Bell } from "../../src/client/bell.ts";
import type { EventQuestion } from "../../src/client/gity-client.ts";
import type { GityEvent } from "../../src/protocol/api.ts";
import { rejection } from "../support/rejection.ts";

function event(kind: "index" | "head"): GityEvent {
  return { id: "x-1", atMs: 0, kind, root: "/a" };
}

/** Tells these, then waits for its end. */
function client(events: readonly GityEvent[], failure?: Error) {
  return {
    events: async function* ({ signal, onConnection }: EventQuestion = {}) {
      if (failure !== undefined) {
        throw failure;
      }
      const isOver = (): boolean => signal?.aborted !== false;
      onConnection?.(true);
      yield* events;
      while (!isOver()) {
        await new Promise(setImmediate);
      }
    },
  };
}

test("Bell rings once for however many events there were, and for those only that are to ring", async () => {
  const heard: string[] = [];
  const bell = new Bell(client([event("index"), event("head"), event("head")]), {
    isToRing: ({ kind }) => {
      heard.push(kind);
      return kind === "head";
    },
  });
  await bell.isHung;

  expect(await bell.rings()).toBe(true);
  expect(heard[0]).toBe("index");
  await bell.takeDown();
  expect(await bell.rings()).toBe(false);
});

test("Bell rings after a while when nothing happens", async () => {
  const bell = new Bell(client([]), {});
  await bell.isHung;

  expect(await bell.rings(1)).toBe(true);
  await bell.takeDown();
});

test("Bell ends with the signal, also with one that was aborted before", async () => {
  const ending = new AbortController();
  const bell = new Bell(client([]), { signal: ending.signal });
  const rings = bell.rings();
  ending.abort();

  expect(await rings).toBe(false);
  expect(await new Bell(client([]), { signal: ending.signal }).rings()).toBe(false);
});

test("Bell says why it cannot be hung", async () => {
  const failure = new GityError("DAEMON_UNREACHABLE", "gone");
  const bell = new Bell(client([], failure), {});

  expect(await rejection(bell.isHung)).toBe(failure);
  expect(await rejection(bell.rings())).toBe(failure);
});
