/**
 * Pictures of what was measured, as SVG: one for light pages and one for dark ones, made by Vega-Lite.
 *
 * A report with an axis becomes lines, one for each series; any other becomes points, one for each measurement, with
 * the middle half of its runs. Whoever was wrong is called so; its line is dashed, its point hollow.
 */

import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";

import type { BenchReport, Measurement } from "./harness.ts";

export type Theme = "light" | "dark";

export const THEMES: readonly Theme[] = ["light", "dark"];

/** Those of GitHub's pages, on which they are looked at. */
const COLOURS = {
  light: { background: "#ffffff", ink: "#1f2328", rule: "#d1d9e0" },
  dark: { background: "#0d1117", ink: "#e6edf3", rule: "#3d444d" },
} as const;

/** The same in every picture, and told apart by people who see colours differently, too, on both grounds. */
const SERIES_COLOURS: Readonly<Record<string, string>> = {
  "no monitor": "#8c8c8c",
  "untracked cache only": "#b08a2e",
  Watchman: "#cc79a7",
  "git's daemon": "#d55e00",
  "no-op Bun hook": "#a1887f",
  "no-op C hook": "#9aa5b1",
  "no-op C server": "#c2a878",
  "gity, helper": "#7b61c9",
  "gity, socket": "#009e73",
  "gity status": "#2f96e0",
};

const BAR_COLOUR = "#2f96e0";

/** Where nothing stands on a scale of logarithms, which has no place for it. */
const PLACE_OF_NONE = 0.2;

const WRONG = " (wrong)";

/** Of the stroke of a line, by whether it belongs to somebody who was wrong. */
const DASHES = {
  field: "isWrong",
  type: "nominal",
  scale: {
    domain: [0, 1],
    range: [
      [1, 0],
      [5, 4],
    ],
  },
  legend: null,
} as const;

/** Of the inside of a point. */
const HOLLOW = { condition: { test: "datum.isWrong === 1", value: 0 }, value: 1 } as const;

const SERIES_SHAPES = ["circle", "square", "cross", "diamond"];

const WIDTH = 520;
const LINES_HEIGHT = 320;
const ROW_HEIGHT = 24;
/** From here on one scale shows only the largest. */
const LOGARITHMIC_FROM = 20;

const FONT = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif";

/** Undefined where there is nothing to see. */
export async function plotReport(report: BenchReport, theme: Theme): Promise<string | undefined> {
  const measurements = report.measurements.filter(({ medianMs }) => medianMs > 0);
  if (measurements.length === 0) {
    return undefined;
  }
  const specification =
    report.axis === undefined ? barsOf(measurements) : linesOf(measurements, report.axis);
  // What is written here is looked at as a picture; the types describe more than a hundred forms of it.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const compiled = compile({
    ...specification,
    title: { text: report.question, anchor: "start", offset: 12 },
    background: COLOURS[theme].background,
    padding: 12,
    config: configurationOf(theme),
  } as TopLevelSpec);
  const view = new View(parse(compiled.spec), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  return `${svg}\n`;
}

function barsOf(measurements: readonly Measurement[]): object {
  const names = measurements.map(({ name }) => name);
  const medians = measurements.map(({ medianMs }) => medianMs);
  const isLogarithmic = Math.max(...medians) / Math.min(...medians) > LOGARITHMIC_FROM;
  const scale = isLogarithmic ? { type: "log" } : { zero: true };
  const x = { field: "median", type: "quantitative", title: "milliseconds", scale };
  const y = { field: "name", type: "nominal", title: null, sort: names };
  return {
    width: WIDTH,
    height: { step: ROW_HEIGHT },
    data: { values: measurements.map(rowOf) },
    layer: [
      {
        mark: { type: "rule", strokeWidth: 5, opacity: 0.35, color: BAR_COLOUR },
        encoding: { x: { ...x, field: "lower" }, x2: { field: "upper" }, y },
      },
      {
        mark: { type: "point", size: 70, color: BAR_COLOUR },
        encoding: { x, y, fillOpacity: HOLLOW, fill: { value: BAR_COLOUR } },
      },
      {
        mark: { type: "text", align: "left", dx: 8, fontSize: 11 },
        encoding: { x, y, text: { field: "label" } },
      },
    ],
  };
}

function linesOf(measurements: readonly Measurement[], axis: string): object {
  const wrong = new Set(
    measurements.flatMap(({ mistake, series }) => (mistake === undefined ? [] : [series])),
  );
  const nameOf = (series: string | undefined): string =>
    `${series ?? ""}${wrong.has(series) ? WRONG : ""}`;
  const series = [...new Set(measurements.map((one) => nameOf(one.series)))];
  const values = measurements.map((one) => ({
    ...rowOf(one),
    series: nameOf(one.series),
    isWrong: wrong.has(one.series) ? 1 : 0,
    at: Math.max(one.at ?? 0, PLACE_OF_NONE),
  }));
  const color = {
    field: "series",
    type: "nominal",
    title: null,
    sort: series,
    scale: {
      domain: series,
      range: series.map((name) => SERIES_COLOURS[name.replace(WRONG, "")] ?? BAR_COLOUR),
    },
    legend: { symbolOpacity: 1, symbolSize: 90, labelLimit: 320 },
  };
  const shape = {
    field: "series",
    type: "nominal",
    title: null,
    sort: series,
    legend: { symbolOpacity: 1, symbolSize: 90, labelLimit: 320 },
    scale: { domain: series, range: series.map((_, i) => SERIES_SHAPES[i % SERIES_SHAPES.length]) },
  };
  const ticks = [...new Set(values.map(({ at }) => at))];
  const x = {
    field: "at",
    type: "quantitative",
    title: axis,
    scale: { type: "log" },
    axis: {
      values: ticks,
      labelExpr: "datum.value < 1 ? '0' : format(datum.value, ',')",
    },
  };
  const y = {
    field: "median",
    type: "quantitative",
    title: "milliseconds",
    scale: { type: "log", nice: false },
  };
  return {
    width: WIDTH,
    height: LINES_HEIGHT,
    data: { values },
    layer: [
      {
        mark: { type: "line", strokeWidth: 2 },
        encoding: { x, y, color, strokeDash: DASHES },
      },
      {
        mark: { type: "rule", strokeWidth: 5, opacity: 0.3 },
        encoding: { x, y: { ...y, field: "lower" }, y2: { field: "upper" }, color },
      },
      {
        mark: { type: "point", size: 60 },
        encoding: { x, y, color, shape, fill: color, fillOpacity: HOLLOW },
      },
    ],
  };
}

function rowOf(one: Measurement): Record<string, string | number> {
  return {
    name: one.mistake === undefined ? one.name : `${one.name}${WRONG}`,
    isWrong: one.mistake === undefined ? 0 : 1,
    series: one.series ?? one.name,
    median: one.medianMs,
    lower: one.lowerMs,
    upper: one.upperMs,
    label: one.medianMs < 10 ? one.medianMs.toFixed(2) : one.medianMs.toFixed(0),
  };
}

function configurationOf(theme: Theme): object {
  const { ink, rule } = COLOURS[theme];
  return {
    font: FONT,
    view: { stroke: null },
    title: { color: ink, fontSize: 14, fontWeight: 600 },
    text: { color: ink },
    axis: {
      labelColor: ink,
      titleColor: ink,
      gridColor: rule,
      gridOpacity: 0.6,
      domainColor: rule,
      tickColor: rule,
      labelFontSize: 12,
      titleFontSize: 12,
      titleFontWeight: 400,
      labelLimit: 320,
    },
    legend: { labelColor: ink, titleColor: ink, labelFontSize: 12, labelLimit: 260 },
  };
}
