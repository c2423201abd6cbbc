/**
 * How long things took, counted in buckets that grow with what they count: a fixed size, whatever is
 * recorded, and nothing allocated by recording.
 *
 * Each power of two of microseconds is divided into four (two significant bits), so that a quantile is
 * at most a quarter too high; the largest value is kept exactly. A bucket holds what is above the bucket
 * before, and up to its own bound, as Prometheus counts.
 */

/** What a histogram has counted, as plain data. All in microseconds; null where nothing was counted. */
export interface LatencyReport {
  readonly count: number;
  readonly sumUs: number;
  readonly p50Us: number | null;
  readonly p99Us: number | null;
  readonly maxUs: number | null;
  /** Those that counted anything, from the fastest to the slowest, each for itself. */
  readonly buckets: readonly LatencyBucket[];
}

export interface LatencyBucket {
  readonly upToUs: number;
  readonly count: number;
}

export const EMPTY_LATENCY: LatencyReport = {
  count: 0,
  sumUs: 0,
  p50Us: null,
  p99Us: null,
  maxUs: null,
  buckets: [],
};

const US_PER_MS = 1000;

/** Two minutes, in microseconds. What took longer counts as this; only its sum and maximum are right. */
const OCTAVES = 27;
const US_MAX = 2 ** OCTAVES;

/** A quarter of an octave each; the first one is that of four single microseconds. */
const BUCKETS = 4 * (OCTAVES - 1);

export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #sumUs = 0;
  #maxUs = 0;

  /** A clock that went back, or no number at all, is no time. */
  record(durationMs: number, times = 1): void {
    const us = durationMs > 0 ? durationMs * US_PER_MS : 0;
    const index = bucketOf(us);
    this.#counts[index] = (this.#counts[index] ?? 0) + times;
    this.#count += times;
    this.#sumUs += us * times;
    if (us > this.#maxUs) {
      this.#maxUs = us;
    }
  }

  report(): LatencyReport {
    if (this.#count === 0) {
      return EMPTY_LATENCY;
    }
    const buckets: LatencyBucket[] = [];
    for (const [index, count] of this.#counts.entries()) {
      if (count > 0) {
        buckets.push({ upToUs: boundOf(index), count });
      }
    }
    return {
      count: this.#count,
      sumUs: Math.round(this.#sumUs),
      p50Us: this.#quantile(0.5),
      p99Us: this.#quantile(0.99),
      maxUs: Math.ceil(this.#maxUs),
      buckets,
    };
  }

  /** The bound of the bucket that the value is in, or the maximum where that is less. */
  #quantile(share: number): number {
    let left = Math.ceil(this.#count * share);
    for (const [index, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0) {
        return Math.min(boundOf(index), Math.ceil(this.#maxUs));
      }
    }
    return Math.ceil(this.#maxUs);
  }
}

/** What several have counted, as if it were one. */
export function mergeLatencies(reports: readonly LatencyReport[]): LatencyReport {
  const counts = new Map<number, number>();
  for (const { upToUs, count } of reports.flatMap(({ buckets }) => buckets)) {
    counts.set(upToUs, (counts.get(upToUs) ?? 0) + count);
  }
  const buckets = [...counts]
    .map(([upToUs, count]): LatencyBucket => ({ upToUs, count }))
    .toSorted((one, other) => one.upToUs - other.upToUs);
  const maxima = reports.flatMap(({ maxUs }) => maxUs ?? []);
  const merged: LatencyReport = {
    count: reports.reduce((sum, { count }) => sum + count, 0),
    sumUs: reports.reduce((sum, { sumUs }) => sum + sumUs, 0),
    p50Us: null,
    p99Us: null,
    maxUs: maxima.length === 0 ? null : Math.max(...maxima),
    buckets,
  };
  return { ...merged, p50Us: quantileOf(merged, 0.5), p99Us: quantileOf(merged, 0.99) };
}

/** Within which time this share was answered, at most a quarter too high; null where nothing was counted. */
export function quantileOf({ count, maxUs, buckets }: LatencyReport, share: number): number | null {
  let left = Math.ceil(count * share);
  for (const bucket of buckets) {
    left -= bucket.count;
    if (left <= 0) {
      return maxUs === null ? bucket.upToUs : Math.min(bucket.upToUs, maxUs);
    }
  }
  return maxUs;
}

/** One less than the value, rounded up: so a bound belongs to the bucket below it. */
function bucketOf(us: number): number {
  const below = Math.max(0, Math.min(Math.ceil(us), US_MAX) - 1);
  if (below < 4) {
    return below;
  }
  const octave = 31 - Math.clz32(below);
  return 4 * (octave - 1) + ((below >>> (octave - 2)) & 3);
}

function boundOf(index: number): number {
  return index < 4 ? index + 1 : (5 + (index & 3)) << ((index >> 2) - 1);
}
