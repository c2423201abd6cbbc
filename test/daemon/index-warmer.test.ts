/** When an index is brought up to date, with real gits and a monitor that says what a test wants. */

import { expect, test } from "bun:test";
import {
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { IndexWarmer, type WarmableWorktree } from "../../src/daemon/index-warmer.ts";
import type { Log } from "../../src/daemon/log-file.ts";
import { WorktreeSession } from "../../src/daemon/worktree-session.ts";
import { readIndexExtensions } from "../../src/git/index-extensions.ts";
import type { WorktreeHealth } from "../../src/protocol/worktree-health.ts";
import { PROJECT_ROOT } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { indexRequest, placingTest } from "../support/index-request.ts";
import { scriptHook } from "../support/scripted-hook.ts";
import { tempWorktree, type TempWorktree } from "../support/temp-worktree.ts";

const EPOCH = "0123456789abcdef";
const TOKEN = `gity:${EPOCH}:7`;
const HEALTH: WorktreeHealth = {
  ...new WorktreeSession({ id: 0, repositoryId: 0, root: "", gitDir: "" }).health,
  state: "ready",
  epoch: EPOCH,
  generation: 7,
  oldestGeneration: 1,
};
const OLD_TOKEN = `gity:${EPOCH}:2`;
const ID = 1;

/** By and by, but at once. */
const TIMES = { settleMs: 1, readyMs: 1, lookMs: 20, restMs: 1 };

interface Fixture extends AsyncDisposable {
  readonly tree: TempWorktree;
  readonly warmer: IndexWarmer;
  /** What the monitor says has changed since any token. */
  paths: readonly string[];
  health: Partial<WorktreeHealth>;
  isFound: boolean;
  isPaused: boolean;
  readonly lines: string[];
  /** How often the monitor was asked how it is, and what it was asked beside. */
  looks: number;
  readonly questions: string[];
  token(): Promise<string | undefined>;
  /** Sure that it has looked, and has left the index alone. */
  looksAndLeaves(): Promise<void>;
}

async function fixture(times = TIMES): Promise<Fixture> {
  const tree = tempWorktree("warmer", { files: { "a/b": "1", c: "2" } });
  mkdirSync(join(tree.gitDir, "gity"), { mode: 0o700 });
  scriptHook(tree, TOKEN);
  const worktree: WarmableWorktree = {
    id: ID,
    root: tree.path,
    commonDir: tree.gitDir,
    gitDir: tree.gitDir,
  };
  const lines: string[] = [];
  const questions: string[] = [];
  const log: Log = {
    write: (level, message, fields) => {
      lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
    },
  };
  const made: Fixture = {
    tree,
    paths: [],
    health: {},
    isFound: true,
    isPaused: false,
    lines,
    looks: 0,
    questions,
    token: async () => (await readIndexExtensions(join(tree.gitDir, "index")))?.token,
    looksAndLeaves: async () => {
      const { ino } = lstatSync(join(tree.gitDir, "index"));
      const before = made.looks;
      await eventually(() => {
        made.warmer.indexMoved(ID);
        return made.looks > before + 1;
      });
      expect(lstatSync(join(tree.gitDir, "index")).ino).toBe(ino);
      expect([...made.warmer.counts]).toEqual([]);
    },
    warmer: new IndexWarmer({
      find: (id) => (id === ID && made.isFound ? worktree : undefined),
      monitor: {
        changes: async (_, since) => {
          questions.push(since);
          return { token: TOKEN, paths: made.paths };
        },
        health: async () => {
          made.looks += 1;
          return { ...HEALTH, historyPaths: made.paths.length, ...made.health };
        },
      },
      executable: [process.execPath, join(PROJECT_ROOT, "src/main.ts")],
      pausedBecause: () => (made.isPaused ? "a test" : undefined),
      log,
      times,
    }),
    async [Symbol.asyncDispose]() {
      await made.warmer[Symbol.asyncDispose]();
      tree[Symbol.dispose]();
    },
  };
  return made;
}

async function untilPlaced({ warmer }: Fixture): Promise<void> {
  await eventually(() => warmer.counts.get("placed") !== undefined);
}

placingTest("IndexWarmer gives an index a token that has none", async () => {
  await using it = await fixture();
  expect(await it.token()).toBeUndefined();
  it.warmer.stateChanged(ID, "ready");
  it.warmer.indexMoved(ID);
  await untilPlaced(it);
  expect(await it.token()).toBe(TOKEN);
  expect(it.lines.join("\n")).toContain('"lag":"no token"');
  expect(readdirSync(join(it.tree.gitDir, "gity"))).toEqual([]);
});

const MANY = Array.from({ length: 1_001 }, (_, i) => `p${i}`);

const LAGS: readonly (readonly [string, string, Partial<WorktreeHealth>, readonly string[]])[] = [
  ["a token that is too old", OLD_TOKEN, { oldestGeneration: 3 }, []],
  ["a token of another epoch", "gity:fedcba9876543210:7", {}, []],
  ["another's token", "c:123", {}, []],
  ["a token with very many paths since", OLD_TOKEN, {}, MANY],
  ["very many listings in doubt", `${OLD_TOKEN}:l`, { watchedDirectories: 1_001 }, []],
];

placingTest.each(LAGS)("IndexWarmer renews %s", async (_, token, health, paths) => {
  await using it = await fixture();
  scriptHook(it.tree, token);
  it.tree.git("status");
  expect(await it.token()).toBe(token);
  scriptHook(it.tree, TOKEN, ["/"]);
  Object.assign(it, { health, paths });
  it.warmer.stateChanged(ID, "ready");
  it.warmer.indexMoved(ID);
  await untilPlaced(it);
  expect(await it.token()).toBe(TOKEN);
});

placingTest("IndexWarmer gives an index an untracked cache where git wants one", async () => {
  await using it = await fixture();
  it.tree.git("-c", "core.untrackedCache=false", "status");
  it.warmer.stateChanged(ID, "ready");
  it.warmer.indexMoved(ID);
  await untilPlaced(it);
  const found = await readIndexExtensions(join(it.tree.gitDir, "index"));
  expect(found?.names).toContain("UNTR");
});

const FAST: readonly (readonly [string, string, Partial<WorktreeHealth>, readonly string[]])[] = [
  ["the newest token", TOKEN, {}, MANY],
  ["a token with few paths since", OLD_TOKEN, { historyPaths: 5_000 }, ["a/b"]],
  ["few listings in doubt", `${TOKEN}:l`, { watchedDirectories: 10 }, []],
  ["a monitor that is catching up", "c:123", { state: "catching-up" }, []],
];

test.each(FAST)("IndexWarmer leaves an index alone with %s", async (_, token, health, paths) => {
  await using it = await fixture();
  scriptHook(it.tree, token);
  it.tree.git("status");
  Object.assign(it, { health, paths });
  it.warmer.stateChanged(ID, "ready");
  await it.looksAndLeaves();
  expect(it.questions.length > 0).toBe(health.historyPaths !== undefined);
});

const ALONE: readonly (readonly [string, (it: Fixture) => void])[] = [
  ["is not to", ({ tree }) => tree.git("config", "gity.indexWarmer", "false")],
  ["is split", ({ tree }) => tree.git("update-index", "--split-index")],
  ["is to be split", ({ tree }) => tree.git("config", "core.splitIndex", "true")],
  ["is locked", ({ tree }) => writeFileSync(join(tree.gitDir, "index.lock"), "")],
  ["has no folder of gity's", ({ tree }) => rmSync(join(tree.gitDir, "gity"), { recursive: true })],
  ["is not covered", (it) => Object.assign(it, { isFound: false })],
  ["has to wait", (it) => Object.assign(it, { isPaused: true })],
  ["is not there", ({ tree }) => rmSync(join(tree.gitDir, "index"))],
];

test.each(ALONE)("IndexWarmer does nothing with an index that %s", async (_, prepare) => {
  await using it = await fixture();
  await using other = await fixture();
  prepare(it);
  for (const { warmer } of [it, other]) {
    warmer.stateChanged(ID, "ready");
    warmer.indexMoved(ID);
  }
  // By then this one has had its turn, too.
  await eventually(() => other.warmer.counts.size > 0);
  expect([...it.warmer.counts]).toEqual([]);
});

test("IndexWarmer waits until an index has been left alone", async () => {
  await using it = await fixture({ ...TIMES, settleMs: 3_600_000 });
  await using other = await fixture();
  const longAgo = new Date(Date.now() - 2 * 3_600_000);
  utimesSync(join(it.tree.gitDir, "index"), longAgo, longAgo);
  for (const { warmer } of [it, other]) {
    warmer.stateChanged(ID, "ready");
    warmer.indexMoved(ID);
  }
  await eventually(() => other.warmer.counts.size > 0);
  // Its inode changed just now.
  expect([...it.warmer.counts]).toEqual([]);
});

test("IndexWarmer goes on by itself after a failure, ever less often", async () => {
  await using it = await fixture();
  scriptHook(it.tree, "another's token");
  it.warmer.stateChanged(ID, "ready");
  it.warmer.indexMoved(ID);
  await eventually(() => (it.warmer.counts.get("unprepared") ?? 0) >= 2);
  expect(await it.token()).toBeUndefined();
  expect(it.lines.every((line) => line.startsWith("debug"))).toBe(true);
});

test("IndexWarmer clears up behind a daemon that was killed, as soon as the worktree is covered", async () => {
  await using it = await fixture({ ...TIMES, readyMs: 3_600_000, lookMs: 3_600_000 });
  const gone = Bun.spawnSync(["true"]).pid;
  const { copy } = indexRequest(it.tree, `index-${gone}-${crypto.randomUUID()}`);
  const lock = join(it.tree.gitDir, "index.lock");
  linkSync(copy, lock);
  it.warmer.stateChanged(ID, "ready");
  await eventually(() => lstatSync(lock, { throwIfNoEntry: false }) === undefined);
  await eventually(() => it.lines.some((line) => line.includes("index.lock was removed")));
});

test("IndexWarmer ends at once, whatever git is doing", async () => {
  await using it = await fixture();
  const started = join(it.tree.gitDir, "started");
  writeFileSync(join(it.tree.gitDir, "scripted-hook"), `#!/bin/sh\ntouch '${started}'\nsleep 60\n`);
  it.warmer.stateChanged(ID, "ready");
  it.warmer.indexMoved(ID);
  await eventually(() => lstatSync(started, { throwIfNoEntry: false }));
  await it.warmer[Symbol.asyncDispose]();
  expect(readdirSync(join(it.tree.gitDir, "gity"))).toEqual([]);
});

test("IndexWarmer looks at nothing that was closed, or never ready", async () => {
  await using it = await fixture();
  it.warmer.indexMoved(ID);
  it.warmer.stateChanged(ID, "crawling");
  it.warmer.stateChanged(ID, "ready");
  it.warmer.closed(ID);
  await using other = await fixture();
  other.warmer.stateChanged(ID, "ready");
  other.warmer.indexMoved(ID);
  await eventually(() => other.warmer.counts.size > 0);
  expect(it.looks).toBe(0);
});
