/**
 * Question: how soon after one edit does somebody know of it?
 *
 * Method: git 2.55; five copies of one tree of 100,000 files, one for each question: three whose status gity keeps
 * ready, one that it only watches, one with git's own daemon. A file is changed, or changed back, so that each time
 * status says something else. In turns, with some seconds of rest before each, as between edits by hand: until the
 * event "status" is here; `gity status` at once; `git status` at once, where it is kept ready, where it is not, and
 * with git's daemon. What each prints is looked at.
 *
 * What would change my mind: an event, or `gity status` right after an edit, above 1.1 times `git status`.
 */

import { writeFileSync } from "node:fs";

import { clientOf } from "../src/client/connect.ts";
import type { TempWorktree } from "../test/support/temp-worktree.ts";
import type { Budget } from "./budget.ts";
import { type BenchReport, figureOfPairs, summarize } from "./harness.ts";
import { LARGE_TREE } from "./large-worktree.ts";
import { type ReadyPlace, readyPlace, run } from "./ready-worktree.ts";
import { turnsOf } from "./statistics.ts";

const RUNS = 15;
/** The daemon spends a small share of the time on what nobody waits for: it has to save some up again, for each tree. */
const REST_MS = 4_000;
const EVENT_MS_MAX = 120_000;
const NS_PER_MS = 1e6;
const AIM = 1.1;

const EVENT = 'event "status"';
const GITY_STATUS = "gity status";
const KEPT = "git status, kept ready";
const WATCHED = "git status, watched only";
const RIVAL = "git status, git's daemon";

interface Asked {
  readonly name: string;
  readonly tree: TempWorktree;
  /** Resolves with what is known then. */
  readonly ask: () => Promise<string> | string;
}

export async function measureReadyEdit(budget: Budget): Promise<BenchReport> {
  await using place = await readyPlace(budget.tree(LARGE_TREE));
  const { gity, git } = place;
  const status = (program: string, tree: TempWorktree): string =>
    run(
      [program, "status", "--porcelain"],
      program === git ? place.gitOptions(tree) : place.options(tree),
    );
  const asking = (name: string, program: string, tree: TempWorktree): Asked => ({
    name,
    tree,
    ask: () => status(program, tree),
  });
  const listened = await place.make("gity");
  const asked = await place.make("gity");
  const kept = await place.make("gity");
  const watched = await place.make("gity");
  const rival = await place.make("git's daemon");
  for (const tree of [listened, asked, kept]) {
    status(gity, tree);
  }
  using listener = await listenForStatus(place, listened);
  const samples = await takeTurns(
    [
      { name: EVENT, tree: listened, ask: () => listener.next() },
      asking(GITY_STATUS, gity, asked),
      asking(KEPT, git, kept),
      asking(WATCHED, git, watched),
      asking(RIVAL, git, rival),
    ],
    budget.runs(RUNS),
  );
  const measurements = [...samples].map(([name, values]) => summarize(name, values));
  return {
    question: "How soon after one edit does somebody know of it, 100,000 files?",
    measurements,
    figures: [
      figureOfPairs(measurements, EVENT, RIVAL, { atMost: AIM }),
      figureOfPairs(measurements, GITY_STATUS, WATCHED, { atMost: AIM }),
      figureOfPairs(measurements, GITY_STATUS, RIVAL, { atMost: AIM }),
      figureOfPairs(measurements, KEPT, WATCHED),
    ],
  };
}

async function takeTurns(
  all: readonly Asked[],
  runs: number,
): Promise<ReadonlyMap<string, number[]>> {
  const samples = new Map<string, number[]>(all.map(({ name }) => [name, []]));
  const changed = new Set<TempWorktree>();
  for (let round = -1; round < runs; round += 1) {
    for (const { name, tree, ask } of turnsOf(all, round)) {
      // oxlint-disable-next-line no-await-in-loop -- One edit at a time is the point.
      await Bun.sleep(REST_MS);
      const path = tree.generatedPaths[0] ?? "";
      const isChanged = !changed.delete(tree);
      if (isChanged) {
        changed.add(tree);
      }
      const startedAt = Bun.nanoseconds();
      writeFileSync(tree.join(path), isChanged ? "edited\n" : contentOf(tree, path));
      // oxlint-disable-next-line no-await-in-loop
      const said = await ask();
      const elapsedMs = (Bun.nanoseconds() - startedAt) / NS_PER_MS;
      if ((said !== "") !== isChanged && name !== EVENT) {
        throw new Error(`${name} is wrong after an edit: '${said}'`);
      }
      if (round >= 0) {
        samples.get(name)?.push(elapsedMs);
      }
    }
  }
  return samples;
}

const contents = new Map<TempWorktree, Buffer>();

/** As committed. */
function contentOf(tree: TempWorktree, path: string): Buffer {
  const content = contents.get(tree) ?? tree.git("show", `HEAD:${path}`);
  contents.set(tree, content);
  return content;
}

interface Listener extends Disposable {
  /** The next event that has not come yet. */
  next(): Promise<string>;
}

async function listenForStatus({ home }: ReadyPlace, tree: TempWorktree): Promise<Listener> {
  const abort = new AbortController();
  const client = clientOf({ socket: `${home.path}/run/gity.sock` });
  const connected = Promise.withResolvers<boolean>();
  const events = client.events({
    path: tree.path,
    kinds: ["status"],
    signal: abort.signal,
    onConnection: () => {
      connected.resolve(true);
    },
  });
  let heard = Promise.withResolvers<string>();
  void (async () => {
    for await (const { kind } of events) {
      heard.resolve(kind);
    }
  })();
  await connected.promise;
  return {
    next: async () => {
      heard = Promise.withResolvers<string>();
      const timer = setTimeout(() => {
        heard.reject(new Error(`no event within ${EVENT_MS_MAX} ms`));
      }, EVENT_MS_MAX);
      const kind = await heard.promise;
      clearTimeout(timer);
      return kind;
    },
    [Symbol.dispose]: () => {
      abort.abort();
    },
  };
}
