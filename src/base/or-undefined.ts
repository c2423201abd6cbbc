/**
 * The result of a step that looks at something which may go meanwhile (a file, a process), or that may not be
 * looked at: undefined where the system says no. What is no system error is thrown on.
 */
export function orUndefined<Result>(step: () => Result): Result | undefined {
  try {
    return step();
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return undefined;
    }
    throw error;
  }
}
