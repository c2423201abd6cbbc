/** CHECKLIST S3, S5: an index that lost what git asks its monitor with gets it back, and nobody has to wait for it. */

import { expect } from "bun:test";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { readIndexExtensions } from "../../src/git/index-extensions.ts";
import { eventually } from "../support/eventually.ts";
import { placingTest } from "../support/index-request.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import { tryRunGit } from "../support/run-git.ts";
import { runGity } from "../support/running-gity.ts";
import type { TempWorktree } from "../support/temp-worktree.ts";
import { type WatchedWorktree, watchedWorktree } from "../support/watched-worktree.ts";

/** As git and JGit do that know no monitor. */
const WITHOUT_MONITOR = ["-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false"];

const FILES = 300;

/** The daemon has to find the index, and wait until it has been left alone. */
const PATIENCE = { deadlineMs: 30_000 };

async function tokenOf({ gitDir }: TempWorktree): Promise<string | undefined> {
  return (await readIndexExtensions(join(gitDir, "index")))?.token;
}

/** Somebody listens, and hears something: from then on it is noticed at once when an index moves. */
async function listening(
  { home, tree }: WatchedWorktree,
  ...more: readonly TempWorktree[]
): Promise<AsyncDisposable> {
  const running = runGity(home, "events");
  let writes = 0;
  await eventually(() => {
    writes += 1;
    const told = [tree, ...more].map((each, i) => {
      each.write(`probe-${i}`, String(writes));
      return running.said().includes(`probe-${i}`);
    });
    return told.every(Boolean);
  });
  return {
    async [Symbol.asyncDispose]() {
      await running.end("SIGKILL");
    },
  };
}

async function watched(): Promise<WatchedWorktree> {
  return watchedWorktree("warmer", {
    generated: { files: FILES, directories: 30 },
    files: { ".gitignore": "ignored\n", "ignored/a": "1", f: "1" },
  });
}

async function strip(it: WatchedWorktree, content: string): Promise<void> {
  it.tree.write("f", content);
  it.tree.git(...WITHOUT_MONITOR, "add", "f");
  expect(await tokenOf(it.tree)).toBeUndefined();
}

/** What git was told, without writing anything. */
function countTold({ path }: TempWorktree): number | "everything" {
  const environment = { GIT_TRACE2_EVENT: "2", GIT_TRACE2_EVENT_NESTING: "10" };
  const words = ["--no-optional-locks", "status"];
  const { stderr } = tryRunGit(path, words, { environment });
  const count = /"key":"apply_count","value":"(\d+)"/.exec(stderr)?.[1];
  return count === undefined ? "everything" : Number(count);
}

function ours({ gitDir }: TempWorktree): readonly string[] {
  return readdirSync(join(gitDir, "gity")).filter((name) => name.startsWith("index-"));
}

placingTest(
  "S3 an index that was written without the monitor is brought up to date by itself",
  async () => {
    await using it = await watched();
    await using _ = await listening(it);
    await strip(it, "22");
    const { mode } = statSync(join(it.tree.gitDir, "index"));
    const token = await eventually(() => tokenOf(it.tree), PATIENCE);
    expect(token).toMatch(/^gity:[0-9a-f]{16}:\d+$/);
    expect(countTold(it.tree)).toBeLessThan(30);
    it.tree.write("g", "new");
    it.tree.write("f", "333");
    expectStatusMatchesOracle(it.tree.path);
    expect(statSync(join(it.tree.gitDir, "index")).mode).toBe(mode);
    await eventually(() => ours(it.tree).length === 0);
    expect(existsSync(join(it.tree.gitDir, "index.lock"))).toBe(false);
    await eventually(() => it.home.log().includes("an index was brought up to date"));
  },
  60_000,
);

placingTest(
  "S4 the index of a linked worktree is brought up to date, and no other",
  async () => {
    await using it = await watched();
    const linked = it.tree.addLinked("linked");
    await eventually(() => existsSync(join(linked.gitDir, "gity")), PATIENCE);
    await using _ = await listening(it, linked);
    expectStatusMatchesOracle(linked.path);
    linked.write("f", "22");
    linked.git(...WITHOUT_MONITOR, "add", "f");
    const { ino } = statSync(join(it.tree.gitDir, "index"));
    await eventually(() => tokenOf(linked), PATIENCE);
    expectStatusMatchesOracle(linked.path);
    expect(statSync(join(it.tree.gitDir, "index")).ino).toBe(ino);
  },
  60_000,
);

placingTest(
  "S5 while somebody holds the lock nothing is done, and it is done when he lets go",
  async () => {
    await using it = await watched();
    const linked = it.tree.addLinked("linked");
    await eventually(() => existsSync(join(linked.gitDir, "gity")), PATIENCE);
    await using _ = await listening(it, linked);
    const lock = join(it.tree.gitDir, "index.lock");
    await strip(it, "22");
    writeFileSync(lock, "somebody's", { flag: "wx" });
    const { ino } = statSync(join(it.tree.gitDir, "index"));
    linked.write("f", "22");
    linked.git(...WITHOUT_MONITOR, "add", "f");
    // By then the daemon has looked at the other, too.
    await eventually(() => tokenOf(linked), PATIENCE);
    expect(statSync(join(it.tree.gitDir, "index")).ino).toBe(ino);
    expect(readFileSync(lock, "utf8")).toBe("somebody's");
    rmSync(lock);
    it.tree.git(...WITHOUT_MONITOR, "add", "--renormalize", "f");
    await eventually(() => tokenOf(it.tree), PATIENCE);
    expectStatusMatchesOracle(it.tree.path);
  },
  60_000,
);

placingTest(
  "S2 S5 a daemon that is killed over it leaves a whole index, no lock, and soon no copy",
  async () => {
    await using it = await watched();
    for (const content of ["a", "bb", "ccc"]) {
      // oxlint-disable-next-line no-await-in-loop -- One kill after the other.
      await using _ = await listening(it);
      // oxlint-disable-next-line no-await-in-loop
      await strip(it, content);
      // oxlint-disable-next-line no-await-in-loop
      await eventually(() => ours(it.tree).length > 0, PATIENCE);
      // oxlint-disable-next-line no-await-in-loop
      await it.home.killDaemon("SIGKILL");
      const added = tryRunGit(it.tree.path, ["add", "f"]);
      // A git that asks the socket of a killed daemon complains of that, and goes on.
      expect([added.exitCode, added.stderr.includes("index.lock")]).toEqual([0, false]);
      // oxlint-disable-next-line no-await-in-loop
      await it.home.startDaemon();
      // oxlint-disable-next-line no-await-in-loop
      await eventually(() => ours(it.tree).length === 0, PATIENCE);
      expect(existsSync(join(it.tree.gitDir, "index.lock"))).toBe(false);
      expectStatusMatchesOracle(it.tree.path);
    }
  },
  120_000,
);
