/** How long a step takes where that is a promise: one machine may stand still for a moment, not most of the time. */

import { medianOf } from "../../src/base/median.ts";

const ROUNDS = 5;

/** In milliseconds, of five times one after the other. Each of them has to do what the step asserts. */
export async function medianMs(step: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const startMs = performance.now();
    // oxlint-disable-next-line no-await-in-loop
    await step();
    times.push(performance.now() - startMs);
  }
  return medianOf(times);
}
