/**
 * The whole gate, as `npm test` and CI run it: types, format, lint, tests.
 *
 *     bun test/run.ts [ARGUMENT…]     arguments go to `bun test`; then only the tests run
 *
 * Each gate counts as one. What failed stands once more at the end, with its output: nobody looks for
 * it among thousands of lines. The last line is `N passed, N failed`, alone, for people and machines.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { newerGit } from "./support/newer-git.ts";
import { tempDir } from "./support/temp-dir.ts";

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
  /** What failed, each with the output that led to it. */
  readonly failures: string[];
}

interface Gate {
  readonly name: string;
  readonly command: readonly string[];
}

interface TestRun {
  readonly environment?: Readonly<Record<string, string>>;
  /** Where lines go: kept for later while others print. */
  readonly say?: (line: string) => void;
}

const PROJECT_ROOT = resolve(import.meta.dir, "..");
const BUN = process.execPath;

const GATES: readonly Gate[] = [
  { name: "types", command: [BUN, "check"] },
  { name: "format", command: [BUN, "fmt", "--check"] },
  { name: "lint", command: [BUN, "run", "--silent", "lint"] },
];

/**
 * Bun's own limit of 5 s is what a good test of a big tree needs on two busy cores. This one is
 * for tests that hang; eventually() gives up long before, with a reason.
 */
const TEST_TIMEOUT_MS = 60_000;

/** What the way of asking matters to. The helper's own protocol is none of it. */
const BY_SOCKET = [
  "events-files",
  "events-trees",
  "fsmonitor-scenarios",
  "git-writes",
  "hard-links",
  "nested-repositories",
  "scope",
  "random-operations",
];

/** Tests of single parts, which wait for nothing and start little: they run beside the end-to-end tests by the socket, on
 *  the processors that those leave idle. Everything else has the machine to itself. */
const PARTS: ReadonlySet<string> = new Set([
  "base",
  "daemon",
  "ffi",
  "git",
  "helper",
  "jobs",
  "log",
  "monitor",
  "placer",
  "protocol",
  "share",
  "store",
  "watch",
]);

/** Lines kept of what a failed test printed: enough for a stack and a difference. */
const FAILURE_LINES_MAX = 60;

/** `--seed` takes 32 bits. */
const SEEDS = 2 ** 32;

async function main(args: readonly string[]): Promise<number> {
  // It is fetched while the gates are at work, which need no network.
  const providing = provide();
  const tally: Tally = { passed: 0, failed: 0, skipped: 0, failures: [] };
  for (const gate of args.length === 0 ? GATES : []) {
    print(`==> ${gate.name}`);
    // oxlint-disable-next-line no-await-in-loop
    const exitCode = await run(gate.command);
    print(exitCode === 0 ? `${gate.name}: passed` : `${gate.name}: failed`);
    tally[exitCode === 0 ? "passed" : "failed"] += 1;
    if (exitCode !== 0) {
      tally.failures.push(`${gate.name}: see above`);
    }
  }
  const newer = await providing;
  const testsRun = args.length === 0 ? await runAll(tally, newer) : await runTests(args, tally);
  if (testsRun === 0) {
    print("no test ran");
  }
  for (const failure of tally.failures) {
    print(`==> failed:\n${failure}`);
  }
  const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : "";
  print(`${tally.passed} passed, ${tally.failed} failed${skipped}`);
  return tally.failed > 0 || testsRun === 0 ? 1 : 0;
}

/** What `bun test` finds it, and nothing else, by. */
function pathOf(name: string): string {
  return `test/${name}${name.includes(".") ? "" : "/"}`;
}

/** Returns how many tests ran. */
async function runAll(tally: Tally, newer: string | undefined): Promise<number> {
  const names = readdirSync(join(PROJECT_ROOT, "test")).filter(
    (name) => name.endsWith(".test.ts") || !name.includes("."),
  );
  const alone = await runTests(names.filter((name) => !PARTS.has(name)).map(pathOf), tally);
  if (newer === undefined) {
    return alone + (await runTests([...PARTS].map(pathOf), tally));
  }
  print("==> the end-to-end tests again, with a git that asks the socket; and all others");
  const held: string[] = [];
  const [parts, bySocket] = await Promise.all([
    runTests([...PARTS].map(pathOf), tally, { say: (line) => held.push(line) }),
    runTests(BY_SOCKET, tally, {
      environment: { GITY_TEST_GIT: newer, GITY_TEST_VIA: "socket" },
    }),
  ]);
  for (const line of held) {
    print(line);
  }
  return alone + parts + bySocket;
}

/** Some tests need a git of 2.55 or later; without it they are skipped. */
async function provide(): Promise<string | undefined> {
  const child = Bun.spawn([BUN, "test/support/newer-git.ts"], {
    cwd: PROJECT_ROOT,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const reason = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) {
    print(`git 2.55 cannot be had here: ${reason.trim()}`);
  }
  return newerGit();
}

/** Runs the tests in random order, adds to the tally, and returns how many ran. */
async function runTests(
  args: readonly string[],
  tally: Tally,
  { environment = {}, say = sayAtOnce }: TestRun = {},
): Promise<number> {
  const seed = String(Math.floor(Math.random() * SEEDS));
  using reports = tempDir("report");
  const report = reports.join("junit.xml");
  const order = args.includes("--seed") ? [] : ["--seed", seed];
  say(`==> tests (again in this order: npm test -- ${["--seed", seed, ...args].join(" ")})`);
  const exitCode = await runNoting(
    [
      BUN,
      "test",
      "--randomize",
      `--timeout=${TEST_TIMEOUT_MS}`,
      ...order,
      "--reporter=junit",
      `--reporter-outfile=${report}`,
      ...args,
    ],
    { environment, say },
    tally.failures,
  );
  const counts = existsSync(report) ? parseReport(readFileSync(report, "utf8")) : undefined;
  if (counts === undefined) {
    say("the test run ended without a report");
    tally.failed += 1;
    return 0;
  }
  // A file that cannot be loaded, or an error between two tests, is no test in the report, and has
  // no result of its own in the output either.
  const isUncounted = exitCode !== 0 && counts.failed === 0;
  tally.passed += counts.passed;
  tally.failed += isUncounted ? 1 : counts.failed;
  tally.skipped += counts.skipped;
  return counts.passed + counts.failed;
}

/** The totals stand in the attributes of the root element. */
function parseReport(xml: string): Omit<Tally, "failures"> | undefined {
  const root = /<testsuites\b[^>]*>/.exec(xml)?.[0];
  if (root === undefined) {
    return undefined;
  }
  const attribute = (name: string): number =>
    Number(new RegExp(`\\b${name}="(\\d+)"`).exec(root)?.[1] ?? 0);
  const failed = attribute("failures") + attribute("errors");
  const skipped = attribute("skipped");
  return { passed: attribute("tests") - failed - skipped, failed, skipped };
}

/** Like run(), and adds to `failures` what stood between the result before and each failed one. */
async function runNoting(
  command: readonly string[],
  { environment, say }: Required<TestRun>,
  failures: string[],
): Promise<number> {
  const child = Bun.spawn([...command], {
    cwd: PROJECT_ROOT,
    env: { ...process.env, ...environment },
    stdin: "ignore",
    stdout: "inherit",
    stderr: "pipe",
  });
  let sinceResult: string[] = [];
  for await (const line of readLines(child.stderr)) {
    say(line);
    sinceResult.push(line);
    if (line.startsWith("(fail)")) {
      failures.push(sinceResult.slice(-FAILURE_LINES_MAX).join("\n"));
    }
    if (/^\((?:pass|fail|skip|todo)\)/.test(line)) {
      sinceResult = [];
    }
  }
  return child.exited;
}

async function* readLines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of stream) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") {
    yield rest;
  }
}

async function run(
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<number> {
  const child = Bun.spawn([...command], {
    cwd: PROJECT_ROOT,
    env: { ...process.env, ...environment },
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
  });
  return child.exited;
}

function sayAtOnce(line: string): void {
  process.stderr.write(`${line}\n`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

process.exitCode = await main(process.argv.slice(2));
