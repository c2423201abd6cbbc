/**
 * A histogram in plain text: a line for each power of two of microseconds, with a bar as long as its share of
 * the fullest. As wide as there is room for, and never wider than is of use.
 */

import type { LatencyReport } from "../../base/latency-histogram.ts";
import { formatCount, formatLatency } from "../output.ts";
import { tableLines } from "../table.ts";
import type { Paint } from "../terminal.ts";

const BAR_WIDTH_MIN = 8;
const BAR_WIDTH_MAX = 60;
const PERCENT = 100;
const HEADINGS = ["UP TO", "ANSWERS", "SHARE", ""];

export interface Drawing {
  /** Of the terminal. */
  readonly columns: number;
  readonly paint: Paint;
}

/** Nothing where nothing was counted. Slower ones that are few are seen: a bar is one sign long at least. */
export function drawLatencies(
  latency: LatencyReport,
  { columns, paint }: Drawing,
): readonly string[] {
  const rows = byPowerOfTwo(latency);
  if (rows.length === 0) {
    return [];
  }
  const cells = rows.map(({ upToUs, count }) => [
    formatLatency(upToUs),
    formatCount(count),
    formatShare(count / latency.count),
  ]);
  const options = { numbers: new Set(HEADINGS.slice(0, -1)), paint };
  const plain = tableLines(
    HEADINGS,
    cells.map((row) => [...row, ""]),
    {
      numbers: options.numbers,
    },
  );
  const used = Math.max(...plain.map((line) => line.length));
  const width = Math.min(BAR_WIDTH_MAX, Math.max(BAR_WIDTH_MIN, columns - used - 1));
  const most = Math.max(...rows.map(({ count }) => count));
  const bars = rows.map(({ count }) =>
    paint("#".repeat(count === 0 ? 0 : Math.max(1, Math.round((count / most) * width))), "good"),
  );
  return tableLines(
    HEADINGS,
    cells.map((row, i) => [...row, bars[i] ?? ""]),
    options,
  ).map((line) => line.trimEnd());
}

/** From the fastest to the slowest, those in between that counted nothing included. */
function byPowerOfTwo({ buckets }: LatencyReport): readonly {
  readonly upToUs: number;
  readonly count: number;
}[] {
  const counts = new Map<number, number>();
  for (const { upToUs, count } of buckets) {
    const power = Math.ceil(Math.log2(upToUs));
    counts.set(power, (counts.get(power) ?? 0) + count);
  }
  const powers = [...counts.keys()];
  const first = Math.min(...powers);
  return powers.length === 0
    ? []
    : Array.from({ length: Math.max(...powers) - first + 1 }, (_, i) => ({
        upToUs: 2 ** (first + i),
        count: counts.get(first + i) ?? 0,
      }));
}

/** One in a hundred thousand is not none. */
function formatShare(share: number): string {
  const percent = share * PERCENT;
  return percent > 0 && percent < 0.1 ? "<0.1%" : `${percent.toFixed(1)}%`;
}
