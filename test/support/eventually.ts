/**
 * Waits for a condition. The only place in the tests with a timer: a test that sleeps is wrong on
 * a slow machine and slow on a fast one.
 */

/** Twice as long as the slowest honest thing we know, a crawl of 100,000 files on two cores. */
const DEADLINE_MS = 10_000;

/** Rounds of the event loop before the timer: most conditions hold within a millisecond. */
const IMMEDIATE_TRIES = 50;
const PAUSE_MS = 5;

export interface EventuallyOptions {
  /** Completes "gave up waiting for …". */
  readonly what?: string;
  readonly deadlineMs?: number;
}

type Falsy = undefined | null | false;

/**
 * Resolves with the first value of `probe` that is not undefined, null or false. An exception
 * of the probe counts as "not yet", and is shown when time is up.
 */
export async function eventually<Value>(
  probe: () => Value | Promise<Value>,
  options: EventuallyOptions = {},
): Promise<Exclude<Value, Falsy>> {
  const deadlineMs = options.deadlineMs ?? DEADLINE_MS;
  const startedAt = performance.now();
  let last: unknown;
  for (let tries = 0; ; tries += 1) {
    try {
      // One probe at a time is the point: each waits for the world to move on.
      // oxlint-disable-next-line no-await-in-loop
      const value = await probe();
      if (value !== undefined && value !== null && value !== false) {
        return value as Exclude<Value, Falsy>;
      }
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() - startedAt > deadlineMs) {
      const what = options.what ?? probe.toString();
      throw new Error(`gave up waiting for ${what} after ${deadlineMs} ms; last: ${show(last)}`, {
        cause: last,
      });
    }
    // oxlint-disable-next-line no-await-in-loop
    await pause(tries);
  }
}

function show(value: unknown): string {
  return value instanceof Error ? value.message : Bun.inspect(value);
}

async function pause(tries: number): Promise<void> {
  await new Promise<void>((resolve) => {
    if (tries < IMMEDIATE_TRIES) {
      setImmediate(resolve);
    } else {
      setTimeout(resolve, PAUSE_MS);
    }
  });
}
