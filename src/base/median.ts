/**
 * The middle of some numbers, and how sure one can be of it.
 *
 * The interval is the one between two of the sorted numbers that needs no assumption on how they are
 * spread: each number is above the true median with probability one half, like a coin, so that the k
 * smallest are all below it with the probability of so many heads (the sign test; Conover, "Practical
 * Nonparametric Statistics", 3.2). Nothing is drawn at random: equal numbers give an equal interval.
 */

export interface MedianInterval {
  readonly lower: number;
  readonly upper: number;
  /** How sure it is, 0 to 1: at least as much as was asked for. */
  readonly confidence: number;
}

/** NaN without numbers. */
export function medianOf(numbers: readonly number[]): number {
  const sorted = ascending(numbers);
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  const upper = sorted[Math.ceil((sorted.length - 1) / 2)] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** The narrowest that is as sure as that; undefined where there are too few numbers: fewer than six, for 0.95. */
export function medianInterval(
  numbers: readonly number[],
  confidence: number,
): MedianInterval | undefined {
  const sorted = ascending(numbers);
  let found: MedianInterval | undefined;
  // Of as many heads as that, or fewer, in so many throws.
  let probability = 0;
  let exactly = 0.5 ** sorted.length;
  for (let heads = 0; heads < Math.floor(sorted.length / 2); heads += 1) {
    probability += exactly;
    exactly *= (sorted.length - heads) / (heads + 1);
    const lower = sorted[heads];
    const upper = sorted[sorted.length - 1 - heads];
    const reached = 1 - 2 * probability;
    if (lower === undefined || upper === undefined || reached < confidence) {
      break;
    }
    found = { lower, upper, confidence: reached };
  }
  return found;
}

function ascending(numbers: readonly number[]): readonly number[] {
  return numbers.toSorted((one, other) => one - other);
}
