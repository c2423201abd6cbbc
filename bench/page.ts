/** The page about a result: all of its tables and plots, and what speaks against them. */

import type { BenchReport } from "./harness.ts";
import { reportTables } from "./harness.ts";
import { markdownTable, picture } from "./markdown.ts";
import { type Answered, type BenchResult, nameOfResult, objectionsTo } from "./result.ts";

/** More than this in the minute before, and the machine was not at rest: the questions before are part of it. */
const LOAD_MAX_WITHIN = 2;

export function formatPage(result: BenchResult): string {
  const objections = objectionsTo(result);
  return `${[
    `# What the benchmarks found on ${result.date}, commit ${result.commit}`,
    [
      "Medians, with what the middle half of the runs lie between. A ratio is the median of the ratios of each round's pair,",
      "with where it lies with 95 % certainty (sign test); it is **too noisy** where that is further than a tenth away.",
      "A figure that is met only in a part of that interval is undecided. All runs are in the JSON file beside this page.",
      "Contenders take turns, and the order is another one each time. No-op programs say that nothing changed without",
      "looking: they are the floor, and **wrong** after the first edit.",
    ].join("\n"),
    ...(objections.length === 0
      ? []
      : [objections.map((objection) => `- **Beware:** ${objection}.`).join("\n")]),
    markdownTable([
      ["machine", result.machine],
      ["load before", result.loadAtStart.toFixed(2)],
      ...Object.entries(result.versions),
    ]),
    ...result.answers.map((answer) => formatAnswer(answer, nameOfResult(result))),
  ].join("\n\n")}\n`;
}

function formatAnswer(
  { name, loadAtStart, seconds, report, from }: Answered,
  folder: string,
): string {
  const noise = noiseOf(report, loadAtStart);
  return [
    `## ${report.question}`,
    `\`npm run bench -- ${name}\`, ${seconds.toFixed(0)} s${from === undefined ? "" : `, on ${from.date} at commit ${from.commit}`}.${noise}`,
    ...(hasPlot(report) ? [picture(report.question, `${folder}/${name}`)] : []),
    ...reportTables(report).map(markdownTable),
  ].join("\n\n");
}

export function hasPlot({ measurements }: BenchReport): boolean {
  return measurements.some(({ medianMs }) => medianMs > 0);
}

function noiseOf(report: BenchReport, loadAtStart: number): string {
  const noisy = (report.ratios ?? []).filter((one) => one.isTooNoisy).length;
  return [
    noisy === 0 ? "" : ` **Too noisy:** ${noisy} of its ratios.`,
    loadAtStart > LOAD_MAX_WITHIN ? ` **Load ${loadAtStart.toFixed(2)}** when it began.` : "",
  ].join("");
}
