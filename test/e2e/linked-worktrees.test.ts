/**
 * CHECKLIST S4: linked worktrees of a registered repository, which come, move and go.
 *
 * Goal: each is covered without a command, is forgotten with all that was kept for it when git forgets it, and never has
 * anything to do with the answers of another. Method: git's own commands, and a look at what the daemon keeps.
 */

import { expect, test } from "bun:test";
import { appendFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

import { STATUS_WAIT_MS_MAX } from "../../src/base/limits.ts";
import { clientOf } from "../../src/client/connect.ts";
import type { GityClient } from "../../src/client/gity-client.ts";
import { parseStatusWords, statusForm } from "../../src/protocol/status-form.ts";
import { eventually } from "../support/eventually.ts";
import type { GityHome } from "../support/gity-home.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import { inotifyWatchesOf } from "../support/process-facts.ts";
import { runGit } from "../support/run-git.ts";
import { openWorktree, type TempWorktree, tempWorktree } from "../support/temp-worktree.ts";
import { watchedAt, type WatchedWorktree, watchedWorktree } from "../support/watched-worktree.ts";

const FILES = { ".gitignore": "out*\n", "a/b/c/f": "1", f: "1" };

interface Listed {
  readonly root: string;
  readonly state: string;
}

async function listed({ home }: WatchedWorktree): Promise<readonly Listed[]> {
  const { repositories } = (await home.gityJson("list")) as {
    repositories: { worktrees: Listed[] }[];
  };
  return repositories.flatMap(({ worktrees }) => worktrees);
}

/** Names of their folders, when all of them are covered; undefined until then. */
async function covered(watched: WatchedWorktree): Promise<readonly string[] | undefined> {
  const worktrees = await listed(watched);
  return worktrees.every(({ state }) => state === "ready")
    ? worktrees.map(({ root }) => basename(root)).toSorted()
    : undefined;
}

async function untilCovered(watched: WatchedWorktree, names: readonly string[]): Promise<void> {
  const wanted = names.toSorted().join();
  await eventually(async () => (await covered(watched))?.join() === wanted, { what: wanted });
}

interface Health {
  readonly epoch: string;
  readonly generation: number;
  readonly watchedDirectories: number;
  readonly excludedDirectories: number;
  readonly resyncs: number;
}

async function healthOf(home: GityHome, root: string): Promise<Health> {
  return (await home.gityJson("health", root)) as unknown as Health;
}

async function changedSince(
  home: GityHome,
  root: string,
  token?: string,
): Promise<{ readonly kind: string; readonly token: string; readonly paths: unknown[] }> {
  const since = token === undefined ? [] : ["--since", token];
  return (await home.gityJson("changed", root, ...since)) as never;
}

/** What is kept for worktrees: rows, files and watches. */
async function kept({ home }: WatchedWorktree): Promise<Record<string, number | undefined>> {
  const { tables } = await clientAt(home).storeStatistics();
  const rowsOf = (table: string): number | undefined =>
    tables.find(({ name }) => name === table)?.rows;
  return {
    worktrees: rowsOf("worktrees"),
    snapshots: rowsOf("snapshots"),
    statuses: readdirSync(join(home.path, "run/status")).length,
    watches: inotifyWatchesOf(await home.startDaemon()),
  };
}

function clientAt(home: GityHome): GityClient {
  return clientOf({ socket: `${home.path}/run/gity.sock` });
}

/** As if somebody had asked for it. */
async function keepStatus(home: GityHome, path: string): Promise<void> {
  const form = statusForm(parseStatusWords([]) ?? [], { folder: "", isTerminal: false });
  await clientAt(home).renewStatus({ path, form, waitMs: STATUS_WAIT_MS_MAX });
}

function changeAndCheck(root: string): void {
  expectStatusMatchesOracle(root);
  appendFileSync(`${root}/f`, "more");
  expectStatusMatchesOracle(root);
  mkdirSync(`${root}/new/deep`, { recursive: true });
  writeFileSync(`${root}/new/deep/f`, "");
  expectStatusMatchesOracle(root);
}

test("S4 twenty worktrees added in a loop are covered without a command, and one that goes is the others' no business", async () => {
  await using watched = await watchedWorktree("twenty", { files: FILES });
  const { tree, home } = watched;
  const added = Array.from({ length: 20 }, (_, i) => tree.addLinked(`linked-${i}`));
  await untilCovered(watched, ["tree", ...added.map(({ path }) => basename(path))]);
  const [gone, ...rest] = added;
  const others = [tree, ...rest];
  const before = new Map<string, { readonly token: string; readonly epoch: string }>();
  for (const { path } of others) {
    expectStatusMatchesOracle(path);
    // oxlint-disable-next-line no-await-in-loop
    const { token } = await changedSince(home, path);
    // oxlint-disable-next-line no-await-in-loop
    before.set(path, { token, epoch: (await healthOf(home, path)).epoch });
  }
  expect(new Set([...before.values()].map(({ epoch }) => epoch)).size).toBe(others.length);

  tree.git("worktree", "remove", gone?.path ?? "");
  await untilCovered(
    watched,
    others.map(({ path }) => basename(path)),
  );

  for (const [path, { token, epoch }] of before) {
    // oxlint-disable-next-line no-await-in-loop
    expect(await changedSince(home, path, token)).toMatchObject({ kind: "changed" });
    // oxlint-disable-next-line no-await-in-loop
    expect(await healthOf(home, path)).toMatchObject({ epoch, resyncs: 0 });
  }
  changeAndCheck(rest.at(-1)?.path ?? "");
}, 120_000);

test("S4 what was kept for a worktree goes with it, and it may come again", async () => {
  await using watched = await watchedWorktree("kept", { files: FILES });
  const { tree, home } = watched;
  await keepStatus(home, tree.path);
  await eventually(async () => (await kept(watched))["snapshots"] === 1);
  const before = await kept(watched);
  for (let round = 0; round < 3; round += 1) {
    runGit(tree.path, "worktree", "add", "--quiet", "--detach", "../again");
    // oxlint-disable-next-line no-await-in-loop
    await untilCovered(watched, ["tree", "again"]);
    const root = join(dirname(tree.path), "again");
    changeAndCheck(root);
    // oxlint-disable-next-line no-await-in-loop
    await keepStatus(home, root);
    // oxlint-disable-next-line no-await-in-loop
    await eventually(async () => {
      expect(await kept(watched)).toMatchObject({ worktrees: 2, snapshots: 2, statuses: 2 });
      return true;
    });
    tree.git("worktree", "remove", "--force", root);
    // oxlint-disable-next-line no-await-in-loop
    await untilCovered(watched, ["tree"]);
    // oxlint-disable-next-line no-await-in-loop
    await eventually(async () => {
      expect(await kept(watched)).toEqual(before);
      return true;
    });
  }
  expect(existsSync(`${tree.gitDir}/worktrees`)).toBe(false);
  watched.check();
}, 60_000);

test("S4 a worktree made at once where another one was has a log as well", async () => {
  await using watched = await watchedWorktree("s4-again", { files: FILES });
  const { tree, home } = watched;
  const linked = tree.addLinked("linked");
  await untilCovered(watched, [basename(tree.path), "linked"]);
  for (let i = 0; i < 3; i += 1) {
    tree.git("worktree", "remove", "--force", linked.path);
    tree.git("worktree", "add", "--quiet", "--detach", linked.path);
    // oxlint-disable-next-line no-await-in-loop -- One after the other.
    await eventually(async () => {
      const { state } = (await home.gityJson("health", linked.path)) as { state?: string };
      return state === "ready" && existsSync(join(linked.gitDir, "gity", "log"));
    });
  }
}, 30_000);

test("S4 a worktree whose folder was deleted is shown as gone, until git forgets it", async () => {
  await using watched = await watchedWorktree("deleted", { files: FILES });
  const { tree } = watched;
  const linked = tree.addLinked("linked");
  await untilCovered(watched, ["tree", "linked"]);
  expectStatusMatchesOracle(linked.path);
  rmSync(linked.path, { recursive: true });
  await eventually(async () => {
    const health = await watched.home.gityJson("health", linked.path);
    return health["code"] === "WORKTREE_GONE";
  });
  expect(await listed(watched)).toContainEqual(
    expect.objectContaining({ root: linked.path, state: "degraded" }),
  );
  tree.git("worktree", "prune");
  await untilCovered(watched, ["tree"]);
  changeAndCheck(tree.path);
});

test("S4 a worktree that git moves is covered where it is", async () => {
  await using watched = await watchedWorktree("moved", { files: FILES });
  const { tree } = watched;
  const linked = tree.addLinked("linked");
  await untilCovered(watched, ["tree", "linked"]);
  changeAndCheck(linked.path);
  const moved = join(dirname(tree.path), "moved");
  tree.git("worktree", "move", linked.path, moved);
  expectStatusMatchesOracle(moved);
  // Nothing but the next question tells.
  await eventually(async () => {
    expectStatusMatchesOracle(moved);
    return (await covered(watched))?.join() === "moved,tree";
  });
  changeAndCheck(moved);
});

test("S4 linked worktrees live on without the main one", async () => {
  const tree = tempWorktree("orphans", { files: FILES });
  const store = join(dirname(tree.path), "store");
  tree.git("init", "--quiet", `--separate-git-dir=${store}`);
  await using watched = await watchedAt(openWorktree(tree.path));
  const linked = ["one", "two"].map((name) => tree.addLinked(name));
  await untilCovered(watched, ["tree", "one", "two"]);
  linked.forEach(({ path }) => {
    changeAndCheck(path);
  });
  rmSync(tree.path, { recursive: true });
  await eventually(async () => (await listed(watched)).some(({ state }) => state === "degraded"));
  for (const { path } of linked) {
    appendFileSync(`${path}/f`, "without");
    expectStatusMatchesOracle(path);
    // oxlint-disable-next-line no-await-in-loop
    expect(await healthOf(watched.home, path)).toMatchObject({ state: "ready", resyncs: 0 });
  }
  rmSync(dirname(tree.path), { recursive: true });
});

test("S4 a token of one worktree says nothing in another, of the same commits and the same past", async () => {
  await using watched = await watchedWorktree("tokens", { files: FILES });
  const { tree, home } = watched;
  const trees: TempWorktree[] = [tree, tree.addLinked("one"), tree.addLinked("two")];
  await untilCovered(watched, ["tree", "one", "two"]);
  for (const { path } of trees) {
    for (const content of ["1", "2", "3"]) {
      writeFileSync(`${path}/f`, content);
      expectStatusMatchesOracle(path);
    }
  }
  for (const { path } of trees) {
    // oxlint-disable-next-line no-await-in-loop
    const { token } = await changedSince(home, path);
    for (const other of trees) {
      // oxlint-disable-next-line no-await-in-loop
      const { kind } = await changedSince(home, other.path, token);
      expect({ path: other.path, kind }).toEqual({
        path: other.path,
        kind: other.path === path ? "changed" : "unknown",
      });
    }
  }
});

test("S4 what another worktree ignores is not watched in a new one, and in the end nothing else that is ignored", async () => {
  await using watched = await watchedWorktree("scopes", {
    files: FILES,
    directories: ["a/b/c/out/x/y", "out/x"],
  });
  const { tree, home } = watched;
  const linked = tree.addLinked("linked");
  for (const path of ["a/b/c/out/x/y", "a/b/c/out-own/x/y", "out-top/x"]) {
    mkdirSync(linked.join(path), { recursive: true });
  }
  await untilCovered(watched, ["tree", "linked"]);
  expectStatusMatchesOracle(linked.path);
  // The root, and a/b/c.
  await eventually(async () => {
    expect(await healthOf(home, linked.path)).toMatchObject({
      watchedDirectories: 4,
      excludedDirectories: 3,
    });
    return true;
  });
  linked.write("a/b/c/out-own/x/y/f", "");
  changeAndCheck(linked.path);
  linked.git("add", "--force", "a/b/c/out-own/x/y/f");
  linked.write("a/b/c/out-own/x/y/f", "tracked, and changed");
  changeAndCheck(linked.path);
  // A rule of this worktree's own.
  linked.write("a/b/.gitignore", "!out\n");
  changeAndCheck(linked.path);
  changeAndCheck(tree.path);
  await home.gity("daemon", "restart");
  await untilCovered(watched, ["tree", "linked"]);
  linked.write("a/b/c/out-own/x/y/f", "again");
  changeAndCheck(linked.path);
  changeAndCheck(tree.path);
});
