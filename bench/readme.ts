/**
 * README's part about speed, made of one result and nothing else: every number names the question that it is the
 * answer to, and a test compares README with the result that it names.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

import { PROJECT_ROOT } from "../test/support/built.ts";
import {
  type BenchReport,
  describeCertainty,
  type Figure,
  type Measurement,
  type PairedRatio,
  verdictOf,
} from "./harness.ts";
import { markdownTable, picture } from "./markdown.ts";
import { hasPlot } from "./page.ts";
import { type Answered, type BenchResult, nameOfResult, objectionsTo } from "./result.ts";

const README = join(PROJECT_ROOT, "README.md");

const BEGIN = /<!-- bench: (\S*) -->\n/;
const END = "<!-- /bench -->";

/** With the times of everybody, and plots. Of the others README has only what is claimed. */
const SHOWN_WHOLE: ReadonlySet<string> = new Set(["status-by-files"]);
/** With its plot besides. */
const SHOWN_AS_PLOT: ReadonlySet<string> = new Set(["status-by-changes"]);

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
  const answers = result.answers.filter(isWorthShowing);
  return `\n${[
    [
      `Measured on ${result.date} at commit ${result.commit}: ${result.machine}; git ${versions["git"]}, Watchman ${versions["Watchman"]}.`,
      ...(answers.some(({ from }) => from !== undefined)
        ? ["Where a commit stands beside a question, it was asked in another hour, at that commit."]
        : []),
      "Medians; a ratio is the median of the ratios of each round's pair, with where it lies with 95 % certainty. No-op",
      "programs are the floor: each says that nothing changed without looking, and is wrong after the first edit.",
      `[Everything that was measured](bench/results/${name}.md), and every run of it ([JSON](bench/results/${name}.json)).`,
    ].join("\n"),
    ...answers.filter(isWhole).map((answer) => formatWhole(answer, name)),
    ...answers
      .filter((answer) => SHOWN_AS_PLOT.has(answer.name))
      .map(({ name: asked, report }) =>
        [`### ${report.question}`, picture(report.question, `bench/results/${name}/${asked}`)].join(
          "\n\n",
        ),
      ),
    "### Everything else, by question",
    markdownTable([
      ["`npm run bench --` …", "", "", "certain to 95 %, and what was aimed at"],
      ...answers.filter((answer) => !isWhole(answer)).flatMap(claimsOf),
    ]),
  ].join("\n\n")}\n\n`;
}

function isWhole({ name }: Answered): boolean {
  return SHOWN_WHOLE.has(name);
}

/** Those that have something to compare, or aims. */
function isWorthShowing({ report }: Answered): boolean {
  return report.figures.length > 0 || (report.ratios ?? []).length > 0;
}

/** Its plot, and a table with the times of everybody, where there are several sizes those of the largest. */
function formatWhole({ name, report }: Answered, folder: string): string {
  const largest = Math.max(...report.measurements.map(({ at }) => at ?? 0));
  const isShown = ({ at }: Measurement): boolean => !LARGEST_ONLY.has(name) || at === largest;
  const isShownRatio = (one: PairedRatio): boolean =>
    !LARGEST_ONLY.has(name) || one.name.endsWith(`, ${largest} files`);
  return [
    `### ${report.question}`,
    ...(hasPlot(report) ? [picture(report.question, `bench/results/${folder}/${name}`)] : []),
    markdownTable([
      [`\`npm run bench -- ${name}\``, "", ""],
      ...report.measurements
        .filter(isShown)
        .map((one) => [
          one.name,
          one.mistake === undefined ? `${one.medianMs.toFixed(2)} ms` : `**wrong**: ${one.mistake}`,
          `${one.lowerMs.toFixed(2)}–${one.upperMs.toFixed(2)} ms, ${one.runs} runs`,
        ]),
      ...(report.ratios ?? [])
        .filter(isShownRatio)
        .map((one) => formatRatio(one, aimOf(report, one))),
    ]),
  ].join("\n\n");
}

/** Ratios first. */
function claimsOf({ name, report, from }: Answered): string[][] {
  const ratios = report.ratios ?? [];
  const rest = report.figures.filter(
    (figure) => figure.unit !== "x" || ratios.every((ratio) => ratio.name !== figure.name),
  );
  return [
    ...ratios.map((ratio) => formatRatio(ratio, aimOf(report, ratio))),
    ...rest.map((figure) => [
      figure.name,
      `${formatNumber(figure.value)} ${figure.unit === "x" ? "×" : figure.unit}`.trim(),
      [describeCertainty(figure), formatAim(figure)].filter((text) => text !== "").join("; "),
    ]),
  ].map((row) => [`\`${name}\`${from === undefined ? "" : ` (${from.commit})`}`, ...row]);
}

/** A figure that is one of the ratios lends it its aim. */
function aimOf({ figures }: BenchReport, ratio: PairedRatio): Figure | undefined {
  return figures.find((figure) => figure.name === ratio.name && figure.unit === "x");
}

function formatRatio(one: PairedRatio, aim?: Figure): string[] {
  const noise = [
    one.isTooNoisy ? ", **too noisy**" : "",
    one.mistake === undefined ? "" : `, **wrong**: ${one.mistake}`,
  ].join("");
  const aimed = aim === undefined ? "" : formatAim(aim);
  return [
    one.name,
    `${one.median.toFixed(2)} ×`,
    `${one.lower.toFixed(2)}–${one.upper.toFixed(2)}${noise}${aimed === "" ? "" : `; ${aimed}`}`,
  ];
}

const VERDICTS = { yes: "", NO: ": **missed**", undecided: ": undecided" } as const;

function formatAim(figure: Figure): string {
  const bounds = [
    ...(figure.atMost === undefined ? [] : [`at most ${formatNumber(figure.atMost)}`]),
    ...(figure.atLeast === undefined ? [] : [`at least ${formatNumber(figure.atLeast)}`]),
  ];
  return bounds.length === 0 ? "" : `${bounds.join(", ")}${VERDICTS[verdictOf(figure) ?? "yes"]}`;
}

function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
