/**
 * Events as they are sent: `text/event-stream`, as browsers and `curl -N` read it (WHATWG HTML, 9.2
 * "Server-sent events").
 */

import { EVENT_HEARTBEAT_MS } from "../../base/limits.ts";
import type { SentEvent, Subscription } from "../event-hub.ts";

/** How long a client waits before it comes back. */
const RETRY_MS = 1_000;

export const EVENT_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
};

/**
 * Ends with the subscription, or with the client. The next event is taken when the last one is on its
 * way: for a client that does not read, the subscription's own queue fills, and nothing else.
 */
export function eventStream(
  subscription: Subscription,
  signal: AbortSignal,
  heartbeatMs = EVENT_HEARTBEAT_MS,
): Response {
  const encoder = new TextEncoder();
  let taking: WaitedInPieces<readonly SentEvent[] | undefined> | undefined;
  const leave = (): void => {
    subscription[Symbol.dispose]();
  };
  signal.addEventListener("abort", leave, { once: true });
  if (signal.aborted) {
    // He went before there was a stream: nobody is told of that again.
    leave();
  }
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        controller.enqueue(encoder.encode(`retry: ${RETRY_MS}\n\n`));
      },
      pull: async (controller) => {
        taking ??= waitedInPieces(subscription.take());
        const events = await taking(heartbeatMs);
        if (events === "silence") {
          controller.enqueue(encoder.encode(":\n\n"));
          return;
        }
        taking = undefined;
        if (events === undefined) {
          controller.close();
          return;
        }
        controller.enqueue(encoder.encode(events.map(formatEvent).join("")));
      },
      cancel: leave,
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: EVENT_HEADERS });
}

/** JSON has no line breaks of its own. */
function formatEvent({ id, kind, data }: SentEvent): string {
  return `id: ${id}\nevent: ${kind}\ndata: ${data}\n\n`;
}

/** Resolves with "silence" after so many ms; then it may be called again. */
type WaitedInPieces<Value> = (waitMs: number) => Promise<Value | "silence">;

/** Promise.race() would add a reaction to the promise each time, and they would stay as long as it waits. */
function waitedInPieces<Value>(promise: Promise<Value>): WaitedInPieces<Value> {
  let isSettled = false;
  let wake: (() => void) | undefined;
  const settle = (): void => {
    isSettled = true;
    wake?.();
  };
  promise.then(settle, settle);
  return async (waitMs) => {
    if (!isSettled) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return isSettled ? promise : "silence";
  };
}
