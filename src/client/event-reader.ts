/**
 * Events as a client reads them: one stream that goes on when the daemon is restarted, or the connection
 * lost, from the last event that was seen.
 */

import { createParser } from "eventsource-parser";

import { GityError } from "../base/errors.ts";
import type { GityEvent } from "../protocol/api.ts";
import type { ApiResponse } from "./transport.ts";

export interface EventReaderOptions {
  /** Opens the stream, from after this event. @throws GityError */
  readonly open: (lastId: string | undefined) => Promise<ApiResponse>;
  readonly signal?: AbortSignal | undefined;
  /** After the event with this id. */
  readonly since?: string | undefined;
  /** The connection was lost, or is back. */
  readonly onConnection?: ((isConnected: boolean) => void) | undefined;
  /** For tests. */
  readonly retryMs?: number | undefined;
}

/** How long until it is tried again, at first, and at most. */
const RETRY_MS = 250;
const RETRY_MS_MAX = 5_000;

/**
 * Ends when the signal is aborted. Events that were lost are told by one of the kind `gap`.
 *
 * @throws GityError when the first connection fails; later ones are tried until one does not
 */
export async function* readEvents(options: EventReaderOptions): AsyncGenerator<GityEvent, void> {
  const { open, signal, onConnection, retryMs = RETRY_MS } = options;
  let lastId = options.since;
  let response: ApiResponse | undefined = await open(lastId);
  let waitMs = retryMs;
  const isOver = (): boolean => signal?.aborted === true;
  while (!isOver()) {
    if (response !== undefined) {
      onConnection?.(true);
      for await (const event of eventsOf(response)) {
        waitMs = retryMs;
        lastId = event.id;
        yield event;
      }
      onConnection?.(false);
    }
    if (isOver()) {
      return;
    }
    await pause(waitMs, signal);
    waitMs = Math.min(2 * waitMs, RETRY_MS_MAX);
    response = await openAgain(options, lastId);
  }
}

/** Undefined: not now. What is wrong with the question itself does not go away. */
async function openAgain(
  { open, signal }: EventReaderOptions,
  lastId: string | undefined,
): Promise<ApiResponse | undefined> {
  try {
    // Whoever saw no event yet has seen none of another daemon either: "" is a gap.
    return signal?.aborted === true ? undefined : await open(lastId ?? "");
  } catch (error) {
    if (error instanceof GityError && isPassing(error)) {
      return undefined;
    }
    throw error;
  }
}

function isPassing({ code }: GityError): boolean {
  return code === "DAEMON_UNREACHABLE" || code === "DAEMON_FAILED" || code === "INTERRUPTED";
}

/** Until the connection ends, in whatever way. */
async function* eventsOf(response: ApiResponse): AsyncGenerator<GityEvent, void> {
  const events: GityEvent[] = [];
  const parser = createParser({
    onEvent: ({ data }) => {
      // Whoever answers on this socket is this user's own daemon: its word is taken.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      events.push(JSON.parse(data) as GityEvent);
    },
  });
  try {
    for await (const part of response.parts()) {
      parser.feed(part);
      yield* events.splice(0);
    }
  } catch (error) {
    // Lost, or aborted: whoever reads on comes back if he may.
    if (!(error instanceof Error)) {
      throw error;
    }
  }
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done);
  });
}
