/**
 * Question: how many events a second can gity keep up with, and what becomes of those it cannot?
 *
 * Method: a covered tree of 10,000 files. Programs write to half of them, others each time and with another content, as
 * fast as they can for some seconds: one, and two at a time, each to files of its own, always another file, so that the
 * kernel cannot fold two events into one. What was read is the monitor's own count; what was lost shows as a resync. The
 * first status afterwards is compared with what git says without a monitor: losing events may cost time, never an
 * answer. Then the files are as they were, and status has to say so.
 *
 * What would change my mind: a resync with one writer, or a status that is wrong after anything.
 */

import { readFileSync, utimesSync, writeFileSync } from "node:fs";

import type { Subprocess } from "bun";

import { MODIFIED_AT } from "../test/support/generate-files.ts";
import { oracleStatus } from "../test/support/oracle.ts";
import { tryRunGit } from "../test/support/run-git.ts";
import type { TempWorktree } from "../test/support/temp-worktree.ts";
import type { Budget } from "./budget.ts";
import { type BenchReport, type Figure, type Measurement, summarize } from "./harness.ts";
import { coveredWorktree, type CoveredWorktree, numberOf } from "./large-worktree.ts";

const TREE = { files: 10_000, directories: 500 } as const;
const WRITERS = [1, 2] as const;
const RUNS = 5;
const WRITING_MS = 2_000;
const NS_PER_MS = 1e6;
const PORCELAIN = ["status", "--porcelain=v2"];

/** Opens, writes and closes: two events each. Nothing is cut off first: ext4 then writes the file out when it is closed. */
const WRITER_IN_TYPESCRIPT = `
const { openSync, writeSync, closeSync } = require("node:fs");
const paths = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const content = Buffer.from(process.argv[2]);
const end = performance.now() + Number(process.argv[1]);
let count = 0;
while (performance.now() < end) {
  const fd = openSync(paths[count % paths.length], "r+");
  writeSync(fd, content);
  closeSync(fd);
  count += 1;
}
console.log(count);
`;

interface Burst {
  readonly writingMs: number;
  readonly writes: number;
  readonly events: number;
  readonly resyncs: number;
  readonly statusMs: number;
  readonly isRight: boolean;
}

export async function measureEvents(budget: Budget): Promise<BenchReport> {
  await using covered = await coveredWorktree("bench-events", budget.tree(TREE));
  const originals = readAll(covered.tree);
  const measurements: Measurement[] = [];
  const figures: Figure[] = [];
  for (const writers of WRITERS) {
    const bursts: Burst[] = [];
    for (let i = 0; i < budget.runs(RUNS); i += 1) {
      const paths = chooseHalf(covered.tree.generatedPaths, writers * 1000 + i);
      const writing = {
        shares: Array.from({ length: writers }, (_, writer) =>
          paths.filter((_path, position) => position % writers === writer),
        ),
        content: `burst ${i} of ${writers}\n`,
        writingMs: budget.isQuick ? WRITING_MS / 4 : WRITING_MS,
      };
      // oxlint-disable-next-line no-await-in-loop
      const found = await burst(covered, writing);
      const isClean = restore(covered.tree, paths, originals);
      bursts.push({ ...found, isRight: found.isRight && isClean });
    }
    const name = writers === 1 ? "one writer" : `${writers} writers`;
    measurements.push(
      summarize(
        `first status after ${name}`,
        bursts.map(({ statusMs }) => statusMs),
      ),
    );
    figures.push(...figuresOf(name, bursts, writers === 1));
  }
  return {
    question: "How many events a second can gity keep up with?",
    measurements,
    figures,
  };
}

function figuresOf(name: string, bursts: readonly Burst[], isAlone: boolean): Figure[] {
  const seconds = bursts.reduce((total, { writingMs }) => total + writingMs, 0) / 1000;
  const sum = (of: (burst: Burst) => number): number =>
    bursts.reduce((total, each) => total + of(each), 0);
  return [
    {
      name: `${name}: writes a second`,
      value: Math.round(sum((one) => one.writes) / seconds),
      unit: "",
    },
    {
      name: `${name}: events read a second`,
      value: Math.round(sum((one) => one.events) / seconds),
      unit: "",
    },
    {
      name: `${name}: times that events were lost`,
      value: sum((one) => one.resyncs),
      unit: "",
      ...(isAlone ? { atMost: 0 } : {}),
    },
    {
      name: `${name}: wrong statuses`,
      value: sum((one) => (one.isRight ? 0 : 1)),
      unit: "",
      atMost: 0,
    },
  ];
}

interface Writing {
  /** For each writer its files. */
  readonly shares: readonly (readonly string[])[];
  readonly content: string;
  readonly writingMs: number;
}

async function burst(covered: CoveredWorktree, writing: Writing): Promise<Burst> {
  const { tree } = covered;
  const { shares, writingMs } = writing;
  const before = await covered.health();
  const running = shares.map((paths) => startWriter(tree.path, paths, writing));
  const counts = await Promise.all(
    running.map(async (writer) => Number(await new Response(writer.stdout).text())),
  );
  const startedAt = Bun.nanoseconds();
  const said = tryRunGit(tree.path, PORCELAIN);
  const statusMs = (Bun.nanoseconds() - startedAt) / NS_PER_MS;
  const after = await covered.health();
  const oracle = oracleStatus(tree.path, PORCELAIN);
  return {
    writingMs,
    writes: counts.reduce((sum, count) => sum + count, 0),
    events: numberOf(after, "eventsRead") - numberOf(before, "eventsRead"),
    resyncs: numberOf(after, "resyncs") - numberOf(before, "resyncs"),
    statusMs,
    isRight: said.exitCode === 0 && said.stdout.equals(oracle.stdout),
  };
}

/** By chance, and yet the same for the same seed: each file's place in an order that the seed makes. */
function chooseHalf(paths: readonly string[], seed: number): readonly string[] {
  return paths
    .map((path): [bigint, string] => [Bun.hash.wyhash(path, BigInt(seed)), path])
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .slice(0, Math.ceil(paths.length / 2))
    .map(([, path]) => path);
}

function readAll(tree: TempWorktree): ReadonlyMap<string, Buffer> {
  return new Map(tree.generatedPaths.map((path) => [path, readFileSync(tree.join(path))]));
}

/** Not by git, which would believe its monitor. Whether status says afterwards that nothing has changed. */
function restore(
  tree: TempWorktree,
  paths: readonly string[],
  originals: ReadonlyMap<string, Buffer>,
): boolean {
  for (const path of paths) {
    const file = tree.join(path);
    writeFileSync(file, originals.get(path) ?? "");
    utimesSync(file, MODIFIED_AT, MODIFIED_AT);
  }
  const said = tryRunGit(tree.path, PORCELAIN);
  return said.exitCode === 0 && said.stdout.length === 0;
}

function startWriter(
  directory: string,
  paths: readonly string[],
  { writingMs, content }: Writing,
): Subprocess<Buffer, "pipe", "inherit"> {
  return Bun.spawn([process.execPath, "-e", WRITER_IN_TYPESCRIPT, String(writingMs), content], {
    cwd: directory,
    stdin: Buffer.from(JSON.stringify(paths)),
    stdout: "pipe",
    stderr: "inherit",
  });
}
