/** Commands that go on until Ctrl-C, or until nobody reads what they say. */

import { ERRORS, GityError } from "../base/errors.ts";

/** Resolves with the exit code: that of an interruption, or the work's, or 0, when it ended by itself. */
export async function untilInterrupted(
  work: (signal: AbortSignal) => Promise<number | undefined>,
): Promise<number> {
  const ending = new AbortController();
  const end = (): void => {
    ending.abort();
  };
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  let exitCode: number | undefined;
  try {
    exitCode = await work(ending.signal);
  } catch (error) {
    if (!(error instanceof GityError && error.code === "INTERRUPTED")) {
      throw error;
    }
  } finally {
    process.off("SIGINT", end);
    process.off("SIGTERM", end);
  }
  return ending.signal.aborted ? ERRORS.INTERRUPTED.exitCode : (exitCode ?? 0);
}
