/** Runs one script of git's test suite, in a folder of its own, with or without an fsmonitor hook. */

import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

import { removeTree } from "../support/temp-dir.ts";
import { parseTap, type TapReport } from "./tap.ts";

export interface ScriptRun {
  readonly script: string;
  readonly report: TapReport;
  readonly exitCode: number;
  readonly isTimedOut: boolean;
  readonly seconds: number;
}

export interface ScriptOptions {
  /** The folder `t` of git's source, in which git is built. */
  readonly testsFolder: string;
  /** Trash and results go below it. */
  readonly scratchFolder: string;
  /** What the script printed is kept here. */
  readonly outputFolder: string;
  readonly limitSeconds: number;
  /** Absolute path of the hook; undefined for git alone. */
  readonly hook: string | undefined;
  readonly gityHome: string;
  /** Every command and its output in what is kept, and the trash of failed scripts stays. */
  readonly isVerbose: boolean;
}

/** timeout(1)'s exit codes for "time is up", by TERM and by KILL. */
const TIMED_OUT_EXIT_CODES: ReadonlySet<number> = new Set([124, 137]);

/** After TERM, scripts clean up; then they are killed. */
const KILL_AFTER_SECONDS = 10;

export async function runScript(script: string, options: ScriptOptions): Promise<ScriptRun> {
  const { testsFolder, isVerbose, hook } = options;
  const folder = mkdtempSync(join(options.scratchFolder, "run-"));
  const startedAt = performance.now();
  const child = Bun.spawn(
    [
      // The script, and every process it started, as a group of its own.
      "timeout",
      `--kill-after=${KILL_AFTER_SECONDS}`,
      String(options.limitSeconds),
      `./${script}`,
      `--root=${folder}`,
      "--no-chain-lint",
      ...(isVerbose ? ["--verbose-log", "-x"] : []),
    ],
    {
      cwd: testsFolder,
      env: scriptEnvironment(folder, hook, options.gityHome),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    },
  );
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  const seconds = (performance.now() - startedAt) / 1000;
  mkdirSync(options.outputFolder, { recursive: true });
  writeFileSync(join(options.outputFolder, `${basename(script, ".sh")}.out`), stdout + stderr);
  if (!(isVerbose && exitCode !== 0)) {
    removeTree(folder);
  }
  const isTimedOut = TIMED_OUT_EXIT_CODES.has(exitCode);
  return { script, report: parseTap(stdout), exitCode, isTimedOut, seconds };
}

/** test-lib.sh makes its own HOME and removes most of GIT_*, but neither GIT_TEST_* nor GITY_HOME. */
function scriptEnvironment(
  folder: string,
  hook: string | undefined,
  gityHome: string,
): Record<string, string | undefined> {
  return {
    PATH: process.env["PATH"],
    HOME: folder,
    SHELL: "/bin/sh",
    TERM: "dumb",
    TEST_OUTPUT_DIRECTORY: folder,
    // One that ends is to be missed.
    GITY_NO_DAEMON: "1",
    ...(hook === undefined ? {} : { GIT_TEST_FSMONITOR: hook, GITY_HOME: gityHome }),
  };
}
