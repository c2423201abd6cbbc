/**
 * Work that waits while others do the same: it is said that they do, and they are not waited for for ever.
 *
 * Whoever waits for a turn makes no progress, and lets everything else run. Time in which nothing else could run was work,
 * and does not count.
 */

import { GityError } from "../../base/errors.ts";
import { OTHERS_MIRROR_MS_MAX, OTHERS_MIRROR_SAID_MS } from "../../base/limits.ts";

export interface OthersTurn {
  /** Called again and again while others seem to be at work. */
  readonly onOthers: () => void;
  readonly signal: AbortSignal;
  /** For tests. */
  readonly saidMs?: number;
  readonly waitMsMax?: number;
}

/** Ended when the waiting takes too long. */
export interface OwnTurn {
  readonly progressed: () => void;
  readonly signal: AbortSignal;
}

const TICK_MS = 100;

/** Undefined where others took too long. @throws what the work throws; GityError INTERRUPTED with the signal */
export async function unlessOthersKeepIt<Value>(
  work: (turn: OwnTurn) => Promise<Value>,
  {
    onOthers,
    signal,
    saidMs = OTHERS_MIRROR_SAID_MS,
    waitMsMax = OTHERS_MIRROR_MS_MAX,
  }: OthersTurn,
): Promise<Value | undefined> {
  const ending = new AbortController();
  let waitedMs = 0;
  let allWaitedMs = 0;
  const ticking = setInterval(() => {
    waitedMs += TICK_MS;
    if (waitedMs < saidMs) {
      return;
    }
    onOthers();
    // All that was waited for until now, and from now on each tick.
    allWaitedMs += waitedMs - TICK_MS < saidMs ? waitedMs : TICK_MS;
    if (allWaitedMs >= waitMsMax) {
      ending.abort();
    }
  }, TICK_MS);
  try {
    return await work({
      progressed: () => {
        waitedMs = 0;
      },
      signal: AbortSignal.any([signal, ending.signal]),
    });
  } catch (error) {
    const isInterrupted = error instanceof GityError && error.code === "INTERRUPTED";
    if (isInterrupted && ending.signal.aborted && !signal.aborted) {
      return undefined;
    }
    throw error;
  } finally {
    clearInterval(ticking);
  }
}
