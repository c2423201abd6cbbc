/** Commands that go on until Ctrl-C, or until nobody reads what they say. */

import { ERRORS, GityError, TERMINATED_EXIT_CODE } from "../base/errors.ts";

/** Between two looks whether somebody still reads. */
const READER_LOOK_MS = 200;

/**
 * Resolves with the exit code: that of an interruption, or the work's when it ended by itself, or because
 * nobody reads. Without `hasReader` it goes on when nobody does.
 */
export async function untilInterrupted(
  work: (signal: AbortSignal) => Promise<number>,
  hasReader?: () => Promise<boolean>,
): Promise<number> {
  const ending = new AbortController();
  let interruption: number | undefined;
  const interrupt = (): void => {
    interruption = ERRORS.INTERRUPTED.exitCode;
    ending.abort();
  };
  const terminate = (): void => {
    interruption = TERMINATED_EXIT_CODE;
    ending.abort();
  };
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", terminate);
  // With nothing to say, a write would never tell.
  const looking =
    hasReader === undefined
      ? undefined
      : setInterval(() => void endUnread(ending, hasReader), READER_LOOK_MS);
  try {
    const exitCode = await work(ending.signal);
    return interruption ?? exitCode;
  } catch (error) {
    if (!(error instanceof GityError && error.code === "INTERRUPTED")) {
      throw error;
    }
    return interruption ?? 0;
  } finally {
    clearInterval(looking);
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", terminate);
  }
}

async function endUnread(
  ending: AbortController,
  hasReader: () => Promise<boolean>,
): Promise<void> {
  if (!(await hasReader())) {
    ending.abort();
  }
}
