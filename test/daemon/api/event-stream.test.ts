/** Events on their way: the bytes, the silence, and the end. */

import { expect, test } from "bun:test";

import { eventStream } from "../../../src/daemon/api/event-stream.ts";
import { EventHub } from "../../../src/daemon/event-hub.ts";
import { eventually } from "../../support/eventually.ts";

const EVERYTHING = { kinds: undefined, place: undefined };

function opened(heartbeatMs?: number) {
  const hub = new EventHub();
  const ending = new AbortController();
  const response = eventStream(hub.subscribe(EVERYTHING), ending.signal, heartbeatMs);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  return { hub, ending, response, read: async () => (await reader.read()).value, reader };
}

test("eventStream() writes events as the standard says", async () => {
  const { hub, response, read } = opened();
  expect(response.headers.get("content-type")).toStartWith("text/event-stream");
  expect(response.headers.get("cache-control")).toBe("no-store");
  expect(await read()).toBe("retry: 1000\n\n");
  hub.publish({ kind: "head", root: "/a\nb" });
  const text = await read();
  expect(text).toMatch(/^id: [0-9a-f]{8}-1\nevent: head\ndata: \{.*\}\n\n$/);
  expect(text).toContain(String.raw`"root":"/a\nb"`);
});

test("eventStream() says now and then that it is there, and loses nothing by it", async () => {
  const { hub, read } = opened(1);
  await read();
  expect(await read()).toBe(":\n\n");
  expect(await read()).toBe(":\n\n");
  hub.publish({ kind: "head", root: "/a" });
  let text = ":\n\n";
  while (text === ":\n\n") {
    text = (await read()) ?? "";
  }
  expect(text).toContain("event: head");
});

test("eventStream() ends with its client, however he goes, and with the hub", async () => {
  const aborted = opened();
  await aborted.read();
  aborted.ending.abort();
  await eventually(() => aborted.hub.subscribers === 0);
  const gone = new AbortController();
  gone.abort();
  const hub = new EventHub();
  eventStream(hub.subscribe(EVERYTHING), gone.signal);
  expect(hub.subscribers).toBe(0);
  const cancelled = opened();
  await cancelled.read();
  await cancelled.reader.cancel();
  await eventually(() => cancelled.hub.subscribers === 0);
  const closed = opened();
  await closed.read();
  closed.hub.close();
  expect(await closed.read()).toBeUndefined();
});

test("eventStream() ends for a client that has gone before it began", async () => {
  const hub = new EventHub();
  const response = eventStream(hub.subscribe(EVERYTHING), AbortSignal.abort());
  expect(hub.subscribers).toBe(0);
  expect(await response.text()).toBe("retry: 1000\n\n");
});
