/** The little Markdown that pages of results are made of, as the formatter would write it. */

/** The first row is the heading. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const cells = rows.map((row) =>
    Array.from({ length: columns }, (_, i) => (row[i] ?? "").replaceAll("|", "\\|")),
  );
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(3, ...cells.map((row) => Bun.stringWidth(row[i] ?? ""))),
  );
  const lineOf = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => cell + " ".repeat((widths[i] ?? 0) - Bun.stringWidth(cell))).join(" | ")} |`;
  const [heading = [], ...rest] = cells;
  return [
    lineOf(heading),
    `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`,
    ...rest.map(lineOf),
  ].join("\n");
}

/** One for each theme; `path` without what tells them apart. */
export function picture(text: string, path: string): string {
  const plain = text.replaceAll("`", "").replaceAll('"', "");
  return [
    "<picture>",
    `  <source media="(prefers-color-scheme: dark)" srcset="${path}-dark.svg" />`,
    `  <img alt="${plain}" src="${path}-light.svg" />`,
    "</picture>",
  ].join("\n");
}
