/**
 * Statements that must hold. A failed one is a bug in gity: it ends the process, and whoever
 * starts it next finds the state on disk as the last complete step left it.
 *
 * Must never: be used for what a user, a file or another process can cause.
 */

/** A broken invariant. Caught only to be logged on the way out. */
export class BugError extends Error {
  override readonly name = "BugError";
}

/** @throws BugError when `condition` is false. `claim` says what should have been true. */
export function assert(condition: boolean, claim: string): asserts condition {
  if (!condition) {
    throw new BugError(`bug: not so: ${claim}`);
  }
}

/** Marks a branch that the types already rule out. */
export function unreachable(value: never): never {
  throw new BugError(`bug: unexpected ${JSON.stringify(value)}`);
}
