/** README's part about speed is made of a result, and says what the result says. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "bun:test";

import { pairedRatio, summarize } from "../../bench/harness.ts";
import { formatPage } from "../../bench/page.ts";
import { plotReport } from "../../bench/plots.ts";
import { formatReadmePart, readmePart } from "../../bench/readme.ts";
import { forgetPartial, keepPartially } from "../../bench/publish.ts";
import {
  type BenchResult,
  loadResult,
  mergeResults,
  nameOfResult,
  objectionsTo,
  withFreeName,
} from "../../bench/result.ts";
import { PROJECT_ROOT } from "../support/built.ts";
import { tempDir } from "../support/temp-dir.ts";

const SLOW = summarize("no monitor, 1000 files", [20, 22, 24, 20, 22, 24]);
const FAST = {
  ...summarize("no-op hook, 1000 files", [10, 11, 12, 10, 11, 12]),
  mistake: "6 of 6 times: it slept",
};

const RESULT: BenchResult = {
  format: 1,
  date: "2026-11-21",
  commit: "abc1234",
  isCommitted: true,
  isQuick: false,
  machine: "2 × a processor",
  loadAtStart: 0.1,
  versions: { git: "2.55.0", Watchman: "4.9.0" },
  answers: [
    {
      name: "status-by-files",
      loadAtStart: 0.1,
      seconds: 60,
      report: {
        question: "How long?",
        measurements: [
          { ...SLOW, series: "no monitor", at: 1000 },
          { ...FAST, series: "no-op hook", at: 1000 },
        ],
        ratios: [pairedRatio(SLOW, FAST)],
        figures: [],
        axis: "files",
      },
    },
    {
      name: "daemon",
      loadAtStart: 0.1,
      seconds: 60,
      report: {
        question: "How much?",
        measurements: [SLOW, FAST],
        ratios: [pairedRatio(SLOW, FAST)],
        figures: [
          { name: "memory", value: 58.25, unit: "MB", atMost: 50 },
          { name: `${SLOW.name} / ${FAST.name}`, value: 2, unit: "x", atLeast: 1.5 },
          { name: "first / second", value: 1, unit: "x" },
        ],
      },
    },
  ],
};

const README = readFileSync(join(PROJECT_ROOT, "README.md"), "utf8");
const part = readmePart(README);

test.skipIf(part === undefined)("README says what the result says that it names", () => {
  const path = join(PROJECT_ROOT, part?.result ?? "");

  expect(existsSync(path)).toBe(true);
  expect(part?.text).toBe(formatReadmePart(loadResult(path)));
});

test("formatReadmePart() names the question of every table, and calls wrong what was wrong", () => {
  const text = formatReadmePart(RESULT);

  expect(text).toContain("| `npm run bench -- status-by-files` ");
  expect(text).toMatch(/\| no monitor, 1000 files +\| 22\.00 ms +\| 20\.50–23\.50 ms, 6 runs +\|/);
  expect(text).toMatch(/\| no-op hook, 1000 files +\| \*\*wrong\*\*: 6 of 6 times: it slept /);
  expect(text).toMatch(
    /2\.00 × +\| 2\.00–2\.00, \*\*wrong\*\*: no-op hook, 1000 files: 6 of 6 times/,
  );
  expect(text).toMatch(/\| `daemon` +\| memory +\| 58\.25 MB +\| at most 50: \*\*missed\*\* +\|/);
  expect(text).toMatch(/\| `daemon` .*\| 2\.00 × +\| 2\.00–2\.00, .*it slept; at least 1\.50 +\|/);
  expect(text).toMatch(/\| `daemon` +\| first \/ second +\| 1 × +\| of medians +\|/);
  expect(text).toContain('srcset="bench/results/2026-11-21-abc1234/status-by-files-dark.svg"');
});

test.each([
  [{ isQuick: true }, "a quick run"],
  [{ isCommitted: false }, "not commit abc1234"],
  [{ loadAtStart: 0.9 }, "busy"],
  [
    { failures: [{ name: "query", message: "it fell over" }] },
    "'query' has no answer: it fell over",
  ],
  [{ objections: ["'gity' was built anew meanwhile"] }, "built anew"],
] as const)("formatReadmePart() refuses a result with %p", (change, reason) => {
  expect(() => formatReadmePart({ ...RESULT, ...change })).toThrow(reason);
});

test("mergeResults() puts answers of another run into a result, and says of which", () => {
  const [first, second] = RESULT.answers;
  const later = { ...first!, seconds: 7 };
  const other = {
    ...RESULT,
    commit: "def5678",
    date: "2026-11-22",
    answers: [later, { ...second!, name: "share" }],
  };
  const from = { date: "2026-11-22", commit: "def5678" };
  const merged = mergeResults(RESULT, other);
  expect(merged.commit).toBe("abc1234");
  expect(merged.answers).toEqual([
    { ...later, from },
    second!,
    { ...second!, name: "share", from },
  ]);
  expect(formatPage(merged)).toContain("7 s, on 2026-11-22 at commit def5678.");
  expect(formatReadmePart(merged)).toMatch(/\| `share` \(def5678\) +\| memory /);
  const failed = {
    ...RESULT,
    failures: [
      { name: "share", message: "" },
      { name: "day", message: "" },
    ],
  };
  expect(mergeResults(failed, other).failures).toEqual([{ name: "day", message: "" }]);
  expect(() => mergeResults(RESULT, { ...other, isQuick: true })).toThrow("a quick run");
  expect(() => mergeResults(RESULT, { ...other, machine: "another" })).toThrow("another machine");
});

test("withFreeName() gives a number to a further result of the same day and commit", () => {
  using folder = tempDir("results");
  const nextName = (): string => nameOfResult(withFreeName(RESULT, folder.path));

  expect(nextName()).toBe("2026-11-21-abc1234");
  writeFileSync(folder.join("2026-11-21-abc1234.json"), "{}");
  expect(nextName()).toBe("2026-11-21-abc1234-2");
  keepPartially({ ...RESULT, number: 2 }, folder.path);
  expect(nextName()).toBe("2026-11-21-abc1234-3");
  expect(objectionsTo(loadResult(folder.join("2026-11-21-abc1234-2.partial.json")))).toEqual([
    "it is of a run that did not come to its end",
  ]);
  forgetPartial({ ...RESULT, number: 2 }, folder.path);
  expect(nextName()).toBe("2026-11-21-abc1234-2");
});

test("readmePart() finds what stands between the markers, and nothing without them", () => {
  expect(readmePart("a\n<!-- bench: r.json -->\nx\n<!-- /bench -->\nb")).toEqual({
    result: "r.json",
    text: "x\n",
  });
  expect(readmePart("a\nx\n")).toBeUndefined();
});

test("formatPage() says what speaks against a result", () => {
  const page = formatPage({ ...RESULT, isQuick: true });

  expect(page).toContain("**Beware:** a quick run says nothing about speed.");
  expect(page).toContain(`${nameOfResult({ ...RESULT, isQuick: true })}/status-by-files-light.svg`);
});

test.each(["light", "dark"] as const)(
  "plotReport() draws a line for each series, %s",
  async (theme) => {
    const svg = await plotReport(RESULT.answers[0]!.report, theme);

    expect(svg).toStartWith("<svg");
    expect(svg).toContain("no monitor");
    expect(svg).toContain(theme === "dark" ? "#0d1117" : "#ffffff");
  },
);
