/**
 * What can be said of a few samples without assuming how they are distributed.
 *
 * A ratio is made of pairs, the two runs of one round, because a machine's speed drifts; its interval is that of the
 * sign test: the median lies between two of the sorted ratios with the certainty that so many tosses of a coin
 * have. Nothing in it is random, so that the same samples give the same interval.
 */

/** Of all that can be said with an interval. */
const CERTAINTY = 0.95;

/** A ratio whose interval reaches further than this from the median says too little. */
const SPREAD_MAX = 0.1;

export interface Interval {
  readonly median: number;
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

/** Linear between the two nearest samples. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((one, other) => one - other);
  const position = (sorted.length - 1) * share;
  const lower = sorted[Math.floor(position)] ?? Number.NaN;
  const upper = sorted[Math.ceil(position)] ?? Number.NaN;
  return lower + (upper - lower) * (position - Math.floor(position));
}

/** The median of what each round's two runs make, and where it lies with 95 % certainty. */
export function medianOfRatios(
  numerators: readonly number[],
  denominators: readonly number[],
): Interval {
  const count = Math.min(numerators.length, denominators.length);
  const ratios = Array.from(
    { length: count },
    (_, i) => (numerators[i] ?? Number.NaN) / (denominators[i] ?? Number.NaN),
  ).toSorted((one, other) => one - other);
  if (ratios.some(Number.isNaN)) {
    return { median: Number.NaN, lower: Number.NaN, upper: Number.NaN, count };
  }
  const left = samplesBesideInterval(count) ?? 0;
  return {
    median: quantile(ratios, 0.5),
    lower: ratios[left] ?? Number.NaN,
    upper: ratios[count - 1 - left] ?? Number.NaN,
    count,
  };
}

/** Also when there are too few for an interval, and when something was not a number. */
export function isTooNoisy(interval: Interval): boolean {
  const { median, lower, upper } = interval;
  const isNarrow = lower >= median * (1 - SPREAD_MAX) && upper <= median * (1 + SPREAD_MAX);
  return !(hasEnoughPairs(interval) && isNarrow);
}

/** Five tosses of a coin are alike too often. */
export function hasEnoughPairs({ count }: Pick<Interval, "count">): boolean {
  return samplesBesideInterval(count) !== undefined;
}

/**
 * Who comes when: each round begins one further on, and every other one goes backwards. So nobody has two turns in
 * succession, who would find the caches full of what is its own.
 */
export function turnsOf<T>(all: readonly T[], round: number): readonly T[] {
  const from = all.length === 0 ? 0 : ((round % all.length) + all.length) % all.length;
  const turns = [...all.slice(from), ...all.slice(0, from)];
  return round % 2 === 0 ? turns : turns.toReversed();
}

/**
 * How many of `count` sorted samples lie outside on each side: as many as leave the median inside with 95 %
 * certainty. Undefined where even all of them are not enough.
 */
function samplesBesideInterval(count: number): number | undefined {
  const outsideMax = (1 - CERTAINTY) / 2;
  let probability = 0.5 ** count;
  let sum = 0;
  let left: number | undefined;
  for (let heads = 0; heads < count / 2; heads += 1) {
    sum += probability;
    if (sum > outsideMax) {
      break;
    }
    left = heads;
    probability *= (count - heads) / (heads + 1);
  }
  return left;
}
