/** A worktree nobody registered, whose git is told to ask gity all the same. */

import { expect, test } from "bun:test";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";

import { builtHelper } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { type GityHome, gityHome } from "../support/gity-home.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import { requireSuccess, tryRunGit } from "../support/run-git.ts";
import { type TempWorktree, tempWorktree } from "../support/temp-worktree.ts";

function strangerTree(): TempWorktree {
  const tree = tempWorktree("stranger", { files: { f: "1", "d/g": "1" } });
  tree.git("config", "core.fsmonitor", builtHelper());
  tree.git("config", "core.fsmonitorHookVersion", "2");
  tree.git("config", "core.untrackedCache", "true");
  return tree;
}

async function worktreeCount(home: GityHome): Promise<unknown> {
  return (await home.gityJson("daemon", "status"))["worktrees"];
}

function runGitAs(home: GityHome, tree: TempWorktree, ...args: string[]): void {
  const result = tryRunGit(tree.path, args, { environment: { GITY_HOME: home.path } });
  requireSuccess(args, result);
}

/** Whether git is told more than "everything". */
function isAnswered(home: GityHome, tree: TempWorktree): boolean {
  const environment = { GITY_HOME: home.path, GIT_TRACE2_EVENT: "2" };
  tryRunGit(tree.path, ["status"], { environment });
  const { stderr } = tryRunGit(tree.path, ["status"], { environment });
  return stderr.includes("fsm_hook") && !stderr.includes("query/trivial-response");
}

/** Runs status as a user of this home would, until gity knows the worktree. */
async function adopted(home: GityHome, tree: TempWorktree): Promise<void> {
  const environment = { GITY_HOME: home.path };
  await eventually(async () => {
    expectStatusMatchesOracle(tree.path, environment);
    const { exitCode, stdout } = await home.gity("health", tree.path, "--json");
    return exitCode === 0 && stdout.includes('"state":"ready"');
  });
}

test("the first status has it watched, later ones are answered, and it is forgotten when it goes", async () => {
  await using home = await gityHome();
  await home.startDaemon();
  using tree = strangerTree();
  const config = tree.git("config", "--list", "--local").toString();
  await adopted(home, tree);
  expect(readdirSync(`${home.path}/run/adopted`)).toHaveLength(1);
  expect(readdirSync(tree.gitDir).filter((name) => /gity|fsmonitor/.test(name))).toEqual([]);
  const environment = { GITY_HOME: home.path };
  for (let i = 0; i < 10; i += 1) {
    writeFileSync(tree.join("d/g"), `${i}`);
    expectStatusMatchesOracle(tree.path, environment);
  }
  const health = await home.gityJson("health", tree.path);
  expect(Number(health["queries"])).toBeGreaterThan(Number(health["unknownAnswers"]) + 10);
  expect(tree.git("config", "--list", "--local").toString()).toBe(config);
  expect(await home.gityJson("list")).toEqual({ repositories: [] });
  rmSync(tree.path, { recursive: true });
  await eventually(async () => (await worktreeCount(home)) === 0);
  expect(readdirSync(`${home.path}/run/adopted`)).toEqual([]);
});

test("another repository at the place of an adopted one is adopted in its turn", async () => {
  await using home = await gityHome();
  await home.startDaemon();
  using tree = strangerTree();
  await adopted(home, tree);
  for (let round = 0; round < 5; round += 1) {
    Bun.spawnSync(["cp", "-a", tree.path, `${tree.path}-copy`]);
    rmSync(tree.path, { recursive: true });
    Bun.spawnSync(["mv", `${tree.path}-copy`, tree.path]);
    // oxlint-disable-next-line no-await-in-loop
    await eventually(() => isAnswered(home, tree));
    writeFileSync(tree.join("d/g"), `round ${round}`);
    expectStatusMatchesOracle(tree.path, { GITY_HOME: home.path });
  }
});

test("an adopted worktree can be registered, and is then served once", async () => {
  await using home = await gityHome();
  await home.startDaemon();
  using tree = strangerTree();
  await adopted(home, tree);
  expect((await home.gity("register", tree.path)).exitCode).toBe(0);
  expect(await worktreeCount(home)).toBe(1);
  writeFileSync(tree.join("f"), "2");
  expectStatusMatchesOracle(tree.path, { GITY_HOME: home.path });
  expect((await home.gity("unregister", tree.path)).exitCode).toBe(0);
  expect(existsSync(`${tree.gitDir}/gity`)).toBe(false);
});

test("a hundred repositories that come and go leave no watch, descriptor, thread or file", async () => {
  await using home = await gityHome();
  const pid = await home.startDaemon();
  const count = (what: string): number => readdirSync(`/proc/${pid}/${what}`).length;
  for (let round = 0; round < 4; round += 1) {
    const trees = Array.from({ length: 25 }, strangerTree);
    for (const tree of trees) {
      // oxlint-disable-next-line no-await-in-loop
      await adopted(home, tree);
    }
    for (const tree of trees) {
      tree[Symbol.dispose]();
    }
    // oxlint-disable-next-line no-await-in-loop
    await eventually(async () => (await worktreeCount(home)) === 0);
  }
  const before = { fd: count("fd"), task: count("task") };
  using last = strangerTree();
  await adopted(home, last);
  rmSync(last.path, { recursive: true });
  await eventually(async () => (await worktreeCount(home)) === 0);
  await eventually(() => count("fd") <= before.fd && count("task") <= before.task + 2);
}, 120_000);

test("deleting a repository right after its first git command never fails because of gity", async () => {
  await using home = await gityHome();
  await home.startDaemon();
  for (let i = 0; i < 40; i += 1) {
    using tree = strangerTree();
    runGitAs(home, tree, "status");
    const removed = Bun.spawnSync(["rm", "-r", tree.path], { stderr: "pipe" });
    expect(removed.stderr.toString()).toBe("");
  }
  await eventually(async () => (await worktreeCount(home)) === 0);
});

test("deleting a watched repository never fails because of gity", async () => {
  await using home = await gityHome();
  await home.startDaemon();
  for (let i = 0; i < 20; i += 1) {
    using tree = strangerTree();
    // oxlint-disable-next-line no-await-in-loop
    await adopted(home, tree);
    const removed = Bun.spawnSync(["rm", "-r", tree.path], { stderr: "pipe" });
    expect(removed.stderr.toString()).toBe("");
    expect(existsSync(tree.path)).toBe(false);
  }
}, 60_000);
