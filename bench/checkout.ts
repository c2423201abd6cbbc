/**
 * Question: does one `git checkout` that changes 50,000 files lose an event?
 *
 * Method: a covered tree of 50,000 files and two branches that differ in each of them; checked
 * out back and forth. A loss shows as a resync in `gity health`; a wrong answer as a difference
 * between the next `git status` and the oracle.
 *
 * What would change my mind: one resync. The queue holds 16,384 events by default, so it is only
 * the monitor's reading that keeps it from flowing over.
 */

import { appendFileSync } from "node:fs";

import { expectStatusMatchesOracle } from "../test/support/oracle.ts";
import type { Budget } from "./budget.ts";
import { type BenchReport, summarize } from "./harness.ts";
import { coveredWorktree, numberOf } from "./large-worktree.ts";

const TREE = { files: 50_000, directories: 2500 } as const;
const RUNS = 6;
const NS_PER_MS = 1e6;

export async function measureCheckout(budget: Budget): Promise<BenchReport> {
  await using covered = await coveredWorktree("bench-checkout", budget.tree(TREE));
  const { tree } = covered;
  tree.git("checkout", "--quiet", "-b", "other");
  for (const path of tree.generatedPaths) {
    appendFileSync(tree.join(path), "// other\n");
  }
  tree.git("commit", "--quiet", "--all", "--message=other");
  const runs = budget.runs(RUNS);
  const before = await covered.health();
  const checkoutMs: number[] = [];
  const statusMs: number[] = [];
  for (let i = 0; i < runs; i += 1) {
    checkoutMs.push(elapsed(() => tree.git("checkout", "--quiet", i % 2 === 0 ? "main" : "other")));
    statusMs.push(elapsed(() => tree.git("status", "--porcelain=v2")));
    expectStatusMatchesOracle(tree.path);
  }
  const after = await covered.health();
  return {
    question: "Does one `git checkout` of 50,000 changed files lose an event?",
    measurements: [
      summarize("git checkout, whole command", checkoutMs),
      summarize("the first git status after it", statusMs),
    ],
    figures: [
      {
        name: "resyncs",
        value: numberOf(after, "resyncs") - numberOf(before, "resyncs"),
        unit: "",
        atMost: 0,
      },
      {
        name: "events read per checkout",
        value: Math.round((numberOf(after, "eventsRead") - numberOf(before, "eventsRead")) / runs),
        unit: "",
      },
    ],
  };
}

function elapsed(work: () => unknown): number {
  const startedAt = Bun.nanoseconds();
  work();
  return (Bun.nanoseconds() - startedAt) / NS_PER_MS;
}
