/**
 * What commands show to people in columns: tables with headings, and facts with names.
 *
 * Never cut: a line that is too long for the terminal is the terminal's to wrap, and whole for a pipe.
 */

import type { ResourceStanding } from "../protocol/resources.ts";
import type { WorktreeState } from "../protocol/worktree-health.ts";
import { alignColumns, printLines, visible } from "./output.ts";
import { type Paint, paintFor, STDOUT, type Style } from "./terminal.ts";

export interface TableOptions {
  /** Headings of columns that are aligned to the right. */
  readonly numbers?: ReadonlySet<string>;
  readonly paint?: Paint;
}

export function printTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): void {
  const { paint = paintFor(STDOUT) } = options;
  printLines(tableLines(headings, rows, { ...options, paint }));
}

export function tableLines(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { numbers = new Set(), paint = (text) => text }: TableOptions = {},
): readonly string[] {
  const all = [headings.map((heading) => paint(heading, "heading")), ...rows];
  const padded = headings.reduce(
    (table, heading, column) => (numbers.has(heading) ? alignRight(table, column) : table),
    all,
  );
  return alignColumns(padded);
}

/** A name, and what it is. */
export type Fact = readonly [string, string];

/** One a line. */
export function printFacts(facts: readonly Fact[]): void {
  const paint = paintFor(STDOUT);
  printLines(alignColumns(facts.map(([name, value]) => [paint(name, "heading"), value])));
}

/** What the daemon takes more of than it may, a line each. */
export function describeOverLimits(standings: readonly ResourceStanding[]): readonly Fact[] {
  return standings.map(({ message }, i) => [i === 0 ? "over a limit" : "", visible(message)]);
}

/** How a state looks: red for one in which git stays slow until somebody does something. */
export function paintState(state: WorktreeState, paint: Paint): string {
  return paint(state, STATE_STYLES[state]);
}

const STATE_STYLES: Readonly<Record<WorktreeState, Style>> = {
  ready: "good",
  crawling: "doubtful",
  "catching-up": "doubtful",
  degraded: "bad",
};

function alignRight(rows: readonly (readonly string[])[], column: number): (readonly string[])[] {
  const width = Math.max(...rows.map((row) => Bun.stringWidth(row[column] ?? "")));
  return rows.map((row) =>
    row.map((cell, i) => (i === column ? " ".repeat(width - Bun.stringWidth(cell)) + cell : cell)),
  );
}
