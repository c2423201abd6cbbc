/**
 * README's part about speed, made of one result and nothing else: every number names the question that it is the
 * answer to, and a test compares README with the result that it names.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

import { PROJECT_ROOT } from "../test/support/built.ts";
import type { Measurement } from "./harness.ts";
import { markdownTable, picture } from "./markdown.ts";
import { hasPlot } from "./page.ts";
import { type Answered, type BenchResult, nameOfResult, objectionsTo } from "./result.ts";

const README = join(PROJECT_ROOT, "README.md");

const BEGIN = /<!-- bench: (\S*) -->\n/;
const END = "<!-- /bench -->";

/** With plots, where they were asked. */
const SHOWN_PLOTS = ["status-by-files", "status-by-changes"];

const LARGEST_ONLY = new Set(["status-by-files"]);

/** The part of README between the markers, and the result it says it is made of; undefined without markers. */
export function readmePart(
  readme: string,
): { readonly result: string; readonly text: string } | undefined {
  const begin = BEGIN.exec(readme);
  const end = readme.indexOf(END);
  if (begin === null || end < begin.index) {
    return undefined;
  }
  return { result: begin[1] ?? "", text: readme.slice(begin.index + begin[0].length, end) };
}

/** @throws Error when the result is not fit to be shown, or README has no place for it */
export function updateReadme(result: BenchResult, path: string): void {
  const readme = readFileSync(README, "utf8");
  const part = readmePart(readme);
  if (part === undefined) {
    throw new Error(`README.md has no '<!-- bench: … -->' and '${END}'`);
  }
  const begin = BEGIN.exec(readme);
  const from = begin?.index ?? 0;
  const to = readme.indexOf(END);
  const marker = `<!-- bench: bench/results/${basename(path)} -->\n`;
  writeFileSync(
    README,
    readme.slice(0, from) + marker + formatReadmePart(result) + readme.slice(to),
  );
}

/** @throws Error when the result is not fit to be shown */
export function formatReadmePart(result: BenchResult): string {
  const [objection] = objectionsTo(result);
  if (objection !== undefined) {
    throw new Error(`README takes no such result: ${objection}`);
  }
  const name = nameOfResult(result);
  const { versions } = result;
  return `\n${[
    [
      `Measured on ${result.date} at commit ${result.commit}: ${result.machine}; git ${versions["git"]}, Watchman ${versions["Watchman"]}.`,
      "Medians; a ratio is the median of the ratios of each round's pair, with where it lies with 95 % certainty.",
      `[Everything that was measured](bench/results/${name}.md), and every run of it ([JSON](bench/results/${name}.json)).`,
    ].join("\n"),
    ...result.answers.filter(isWorthShowing).map((answer) => formatClaims(answer, name)),
  ].join("\n\n")}\n\n`;
}

/** Those that have something to compare, or aims. */
function isWorthShowing({ report }: Answered): boolean {
  return report.figures.length > 0 || (report.ratios ?? []).length > 0;
}

function formatClaims({ name, report }: Answered, folder: string): string {
  const largest = Math.max(...report.measurements.map(({ at }) => at ?? 0));
  const isShown = ({ at }: Measurement): boolean => !LARGEST_ONLY.has(name) || at === largest;
  const rows = [
    ...report.measurements
      .filter(isShown)
      .map((one) => [
        one.name,
        one.mistake === undefined ? `${one.medianMs.toFixed(2)} ms` : `**wrong**: ${one.mistake}`,
        `${one.lowerMs.toFixed(2)}–${one.upperMs.toFixed(2)} ms, ${one.runs} runs`,
      ]),
    ...(report.ratios ?? [])
      .filter((one) => !LARGEST_ONLY.has(name) || one.name.endsWith(`, ${largest} files`))
      .map((one) => [
        one.name,
        `${one.median.toFixed(2)} ×`,
        `${one.lower.toFixed(2)}–${one.upper.toFixed(2)}${one.isTooNoisy ? ", **too noisy**" : ""}`,
      ]),
    ...report.figures
      .filter((figure) => figure.unit !== "x")
      .map((figure) => [
        figure.name,
        `${Number.isInteger(figure.value) ? figure.value : figure.value.toFixed(2)} ${figure.unit}`.trim(),
        "",
      ]),
  ];
  return [
    `### ${report.question}`,
    ...(hasPlot(report) && SHOWN_PLOTS.includes(name)
      ? [picture(report.question, `bench/results/${folder}/${name}`)]
      : []),
    markdownTable([[`\`npm run bench -- ${name}\``, "", ""], ...rows]),
  ].join("\n\n");
}
