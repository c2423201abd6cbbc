/**
 * Telling what the operating system refused from what is wrong in our own code.
 */

/** Runs `step`; returns the failure when a system call in it said no. Everything else flies on. */
export function systemFailureOf(step: () => void): Error | undefined {
  try {
    step();
    return undefined;
  } catch (error) {
    // SystemCallError and the runtime's file functions both carry the number.
    if (error instanceof Error && "errno" in error) {
      return error;
    }
    throw error;
  }
}
