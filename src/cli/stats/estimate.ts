/**
 * How much time gity has saved: an estimate, from counts and from what is known of one question.
 *
 *     saved = answers with what changed × gain  −  answers '/' × price
 *
 * - gain: what `git status` took without gity less what it took with gity, as `gity stats --bench` has last
 *   measured here. Where it never has: 1 µs for each entry of the index, less the price.
 * - price: what asking takes, 12 ms by the hook, which is a process, and 1 ms on the socket.
 *
 * Both figures are on the careful side of what was measured on 20,000 to 100,000 files (2 × AMD EPYC, git
 * 2.39 and 2.55, the untracked cache on): 1.0 to 3.7 µs an entry; 12 ms and 0.6 ms a question. What git does
 * without gity depends on the command: `git status` looks at every entry and every directory, `git diff` at
 * every entry. In a small worktree the sum is below zero, and that is what is said.
 */

import type { StatusMeasurement } from "../../protocol/api.ts";
import type { Way } from "../../protocol/way.ts";

const MS_PER_ENTRY = 0.001;
const PRICES_MS: Readonly<Record<Way, number>> = { hook: 12, socket: 1 };

export interface EstimateBasis {
  readonly queries: number;
  readonly unknownAnswers: number;
  readonly via: Way;
  readonly measurement: StatusMeasurement | null;
  /** Of the index; null where it cannot be read. */
  readonly indexEntries: number | null;
}

export interface Estimate {
  /** What an answer other than '/' saves; below zero where asking takes longer than looking. */
  readonly perAnswerMs: number;
  /** All together. */
  readonly savedMs: number;
  /** Of the gain: `measured` with `--bench`, or made of the number of `entries`. */
  readonly basis: "measured" | "entries";
}

/** Undefined where nothing is known of the worktree. */
export function estimate(known: EstimateBasis): Estimate | undefined {
  const { queries, unknownAnswers, via, measurement, indexEntries } = known;
  const priceMs = PRICES_MS[via];
  const ofAnswers = (perAnswerMs: number, basis: Estimate["basis"]): Estimate => ({
    perAnswerMs,
    savedMs: (queries - unknownAnswers) * perAnswerMs - unknownAnswers * priceMs,
    basis,
  });
  if (measurement !== null) {
    return ofAnswers(measurement.withoutMs - measurement.withMs, "measured");
  }
  return indexEntries === null
    ? undefined
    : ofAnswers(indexEntries * MS_PER_ENTRY - priceMs, "entries");
}
