/**
 * Question: what does gity do for `git status`, here and now?
 *
 *     npm start                      on a repository of 20,000 files, made and removed again
 *     npm start -- PATH [--keep]     on a repository of yours
 *
 * Method: `git status` several times before gity and after `gity register`: as it is, with one
 * and with 100 files changed. Each output is compared, byte for byte, with what git says without
 * a monitor.
 *
 * On a repository of yours nothing that is in it is touched: the changed files are new ones, in a
 * folder `gity-demonstration-…` that is removed. Your configuration is put back at the end, and
 * the daemon stopped if it was not running; with --keep it all stays registered.
 *
 * Cleans up behind itself in every case: at the end, on a failure, on Ctrl-C.
 *
 * What would change my mind: a ratio below 1, or one output that differs.
 *
 * Last result (2026-11-21, 2 × AMD EPYC, Linux 6.18, git 2.39.5, before the first commit): 42.0 to
 * 15.3 ms clean, 40.0 to 15.1 with one file changed, 46.2 to 15.9 with 100; all identical.
 */

import { copyFileSync, existsSync, mkdtempSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";

import { builtGity } from "../test/support/built.ts";
import { enterCleanRoom } from "../test/support/clean-room.ts";
import { expectStatusMatchesOracle } from "../test/support/oracle.ts";
import { GIT, gitText, tryRunGit } from "../test/support/run-git.ts";
import { removeTree, tempDir } from "../test/support/temp-dir.ts";
import { type DemonstrationTree, generatedTree, usersTree } from "./demonstration-tree.ts";
import { command, formatTable } from "./harness.ts";
import { Progress } from "./progress.ts";
import { quantile } from "./statistics.ts";

const USAGE = "usage: npm start [-- PATH [--keep]]";
const CHANGED_COUNTS = [0, 1, 100] as const;

/** A median of 15 is steady; on a tree where one status takes seconds, time decides. */
const RUNS_MAX = 15;
const RUNS_MIN = 3;
const ROW_BUDGET_MS = 4000;
const WARM_UPS = 2;

/** A process that ended because of signal n is reported by shells as 128 + n. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const NS_PER_MS = 1e6;

interface Options {
  readonly path: string | undefined;
  readonly keeps: boolean;
}

interface Row {
  readonly name: string;
  readonly beforeMs: number;
  readonly afterMs: number;
  /** Undefined when the outputs were identical. */
  readonly difference: string | undefined;
}

/** Gity as this demonstration uses it: which home, and what was there before. */
interface Setting {
  readonly tree: DemonstrationTree;
  readonly environment: Readonly<Record<string, string>>;
  readonly isRegistered: boolean;
}

class Interruption {
  readonly #controller = new AbortController();
  exitCode = 0;

  constructor() {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        this.exitCode = EXIT_CODES[signal];
        this.#controller.abort();
      });
    }
  }

  /** Lets signals in that arrived meanwhile, then throws if one did. */
  async check(): Promise<void> {
    await Bun.sleep(0);
    this.#controller.signal.throwIfAborted();
  }
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options === undefined) {
    process.stderr.write(`error: ${USAGE}\n`);
    return 2;
  }
  const interruption = new Interruption();
  try {
    const rows = await demonstrate(options, interruption);
    process.stdout.write(`\n${formatRows(rows)}\n`);
    return rows.every(({ difference }) => difference === undefined) ? 0 : 1;
  } catch (error) {
    // A command that the same Ctrl-C ended fails before our own handler has run.
    await Bun.sleep(0);
    const isInterrupted = interruption.exitCode !== 0;
    const [reason, ...laterFailures] = unfoldSuppressed(error);
    for (const failure of isInterrupted ? laterFailures : [reason, ...laterFailures]) {
      process.stderr.write(
        `error: ${failure instanceof Error ? failure.message : String(failure)}\n`,
      );
    }
    if (isInterrupted) {
      process.stderr.write("interrupted\n");
    }
    return isInterrupted ? interruption.exitCode : 1;
  }
}

/** What went wrong first, then what went wrong in cleaning up, which hides it. */
function unfoldSuppressed(error: unknown): unknown[] {
  return error instanceof SuppressedError
    ? [...unfoldSuppressed(error.suppressed), ...unfoldSuppressed(error.error)]
    : [error];
}

function parseOptions(args: readonly string[]): Options | undefined {
  const paths = args.filter((arg) => !arg.startsWith("-"));
  const flags = args.filter((arg) => arg.startsWith("-"));
  const keeps = flags.includes("--keep");
  const [path] = paths;
  // There is nothing to keep of a repository that we made.
  const isWrong =
    paths.length > 1 || flags.some((flag) => flag !== "--keep") || (keeps && path === undefined);
  // npm runs scripts in the project's folder and says where it was called.
  const directory = process.env["INIT_CWD"] ?? process.cwd();
  return isWrong ? undefined : { path: path && resolve(directory, path), keeps };
}

async function demonstrate(options: Options, interruption: Interruption): Promise<Row[]> {
  using progress = new Progress();
  await using stack = new AsyncDisposableStack();
  const setting =
    options.path === undefined
      ? await prepareGenerated(stack, progress, interruption)
      : await prepareUsers(stack, options.path, options.keeps);
  const { tree } = setting;
  const runBefore = statusBefore(stack, setting);
  // The last to be deferred is the first to run, on a failure and on Ctrl-C too.
  stack.defer(() => {
    progress.step("cleaning up");
  });
  const beforeMs: number[] = [];
  progress.step("git status without gity", CHANGED_COUNTS.length * RUNS_MAX);
  for (const count of CHANGED_COUNTS) {
    tree.change(count);
    // oxlint-disable-next-line no-await-in-loop
    beforeMs.push(await medianMs(runBefore, progress, interruption));
    tree.restore();
  }
  if (!setting.isRegistered) {
    progress.step("registering it with gity");
    await mustRunGity(setting.environment, "register", tree.root);
  }
  const runAfter = command([GIT, "status", "--porcelain=v2"], { directory: tree.root });
  progress.step("git status with gity", CHANGED_COUNTS.length * RUNS_MAX);
  const rows: Row[] = [];
  for (const [i, count] of CHANGED_COUNTS.entries()) {
    tree.change(count);
    rows.push({
      name: tree.describe(count),
      beforeMs: beforeMs[i] ?? Number.NaN,
      // oxlint-disable-next-line no-await-in-loop
      afterMs: await medianMs(runAfter, progress, interruption),
      difference: differenceFromOracle(tree.root),
    });
    tree.restore();
  }
  await stack.disposeAsync();
  progress.finish();
  return rows;
}

/** A repository and a home of our own, in a git that knows no user. */
async function prepareGenerated(
  stack: AsyncDisposableStack,
  progress: Progress,
  interruption: Interruption,
): Promise<Setting> {
  enterCleanRoom(stack.use(tempDir("demonstration-home")).path);
  const tree = stack.use(await generatedTree(progress, () => interruption.check()));
  // Short, because the path of a Unix socket may have no more than 107 bytes.
  const home = mkdtempSync("/tmp/gity-d-");
  const environment = { GITY_HOME: home };
  stack.defer(async () => {
    await runGity(environment, "daemon", "stop");
    removeTree(home);
  });
  return { tree, environment, isRegistered: false };
}

/** The user's own repository and home. What we change is undone in the reverse order. */
async function prepareUsers(
  stack: AsyncDisposableStack,
  path: string,
  keeps: boolean,
): Promise<Setting> {
  for (const name of ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"]) {
    delete process.env[name];
  }
  if (!existsSync(path)) {
    throw new Error(`cannot find '${path}'`);
  }
  if (tryRunGit(path, ["rev-parse", "--is-inside-work-tree"]).stdout.toString() !== "true\n") {
    throw new Error(`'${path}' is not inside a git worktree`);
  }
  const environment = {};
  const wasRunning = (await runGity(environment, "daemon", "status")).exitCode === 0;
  await mustRunGity(environment, "daemon", "start");
  if (!wasRunning && !keeps) {
    stack.defer(async () => {
      await mustRunGity(environment, "daemon", "stop");
    });
  }
  const root = gitText(path, "rev-parse", "--show-toplevel");
  const isRegistered = await isRegisteredWithGity(environment, root);
  if (!isRegistered && !keeps) {
    stack.defer(async () => {
      await mustRunGity(environment, "unregister", root);
    });
  }
  return { tree: stack.use(usersTree(root)), environment, isRegistered };
}

/** A repository's name in gity is its common git directory. */
async function isRegisteredWithGity(
  environment: Readonly<Record<string, string>>,
  root: string,
): Promise<boolean> {
  const commonDir = realpathSync(resolve(root, gitText(root, "rev-parse", "--git-common-dir")));
  const list: unknown = JSON.parse(await mustRunGity(environment, "list", "--json"));
  return JSON.stringify(list).includes(`"commonDir":${JSON.stringify(commonDir)}`);
}

/** Without gity: as it is now, or, where gity is there already, on a copy of the index. */
function statusBefore(stack: AsyncDisposableStack, setting: Setting): () => void {
  const { root } = setting.tree;
  if (!setting.isRegistered) {
    return command([GIT, "status", "--porcelain=v2"], { directory: root });
  }
  const index = stack.use(tempDir("demonstration-index")).join("index");
  const gitDir = gitText(root, "rev-parse", "--absolute-git-dir");
  copyFileSync(join(gitDir, "index"), index);
  const settings = ["-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false"];
  return command([GIT, ...settings, "status", "--porcelain=v2"], {
    directory: root,
    environment: { GIT_INDEX_FILE: index },
  });
}

async function medianMs(
  run: () => void,
  progress: Progress,
  interruption: Interruption,
): Promise<number> {
  const samples: number[] = [];
  const beganAt = Bun.nanoseconds();
  const isOverBudget = (): boolean =>
    samples.length >= RUNS_MIN && (Bun.nanoseconds() - beganAt) / NS_PER_MS > ROW_BUDGET_MS;
  for (let i = -WARM_UPS; i < RUNS_MAX && !isOverBudget(); i += 1) {
    const startedAt = Bun.nanoseconds();
    run();
    const elapsedMs = (Bun.nanoseconds() - startedAt) / NS_PER_MS;
    if (i >= 0) {
      samples.push(elapsedMs);
      progress.advance();
    }
    // oxlint-disable-next-line no-await-in-loop
    await interruption.check();
  }
  progress.advance(RUNS_MAX - samples.length);
  return quantile(samples, 0.5);
}

/** On a repository in which somebody works meanwhile, that somebody can be the difference. */
function differenceFromOracle(root: string): string | undefined {
  try {
    expectStatusMatchesOracle(root);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function formatRows(rows: readonly Row[]): string {
  const table = formatTable([
    ["git status", "before", "with gity", "ratio", "identical output"],
    ...rows.map(({ name, beforeMs, afterMs, difference }) => [
      name,
      `${beforeMs.toFixed(1)} ms`,
      `${afterMs.toFixed(1)} ms`,
      `${(beforeMs / afterMs).toFixed(1)} ×`,
      difference === undefined ? "yes" : "NO",
    ]),
  ]);
  const differences = rows.flatMap(({ name, difference }) =>
    difference === undefined ? [] : [`${name}: ${difference}`],
  );
  return [table, ...differences].join("\n\n");
}

async function mustRunGity(
  environment: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<string> {
  const result = await runGity(environment, ...args);
  if (result.exitCode !== 0) {
    const reason = result.stderr.trim().replace(/^error: /, "");
    throw new Error(`gity ${args.join(" ")}: ${reason}`);
  }
  return result.stdout;
}

/** In a session of its own, so that a Ctrl-C at the terminal does not end the cleaning up. */
async function runGity(
  environment: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
  const child = Bun.spawn([builtGity(), ...args], {
    env: { ...process.env, ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    detached: true,
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exitCode, stdout, stderr };
}

process.exitCode = await main(process.argv.slice(2));
