/**
 * Runs scripts of git's test suite with gity and without, several at a time, and sorts what went
 * wrong: with git alone, with another hook as well, or only with gity.
 */

import { join } from "node:path";

import { failuresOf, failuresOnlyIn, type SuiteFailure } from "./compare.ts";
import { runScript, type ScriptOptions, type ScriptRun } from "./run-script.ts";
import { isExplained } from "./scripts.ts";

export interface SuiteOptions extends Omit<ScriptOptions, "hook" | "outputFolder"> {
  readonly outputFolder: string;
  readonly gityHook: string;
  readonly nullHook: string;
  readonly scanHook: string;
  readonly jobs: number;
  /** Git alone runs only the scripts that fail with gity: half the time, and fewer numbers. */
  readonly isQuick: boolean;
  /** No script is started later than this, by performance.now(). */
  readonly endMs: number;
  /** Without a daemon every answer is "/", and a run would say nothing about gity. */
  readonly isDaemonRunning: () => boolean;
  readonly onScript: (result: ScriptResult) => void;
}

export interface ScriptResult {
  readonly script: string;
  readonly tests: number;
  readonly skipped: number;
  readonly seconds: Readonly<Partial<Record<Mode, number>>>;
  readonly failuresAlone: readonly SuiteFailure[];
  /** Also seen with a hook that knows nothing, or with one that looks at everything. */
  readonly failuresWithAnyHook: readonly SuiteFailure[];
  /** What git shows is right, and gity is told to be slow there; see scripts.ts. */
  readonly failuresExplained: readonly SuiteFailure[];
  readonly failuresOnlyWithGity: readonly SuiteFailure[];
}

/** Git alone, or with one of the hooks. */
type Mode = "alone" | "gity" | "null-hook" | "scan-hook";

export async function runSuite(
  scripts: readonly string[],
  options: SuiteOptions,
): Promise<ScriptResult[]> {
  const waiting = [...scripts];
  const results: ScriptResult[] = [];
  const work = async (): Promise<void> => {
    for (;;) {
      const mayGoOn = performance.now() < options.endMs && options.isDaemonRunning();
      const script = mayGoOn ? waiting.shift() : undefined;
      if (script === undefined) {
        return;
      }
      // oxlint-disable-next-line no-await-in-loop
      const result = await runInModes(script, options);
      results.push(result);
      options.onScript(result);
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  return results.toSorted((a, b) => (a.script < b.script ? -1 : 1));
}

async function runInModes(script: string, options: SuiteOptions): Promise<ScriptResult> {
  const gity = await runIn("gity", script, options);
  const tests = gity.report.tests.length;
  const skipped = gity.report.tests.filter(({ state }) => state === "skipped").length;
  const seconds: Partial<Record<Mode, number>> = { gity: gity.seconds };
  const result = {
    script,
    tests,
    skipped,
    seconds,
    failuresAlone: [],
    failuresWithAnyHook: [],
    failuresExplained: [],
    failuresOnlyWithGity: [],
  };
  if (options.isQuick && failuresOf(gity).length === 0) {
    return result;
  }
  const alone = await runIn("alone", script, options);
  seconds.alone = alone.seconds;
  const suspicious = failuresOnlyIn(gity, alone);
  let left = suspicious;
  for (const mode of ["null-hook", "scan-hook"] as const) {
    if (left.length > 0) {
      // Most need only the first.
      // oxlint-disable-next-line no-await-in-loop
      const other = await runIn(mode, script, options);
      seconds[mode] = other.seconds;
      left = left.filter(isNotIn(failuresOnlyIn(other, alone)));
    }
  }
  return {
    ...result,
    failuresAlone: failuresOf(alone),
    failuresWithAnyHook: suspicious.filter(isNotIn(left)),
    failuresExplained: left.filter(isExplained),
    failuresOnlyWithGity: left.filter((failure) => !isExplained(failure)),
  };
}

/** By number and title: a script that ends earlier than with another hook fails in its own way. */
function isNotIn(others: readonly SuiteFailure[]): (failure: SuiteFailure) => boolean {
  return ({ number, title }) =>
    !others.some((other) => other.number === number && other.title === title);
}

async function runIn(mode: Mode, script: string, options: SuiteOptions): Promise<ScriptRun> {
  const hooks = {
    alone: undefined,
    gity: options.gityHook,
    "null-hook": options.nullHook,
    "scan-hook": options.scanHook,
  };
  const outputFolder = join(options.outputFolder, mode);
  return runScript(script, { ...options, outputFolder, hook: hooks[mode] });
}
