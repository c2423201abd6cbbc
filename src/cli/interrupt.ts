/** Commands that go on until Ctrl-C, or until nobody reads what they say. */

import { ERRORS, GityError, TERMINATED_EXIT_CODE } from "../base/errors.ts";

/** Between two looks whether somebody still reads. */
const READER_LOOK_MS = 200;

/**
 * Resolves with the exit code: that of an interruption, or 0 when the work ended by itself, or because
 * nobody reads.
 */
export async function untilInterrupted(
  work: (signal: AbortSignal) => Promise<void>,
  hasReader: () => Promise<boolean>,
): Promise<number> {
  const ending = new AbortController();
  let exitCode = 0;
  const interrupt = (): void => {
    exitCode = ERRORS.INTERRUPTED.exitCode;
    ending.abort();
  };
  const terminate = (): void => {
    exitCode = TERMINATED_EXIT_CODE;
    ending.abort();
  };
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", terminate);
  // With nothing to say, a write would never tell.
  const looking = setInterval(() => void endUnread(ending, hasReader), READER_LOOK_MS);
  try {
    await work(ending.signal);
  } catch (error) {
    if (!(error instanceof GityError && error.code === "INTERRUPTED")) {
      throw error;
    }
  } finally {
    clearInterval(looking);
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", terminate);
  }
  return exitCode;
}

async function endUnread(
  ending: AbortController,
  hasReader: () => Promise<boolean>,
): Promise<void> {
  if (!(await hasReader())) {
    ending.abort();
  }
}
