/** Commands that go on until Ctrl-C, or until nobody reads what they say. */

import { ERRORS, GityError } from "../base/errors.ts";

/** Resolves with the exit code: that of an interruption, or 0 when the work ended by itself. */
export async function untilInterrupted(
  work: (signal: AbortSignal) => Promise<void>,
): Promise<number> {
  const ending = new AbortController();
  const end = (): void => {
    ending.abort();
  };
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  try {
    await work(ending.signal);
  } catch (error) {
    if (!(error instanceof GityError && error.code === "INTERRUPTED")) {
      throw error;
    }
  } finally {
    process.off("SIGINT", end);
    process.off("SIGTERM", end);
  }
  return ending.signal.aborted ? ERRORS.INTERRUPTED.exitCode : 0;
}
