/**
 * CHECKLIST E11 and E12: a worktree that is deleted, moved, replaced or shut while it is registered.
 *
 * Goal: git never gets an answer about another tree than the one it stands in, and a worktree that
 * comes back is answered again by itself. Method: every way to change what a path leads to, with
 * the oracle before, during and after.
 */

import { expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

import { eventually } from "../support/eventually.ts";
import type { GityHome } from "../support/gity-home.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import { runGit } from "../support/run-git.ts";
import { exchange } from "../support/system-calls.ts";
import { tempWorktree } from "../support/temp-worktree.ts";
import { type WatchedWorktree, watchedWorktree } from "../support/watched-worktree.ts";

const FILES = { "a/f": "1", "a/deep/f": "1", g: "1" };

async function health(home: GityHome, root: string): Promise<Record<string, unknown>> {
  return home.gityJson("health", root);
}

/** Right now, and answered by itself before long; then right after changes. */
async function expectRecovered(watched: WatchedWorktree): Promise<void> {
  const { tree, home } = watched;
  const environment = { GITY_HOME: home.path };
  await eventually(async () => {
    expectStatusMatchesOracle(tree.path, environment);
    return (await health(home, tree.path))["state"] === "ready" && watched.isAnswered();
  });
  for (const path of ["a/f", "new", "a/new"]) {
    appendFileSync(tree.join(path), "more");
    watched.check();
    watched.check();
    await eventually(() => watched.isAnswered());
  }
}

/** Changes in every directory of a tree at this path, with status before, between and after. */
function expectRight(path: string, home: GityHome): void {
  const environment = { GITY_HOME: home.path };
  expectStatusMatchesOracle(path, environment);
  for (const name of ["probe", "a/probe", "made/deep/probe"]) {
    mkdirSync(dirname(`${path}/${name}`), { recursive: true });
    writeFileSync(`${path}/${name}`, "");
    expectStatusMatchesOracle(path, environment);
    expectStatusMatchesOracle(path, environment);
    appendFileSync(`${path}/g`, "more");
    expectStatusMatchesOracle(path, environment);
  }
  rmSync(`${path}/made`, { recursive: true });
  expectStatusMatchesOracle(path, environment);
}

test("E11 a worktree that is moved, and moved back", async () => {
  await using watched = await watchedWorktree("moves", { files: FILES });
  const { tree, home } = watched;
  const elsewhere = `${tree.path}-elsewhere`;
  renameSync(tree.path, elsewhere);
  expectRight(elsewhere, home);
  expect(await health(home, tree.path)).toMatchObject({ state: "degraded", code: "WORKTREE_GONE" });
  expect(JSON.stringify(await home.gityJson("list"))).toContain("was moved or deleted");
  renameSync(elsewhere, tree.path);
  await expectRecovered(watched);
});

test("E11 a worktree that was moved is registered where it is, and is in the end as before gity", async () => {
  let before = "";
  await using watched = await watchedWorktree("moved", {
    files: FILES,
    prepare: ({ gitDir }) => {
      before = readFileSync(`${gitDir}/config`, "utf8");
    },
  });
  const { tree, home } = watched;
  const elsewhere = `${tree.path}-elsewhere`;
  renameSync(tree.path, elsewhere);

  const { stderr } = await home.gity("register", elsewhere);

  expect(stderr).toContain(`it was registered as '${tree.gitDir}', and has been moved\n`);
  expectRight(elsewhere, home);
  expect(await health(home, elsewhere)).toMatchObject({ state: "ready" });
  expect(await home.gityJson("list")).toMatchObject({
    repositories: [{ worktrees: [{ root: elsewhere }] }],
  });
  expect((await home.gity("unregister", elsewhere)).exitCode).toBe(0);
  expect(readFileSync(`${elsewhere}/.git/config`, "utf8")).toBe(before);
  expect(existsSync(`${elsewhere}/.git/gity`)).toBe(false);
});

test("E11 a folder above the worktree is renamed, which no event tells, and renamed back", async () => {
  await using watched = await watchedWorktree("moves", { files: FILES });
  const { tree, home } = watched;
  const parent = dirname(tree.path);
  const elsewhere = `${parent}-elsewhere`;
  for (const [changeFirst, standIn] of [
    [true, false],
    [false, false],
    [true, true],
  ]) {
    renameSync(parent, elsewhere);
    if (standIn === true) {
      // Another tree where the paths of this one lead now.
      mkdirSync(`${tree.path}/made/other`, { recursive: true });
    }
    if (changeFirst === true) {
      mkdirSync(`${elsewhere}/tree/made`);
      writeFileSync(`${elsewhere}/tree/made/early`, "");
      rmSync(`${elsewhere}/tree/made`, { recursive: true });
    }
    expectRight(`${elsewhere}/tree`, home);
    // oxlint-disable-next-line no-await-in-loop
    expect((await health(home, tree.path))["state"]).not.toBe("ready");
    rmSync(parent, { recursive: true, force: true });
    renameSync(elsewhere, parent);
    // oxlint-disable-next-line no-await-in-loop
    await expectRecovered(watched);
  }
});

test("E11 a folder above is renamed and back again while directories are made: none is missed", async () => {
  await using watched = await watchedWorktree("moves", { files: FILES });
  const { tree, home } = watched;
  const parent = dirname(tree.path);
  for (let round = 0; round < 5; round += 1) {
    renameSync(parent, `${parent}-x`);
    mkdirSync(`${parent}-x/tree/made${round}/deep`, { recursive: true });
    // The daemon has looked at it, and found nothing at the path it knew.
    // oxlint-disable-next-line no-await-in-loop
    await eventually(async () => (await health(home, tree.path))["state"] !== "ready");
    renameSync(`${parent}-x`, parent);
    writeFileSync(tree.join(`made${round}/deep/f`), "");
    watched.check();
    appendFileSync(tree.join(`made${round}/deep/g`), "");
    watched.check();
    // oxlint-disable-next-line no-await-in-loop
    await expectRecovered(watched);
  }
});

test("E11 a worktree that is deleted, and another repository cloned to its path", async () => {
  await using watched = await watchedWorktree("moves", { files: FILES });
  using other = tempWorktree("other", { files: { "a/f": "other", "x/y": "other", g: "2" } });
  const { tree, home } = watched;
  const config = readFileSync(`${tree.gitDir}/config`);
  rmSync(tree.path, { recursive: true });
  expect(await health(home, tree.path)).toMatchObject({ state: "degraded", code: "WORKTREE_GONE" });
  runGit(dirname(tree.path), "clone", "--quiet", other.path, "tree");
  expectRight(tree.path, home);
  // As a user's own configuration would, this makes the clone ask gity, too.
  writeFileSync(`${tree.gitDir}/config`, config);
  await expectRecovered(watched);
  rmSync(tree.path, { recursive: true });
  runGit(dirname(tree.path), "clone", "--quiet", other.path, "tree");
  expect((await home.gity("register", tree.path)).exitCode).toBe(0);
  await expectRecovered(watched);
});

test("E11 two registered worktrees that swap places, slowly and at once", async () => {
  await using watched = await watchedWorktree("moves", { files: FILES });
  using other = tempWorktree("other", { files: { "a/f": "other", "a/deep/x": "2", g: "2" } });
  const { tree, home } = watched;
  await home.gity("register", other.path);
  for (const path of [other.path, other.path]) {
    expectStatusMatchesOracle(path);
  }
  const swaps = [
    () => exchange(tree.path, other.path),
    () => {
      renameSync(tree.path, `${tree.path}-t`);
      renameSync(other.path, tree.path);
      renameSync(`${tree.path}-t`, other.path);
    },
  ];
  for (const swap of swaps) {
    swap();
    for (const path of [tree.path, other.path]) {
      expectRight(path, home);
    }
    // oxlint-disable-next-line no-await-in-loop
    await expectRecovered(watched);
  }
});

test("E11 the .git folder is taken away, put back, copied and made anew", async () => {
  await using watched = await watchedWorktree("moves", { files: FILES });
  const { tree, home } = watched;
  renameSync(tree.gitDir, `${tree.path}-git`);
  renameSync(`${tree.path}-git`, tree.gitDir);
  await expectRecovered(watched);
  cpSync(tree.gitDir, `${tree.path}-git`, {
    recursive: true,
    filter: (path) => !path.endsWith(".ipc"),
  });
  rmSync(tree.gitDir, { recursive: true });
  writeFileSync(tree.join("a/between"), "");
  renameSync(`${tree.path}-git`, tree.gitDir);
  await expectRecovered(watched);
  rmSync(tree.gitDir, { recursive: true });
  runGit(tree.path, "init", "--quiet");
  expectStatusMatchesOracle(tree.path);
  expect((await home.gity("register", tree.path)).exitCode).toBe(0);
  tree.git("add", "--all");
  tree.git("commit", "--quiet", "--message=anew");
  await expectRecovered(watched);
});

test("E11 the .git file of a linked worktree leads elsewhere", async () => {
  await using watched = await watchedWorktree("moves", { files: FILES });
  const { tree, home } = watched;
  const first = tree.addLinked("first");
  const second = tree.addLinked("second");
  await home.gity("register", tree.path);
  expectRight(first.path, home);
  const own = readFileSync(first.join(".git"));
  writeFileSync(first.join(".git"), readFileSync(second.join(".git")));
  expectRight(first.path, home);
  appendFileSync(first.join("a/f"), "through the other's index");
  expectRight(second.path, home);
  expectRight(first.path, home);
  writeFileSync(first.join(".git"), own);
  expectRight(first.path, home);
  expectRight(second.path, home);
});

test("E11 a worktree that is gone when the daemon starts is answered once it is back", async () => {
  await using watched = await watchedWorktree("moves", { files: FILES });
  const { tree, home } = watched;
  await home.gity("daemon", "stop");
  renameSync(tree.path, `${tree.path}-x`);
  await home.startDaemon();
  expect(await health(home, tree.path)).toMatchObject({ state: "degraded", code: "WORKTREE_GONE" });
  renameSync(`${tree.path}-x`, tree.path);
  await expectRecovered(watched);
});

test("E11 a directory shut with chmod, changed meanwhile, and opened again", async () => {
  await using watched = await watchedWorktree("moves", { files: FILES });
  const { tree } = watched;
  for (const mode of [0o000, 0o300, 0o400]) {
    chmodSync(tree.join("a"), mode);
    watched.check();
    // Who has permission all the same (root) goes on changing it.
    chmodSync(tree.join("a"), 0o700);
    writeFileSync(tree.join("a/deep/new"), `${mode}`);
    chmodSync(tree.join("a"), mode);
    watched.check();
    chmodSync(tree.join("a"), 0o755);
    watched.check();
    appendFileSync(tree.join("a/deep/f"), "more");
    watched.check();
  }
});

test("E12 directories deleted and made again, before and after their parents, as fast as can be", async () => {
  await using watched = await watchedWorktree("moves", { files: FILES });
  const { tree, home } = watched;
  for (let round = 0; round < 10; round += 1) {
    for (let i = 0; i < 30; i += 1) {
      rmSync(tree.join("a/deep"), { recursive: true, force: true });
      if (i % 3 === 0) {
        rmSync(tree.join("a"), { recursive: true });
      }
      mkdirSync(tree.join("a/deep"), { recursive: true });
      writeFileSync(tree.join("a/deep/f"), `${i}`);
    }
    watched.check();
    appendFileSync(tree.join("a/deep/f"), "more");
    writeFileSync(tree.join(`a/new${round}`), "");
    watched.check();
  }
  expect(await health(home, tree.path)).toMatchObject({ state: "ready", watchedDirectories: 3 });
});

test("E12 a directory deleted while somebody stands in it, and made again at the same path", async () => {
  await using watched = await watchedWorktree("moves", { files: FILES });
  const { tree } = watched;
  for (let round = 0; round < 3; round += 1) {
    const guest = Bun.spawn(["sleep", "600"], { cwd: tree.join("a/deep") });
    rmSync(tree.join("a"), { recursive: true });
    watched.check();
    mkdirSync(tree.join("a/deep"), { recursive: true });
    writeFileSync(tree.join("a/deep/f"), "again");
    watched.check();
    guest.kill();
    // oxlint-disable-next-line no-await-in-loop
    await guest.exited;
    appendFileSync(tree.join("a/deep/f"), "more");
    watched.check();
    await eventually(() => watched.isAnswered());
  }
});

test("E11 deleting a worktree that is registered leaves nothing in the way, and nothing behind", async () => {
  await using watched = await watchedWorktree("moves", { files: FILES });
  const { tree, home } = watched;
  const removed = Bun.spawnSync(["rm", "-r", tree.path], { stderr: "pipe" });
  expect(removed.stderr.toString()).toBe("");
  expect(await health(home, tree.path)).toMatchObject({ code: "WORKTREE_GONE" });
  expect(existsSync(tree.path)).toBe(false);
  const pid = await home.daemonPid();
  const watches = Bun.spawnSync([
    "sh",
    "-c",
    `cat /proc/${pid}/fdinfo/* 2>/dev/null | grep -c ^inotify`,
  ]);
  expect(watches.stdout.toString().trim()).toBe("0");
  expect((await home.gity("unregister", tree.path)).exitCode).toBe(0);
});

test("E13 git worktree remove never fails because of gity, which writes while git deletes", async () => {
  await using watched = await watchedWorktree("removed", { files: FILES });
  const { tree, home } = watched;
  const list = async (): Promise<string> => JSON.stringify(await home.gityJson("list"));
  for (let i = 0; i < 15; i += 1) {
    const linked = tree.addLinked(`linked${i}`);
    // oxlint-disable-next-line no-await-in-loop
    await eventually(async () => {
      expectStatusMatchesOracle(linked.path);
      return (await list()).includes(linked.path);
    });
    writeFileSync(`${linked.path}/g`, "changed");
    expectStatusMatchesOracle(linked.path);
    tree.git("worktree", "remove", "--force", linked.path);
    expect(existsSync(linked.gitDir)).toBe(false);
  }
  watched.check();
}, 60_000);
