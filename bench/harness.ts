/**
 * Measures whole commands and says what it found, as a table for people and as JSON.
 *
 * Contenders take turns within each round, because the speed of a machine drifts: figures are
 * comparable inside one run, and so every report gives ratios, of the pairs that a round makes.
 */

import { cpus, release } from "node:os";

import {
  hasEnoughPairs,
  type Interval,
  isTooNoisy,
  medianOfRatios,
  quantile,
  turnsOf,
} from "./statistics.ts";

export interface Contender {
  readonly name: string;
  /** Before each run, not measured. Rounds that are not measured come first, and have negative numbers. */
  readonly prepare?: (round: number) => void;
  readonly run: (round: number) => void;
  /** After each run, not measured: what was wrong with it. A contender that is wrong is not fast. */
  readonly check?: (round: number) => string | undefined;
}

export interface Measurement {
  readonly name: string;
  readonly medianMs: number;
  /** The middle half of all runs lies between these two. */
  readonly lowerMs: number;
  readonly upperMs: number;
  readonly minMs: number;
  readonly runs: number;
  /** In the order of the rounds, so that those of two contenders are pairs. */
  readonly samplesMs: readonly number[];
  /** What it got wrong, and how often. */
  readonly mistake?: string;
  /** Whose measurement it is and of how much, where there are several sizes. */
  readonly series?: string;
  readonly at?: number;
}

/** Of two contenders, by pairs. */
export interface PairedRatio extends Interval {
  readonly name: string;
  readonly isTooNoisy: boolean;
  /** What either of the two got wrong. */
  readonly mistake?: string;
}

/** Counts, side by side. */
export interface CountTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

/** What was hoped for. */
export interface Aim {
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** A number with what was hoped for, where something was. */
export interface Figure extends Aim {
  readonly name: string;
  readonly value: number;
  readonly unit: "ms" | "MB" | "x" | "";
  /** Where it lies with 95 % certainty, when it is a ratio of pairs; without, it is one of medians. */
  readonly interval?: Pick<Interval, "lower" | "upper" | "count">;
}

/** Undecided: it may lie on either side of what was hoped for. */
export type Verdict = "yes" | "NO" | "undecided";

export interface BenchReport {
  readonly question: string;
  readonly measurements: readonly Measurement[];
  readonly figures: readonly Figure[];
  readonly ratios?: readonly PairedRatio[];
  readonly tables?: readonly CountTable[];
  /** Names the x axis of a plot with a line for each series; without, each measurement is a bar. */
  readonly axis?: string;
}

export interface CommandOptions {
  readonly directory: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Runs before the first measured one: they fill caches and let git store its token. */
const WARM_UPS = 3;

const NS_PER_MS = 1e6;

/**
 * Of Student's distribution, by the number of pairs but one: 95 % lie within so many standard errors. Beside the rows of
 * the table the row before counts, which is wider.
 */
const CERTAINTIES: readonly (readonly [number, number])[] = [
  [1, 12.706],
  [2, 4.303],
  [3, 3.182],
  [4, 2.776],
  [5, 2.571],
  [6, 2.447],
  [7, 2.365],
  [8, 2.306],
  [9, 2.262],
  [10, 2.228],
  [12, 2.179],
  [15, 2.131],
  [20, 2.086],
  [25, 2.06],
  [30, 2.042],
  [40, 2.021],
  [60, 2],
  [120, 1.98],
];

/** Lets all contenders take turns, `runs` times, in the order of turnsOf(). */
export function compare(contenders: readonly Contender[], runs: number): Measurement[] {
  const samples = contenders.map((): number[] => []);
  const mistakes = contenders.map((): string[] => []);
  const turns = [...contenders.entries()];
  for (let round = -WARM_UPS; round < runs; round += 1) {
    for (const [i, contender] of turnsOf(turns, round)) {
      contender.prepare?.(round);
      const startedAt = Bun.nanoseconds();
      contender.run(round);
      const elapsedMs = (Bun.nanoseconds() - startedAt) / NS_PER_MS;
      const mistake = contender.check?.(round);
      if (mistake !== undefined) {
        mistakes[i]?.push(mistake);
      }
      if (round >= 0) {
        samples[i]?.push(elapsedMs);
      }
    }
  }
  return contenders.map(({ name }, i) => {
    const [first] = mistakes[i] ?? [];
    return {
      ...summarize(name, samples[i] ?? []),
      ...(first === undefined
        ? {}
        : { mistake: `${mistakes[i]?.length} of ${runs + WARM_UPS} times: ${first}` }),
    };
  });
}

export function summarize(name: string, samplesMs: readonly number[]): Measurement {
  return {
    name,
    medianMs: quantile(samplesMs, 0.5),
    lowerMs: quantile(samplesMs, 0.25),
    upperMs: quantile(samplesMs, 0.75),
    minMs: quantile(samplesMs, 0),
    runs: samplesMs.length,
    samplesMs: samplesMs.map(toMicroseconds),
  };
}

/** Less than that is noise, and nobody wants to read it in a file. */
function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** Of the pairs of two measurements that were made in turns. */
export function pairedRatio(numerator: Measurement, denominator: Measurement): PairedRatio {
  const interval = medianOfRatios(numerator.samplesMs, denominator.samplesMs);
  const mistakes = [numerator, denominator].flatMap(({ name, mistake }) =>
    mistake === undefined ? [] : [`${name}: ${mistake}`],
  );
  return {
    name: `${numerator.name} / ${denominator.name}`,
    ...interval,
    isTooNoisy: isTooNoisy(interval),
    ...(mistakes.length === 0 ? {} : { mistake: mistakes.join("; ") }),
  };
}

/** A ratio of pairs as a figure, with what is hoped for. */
export function figureOf(
  { name, median, lower, upper, count }: PairedRatio,
  aim: Aim = {},
): Figure {
  return { name, value: median, unit: "x", interval: { lower, upper, count }, ...aim };
}

/** Of two contenders by their names; not a number where one of them is missing. */
export function figureOfPairs(
  measurements: readonly Measurement[],
  numerator: string,
  denominator: string,
  aim: Aim = {},
): Figure {
  const of = (wanted: string): Measurement =>
    measurements.find(({ name }) => name === wanted) ?? summarize(wanted, []);
  return figureOf(pairedRatio(of(numerator), of(denominator)), aim);
}

/** A program from start to end, its output thrown away. It must succeed. */
export function command(argv: readonly string[], options: CommandOptions): () => void {
  const environment = { ...process.env, ...options.environment };
  return () => {
    const child = Bun.spawnSync([...argv], {
      cwd: options.directory,
      env: environment,
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
    });
    if (child.exitCode !== 0) {
      throw new Error(`'${argv.join(" ")}' exited ${child.exitCode}`);
    }
  };
}

/** The ratio of two medians, `slower / faster` when things are as hoped. */
export function ratio(
  measurements: readonly Measurement[],
  numerator: string,
  denominator: string,
): number {
  const of = (name: string): number =>
    measurements.find((one) => one.name === name)?.medianMs ?? Number.NaN;
  return of(numerator) / of(denominator);
}

/**
 * Of the first to the second of each pair, and between what it lies with 95 % certainty. By logarithms: half as
 * much and twice as much cancel out.
 */
export function ratioOfPairs(pairs: readonly (readonly number[])[]): {
  readonly mean: number;
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
} {
  const logarithms = pairs.map(([one = Number.NaN, other = Number.NaN]) => Math.log(one / other));
  const count = logarithms.length;
  const mean = logarithms.reduce((sum, each) => sum + each, 0) / count;
  const variance = logarithms.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (count - 1);
  const [, certainty] = CERTAINTIES.findLast(([freedom]) => freedom < count) ?? [0, Number.NaN];
  const reach = certainty * Math.sqrt(variance / count);
  return {
    mean: Math.exp(mean),
    lower: Math.exp(mean - reach),
    upper: Math.exp(mean + reach),
    count,
  };
}

/** Undefined where nothing was hoped for. What is not a number is not as hoped. */
export function verdictOf({ value, interval, atMost, atLeast }: Figure): Verdict | undefined {
  if (atMost === undefined && atLeast === undefined) {
    return undefined;
  }
  const isWithin = (number: number): boolean =>
    number <= (atMost ?? Number.POSITIVE_INFINITY) &&
    number >= (atLeast ?? Number.NEGATIVE_INFINITY);
  if (Number.isNaN(value) || interval === undefined) {
    return isWithin(value) ? "yes" : "NO";
  }
  const { lower, upper } = interval;
  const isBeside =
    (atMost !== undefined && lower > atMost) || (atLeast !== undefined && upper < atLeast);
  if (!hasEnoughPairs(interval)) {
    return "undecided";
  }
  return isWithin(lower) && isWithin(upper) ? "yes" : isBeside ? "NO" : "undecided";
}

/** What is undecided has not failed. */
export function isAsHoped(figure: Figure): boolean {
  return verdictOf(figure) !== "NO";
}

/** The report in lines for people. Ratios are against the first contender. */
export function formatReport(report: BenchReport): string {
  return [report.question, ...reportTables(report).map(formatTable)].join("\n\n");
}

/** The first row of each names the columns. */
export function reportTables(report: BenchReport): (readonly (readonly string[])[])[] {
  const base = report.measurements[0]?.medianMs ?? Number.NaN;
  const tables = [
    report.measurements.map((one) => [
      one.name,
      `${one.medianMs.toFixed(2)} ms`,
      `${one.lowerMs.toFixed(2)}–${one.upperMs.toFixed(2)}`,
      one.minMs.toFixed(2),
      String(one.runs),
      (one.medianMs / base).toFixed(2),
      one.mistake === undefined ? "" : `WRONG ${one.mistake}`,
    ]),
    (report.ratios ?? []).map((one) => [
      one.name,
      `${one.median.toFixed(3)} x`,
      `${one.lower.toFixed(3)}–${one.upper.toFixed(3)}`,
      String(one.count),
      [
        ...(one.isTooNoisy ? ["TOO NOISY"] : []),
        ...(one.mistake === undefined ? [] : [`WRONG ${one.mistake}`]),
      ].join(", "),
    ]),
    report.figures.map((figure) => [
      figure.name,
      `${formatNumber(figure.value)}${figure.unit === "" ? "" : ` ${figure.unit}`}`,
      describeCertainty(figure),
      describeAim(figure),
    ]),
  ];
  const headings = [
    ["time", "median", "middle half", "best", "runs", "to first", ""],
    ["ratio of pairs", "median", "95 % certain", "pairs", ""],
    ["figure", "", "95 % certain", "aim"],
  ];
  return [
    ...tables.flatMap((rows, i) => (rows.length === 0 ? [] : [[headings[i] ?? [], ...rows]])),
    ...(report.tables ?? []).map(({ title, columns, rows }) => [
      [title, ...columns],
      ...rows.map((row) =>
        row.map((cell) => (typeof cell === "number" ? formatNumber(cell) : cell)),
      ),
    ]),
  ];
}

/** Columns side by side: the first to the left, the others to the right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    }
  }
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
        .join("   ")
        .trimEnd(),
    )
    .join("\n");
}

/** The machine, without which no figure means anything. */
export function describeMachine(): string {
  const [cpu] = cpus();
  return `${cpus().length} × ${cpu?.model ?? "unknown processor"}, ${process.platform} ${release()}, Bun ${Bun.version}`;
}

/** Between what it lies; of what is no ratio, nothing is known. */
export function describeCertainty({ interval, unit }: Figure): string {
  return interval === undefined
    ? unit === "x"
      ? "of medians"
      : ""
    : `${interval.lower.toFixed(2)}–${interval.upper.toFixed(2)}`;
}

function describeAim(figure: Figure): string {
  const bounds = [
    ...(figure.atMost === undefined ? [] : [`at most ${figure.atMost}`]),
    ...(figure.atLeast === undefined ? [] : [`at least ${figure.atLeast}`]),
  ];
  if (bounds.length === 0) {
    return "";
  }
  return `${bounds.join(", ")}: ${verdictOf(figure)}`;
}

function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
