/**
 * Question: does a build notice that the status of its worktree is kept ready?
 *
 * Method: two copies of one tree of 100,000 files, watched by one gity; the status of one of them is kept ready, and
 * somebody listens. A program writes 10,000 files of 1 kB to one of them, with a tenth of a millisecond of work for each as a
 * compiler would have at least, in turns, the order changed each time. The ratio of each pair, its geometric mean, and where
 * that lies with 95 % certainty (Student's t), all of which has to be below the aim. On a disk its own writing back is all that shows: run it with TMPDIR=/dev/shm.
 *
 * What would change my mind: an interval that lies above 3 %; one that reaches beyond it decides nothing.
 */

import { rmSync } from "node:fs";

import { clientOf } from "../src/client/connect.ts";
import type { Budget } from "./budget.ts";
import { type BenchReport, command, type Contender, ratioOfPairs, summarize } from "./harness.ts";
import { LARGE_TREE } from "./large-worktree.ts";
import { readyPlace, run } from "./ready-worktree.ts";

const PAIRS = 20;
const WARM_UP_PAIRS = 2;
/** What the run before has left to be done is done by then. */
const REST_MS = 2_000;
const NS_PER_MS = 1e6;
const AIM = 1.03;

const BUILD_IN_TYPESCRIPT = `
const { createHash } = require("node:crypto");
const { mkdirSync, writeFileSync } = require("node:fs");
const content = Buffer.alloc(1000, "x");
const source = Buffer.alloc(150_000, "y");
for (let folder = 0; folder < 100; folder += 1) {
  mkdirSync("out/" + folder, { recursive: true });
  for (let i = 0; i < 100; i += 1) {
    createHash("sha256").update(source).digest();
    writeFileSync("out/" + folder + "/" + i + ".o", content);
  }
}
`;

export async function measureReadyBuild(budget: Budget): Promise<BenchReport> {
  await using place = await readyPlace(budget.tree(LARGE_TREE));
  const kept = await place.make("gity");
  const watched = await place.make("gity");
  run([place.gity, "status", "--porcelain"], place.options(kept));
  const abort = new AbortController();
  const events = clientOf({ socket: `${place.home.path}/run/gity.sock` }).events({
    path: kept.path,
    kinds: ["status"],
    signal: abort.signal,
  });
  let eventCount = 0;
  void (async () => {
    for await (const { kind } of events) {
      eventCount += kind === "status" ? 1 : 0;
    }
  })();
  const builds = [kept, watched].map((tree, i): Contender => ({
    name: i === 0 ? "kept ready" : "watched only",
    prepare: () => {
      rmSync(tree.join("out"), { recursive: true, force: true });
    },
    run: command([process.execPath, "-e", BUILD_IN_TYPESCRIPT], place.options(tree)),
  }));
  const pairCount = budget.runs(PAIRS);
  const pairs: number[][] = [];
  for (let round = -WARM_UP_PAIRS; round < pairCount; round += 1) {
    const pair: number[] = [];
    for (const i of round % 2 === 0 ? [0, 1] : [1, 0]) {
      builds[i]?.prepare?.(round);
      // oxlint-disable-next-line no-await-in-loop -- In turns.
      await Bun.sleep(REST_MS);
      const startedAt = Bun.nanoseconds();
      builds[i]?.run(round);
      pair[i] = (Bun.nanoseconds() - startedAt) / NS_PER_MS;
    }
    if (round >= 0) {
      pairs.push(pair);
    }
  }
  abort.abort();
  const { mean, ...interval } = ratioOfPairs(pairs);
  return {
    question: "Does a build of 10,000 files notice that its worktree's status is kept ready?",
    measurements: builds.map(({ name }, i) =>
      summarize(
        name,
        pairs.map((pair) => pair[i] ?? Number.NaN),
      ),
    ),
    figures: [
      { name: "kept ready / watched only", value: mean, unit: "x", interval, atMost: AIM },
      { name: "events heard meanwhile", value: eventCount, unit: "" },
    ],
  };
}
