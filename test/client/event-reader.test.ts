/** A stream of events that outlives its connections. */

import { expect, test } from "bun:test";

import { GityError } from "../../src/base/errors.ts";
import { readEvents } from "../../src/client/event-reader.ts";
import type { ApiResponse } from "../../src/client/transport.ts";
import { rejection } from "../support/rejection.ts";

const UNREACHABLE = new GityError("DAEMON_UNREACHABLE", "gone");

function sse(id: string, kind = "head"): string {
  return `id: ${id}\nevent: ${kind}\ndata: {"id":"${id}","atMs":1,"kind":"${kind}","root":"/a"}\n\n`;
}

/** Says these parts, then ends, or is lost. */
function connection(parts: readonly string[], loss?: Error): ApiResponse {
  return {
    status: 200,
    build: "",
    text: async () => "",
    parts: async function* () {
      yield* parts;
      if (loss !== undefined) {
        throw loss;
      }
    },
  };
}

/** Opens these one after the other, and ends after the last. */
async function read(connections: readonly (ApiResponse | Error)[], since?: string) {
  const ending = new AbortController();
  const opened: (string | undefined)[] = [];
  const states: boolean[] = [];
  const ids: string[] = [];
  const events = readEvents({
    since,
    signal: ending.signal,
    retryMs: 1,
    onConnection: (isConnected) => states.push(isConnected),
    open: async (lastId) => {
      opened.push(lastId);
      const next = connections[opened.length - 1];
      if (next === undefined || next instanceof Error) {
        if (next === undefined) {
          ending.abort();
        }
        throw next ?? UNREACHABLE;
      }
      return next;
    },
  });
  for await (const event of events) {
    ids.push(event.id);
  }
  return { opened, states, ids };
}

test("readEvents() goes on after the last event that was seen", async () => {
  const { opened, ids, states } = await read([
    connection(["retry: 1000\n\n", sse("x-1"), sse("x-2")]),
    connection([sse("x-3")], new Error("connection reset")),
    UNREACHABLE,
    connection([":\n\n"]),
  ]);
  expect(ids).toEqual(["x-1", "x-2", "x-3"]);
  expect(opened).toEqual([undefined, "x-2", "x-3", "x-3", "x-3"]);
  expect(states).toEqual([true, false, true, false, true, false]);
});

test("readEvents() puts together what comes in pieces", async () => {
  const text = sse("x-1") + sse("x-2", "index");
  expect((await read([connection(text.split(""))])).ids).toEqual(["x-1", "x-2"]);
  // The last is not complete: it comes again after the next connection.
  expect((await read([connection([text.slice(0, -1)])])).ids).toEqual(["x-1"]);
});

test("readEvents() that has seen nothing asks another daemon for a gap", async () => {
  expect((await read([connection([])])).opened).toEqual([undefined, ""]);
  expect((await read([connection([])], "y-7")).opened).toEqual(["y-7", "y-7"]);
});

test("readEvents() fails when it cannot begin, or may not go on", async () => {
  expect(await rejection(read([UNREACHABLE]))).toBe(UNREACHABLE);
  const refused = new GityError("NOT_REGISTERED", "no");
  expect(await rejection(read([connection([sse("x-1")]), refused]))).toBe(refused);
});
