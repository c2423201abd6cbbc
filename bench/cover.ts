/**
 * Question: how long from `gity register` until every change is seen, and where does it go?
 *
 * Method: 100,000 files in 5,000 folders, the daemon already running, files in the page cache.
 * Registered and unregistered several times. `register` is the whole command, which waits; crawl
 * and watches are the walker's own clocks, as `gity health --json` reports them.
 *
 * What would change my mind: with the watches far above 100 ms the kernel is the limit, and only
 * fanotify would help; with the rest above it, the walker is.
 */

import { gityHome } from "../test/support/gity-home.ts";
import { tempWorktree } from "../test/support/temp-worktree.ts";
import type { Budget } from "./budget.ts";
import { type BenchReport, summarize } from "./harness.ts";
import { LARGE_TREE, numberOf } from "./large-worktree.ts";

const RUNS = 9;
const NS_PER_MS = 1e6;

/** The aim of DESIGN's first measurements; git's own daemon needs 190 ms for the same. */
const CRAWL_MS_MAX = 250;

export async function measureCover(budget: Budget): Promise<BenchReport> {
  using tree = tempWorktree("bench-cover", { generated: budget.tree(LARGE_TREE) });
  await using home = await gityHome();
  await home.startDaemon();
  const wholeMs: number[] = [];
  const crawlMs: number[] = [];
  const watchMs: number[] = [];
  for (let i = 0; i < budget.runs(RUNS); i += 1) {
    const startedAt = Bun.nanoseconds();
    // oxlint-disable-next-line no-await-in-loop
    await home.gityJson("register", tree.path);
    wholeMs.push((Bun.nanoseconds() - startedAt) / NS_PER_MS);
    // oxlint-disable-next-line no-await-in-loop
    const health = await home.gityJson("health", tree.path);
    crawlMs.push(numberOf(health, "crawlMs"));
    watchMs.push(numberOf(health, "watchMs"));
    // oxlint-disable-next-line no-await-in-loop
    await home.gityJson("unregister", tree.path);
  }
  const crawl = summarize("crawl, watches included", crawlMs);
  return {
    question: "How long from `gity register` to covered, 100,000 files in 5,000 folders?",
    measurements: [
      summarize("gity register, whole command", wholeMs),
      crawl,
      summarize("of it in inotify_add_watch(2)", watchMs),
    ],
    figures: [{ name: "crawl, median", value: crawl.medianMs, unit: "ms", atMost: CRAWL_MS_MAX }],
  };
}
