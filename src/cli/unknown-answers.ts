/** Why answers were '/', for people. */

import { UNKNOWN_REASONS, type UnknownCounts } from "../protocol/unknown-reason.ts";
import { formatCount } from "./output.ts";
import type { Fact } from "./table.ts";

/** The most frequent first. */
export function describeReasons(counts: UnknownCounts): readonly Fact[] {
  return Object.entries(UNKNOWN_REASONS)
    .map(([word, sentence]) => ({
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Made of this very table.
      count: counts[word as keyof typeof UNKNOWN_REASONS],
      text: `${word}: ${sentence}`,
    }))
    .filter(({ count }) => count > 0)
    .toSorted((left, right) => right.count - left.count)
    .map(
      ({ count, text }, i) =>
        [i === 0 ? "'/' because" : "", `${formatCount(count)} ${text}`] as const,
    );
}
