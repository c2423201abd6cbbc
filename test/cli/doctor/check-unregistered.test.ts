/** What an earlier gity has left in a repository. */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { checkUnregistered, repositoryAt } from "../../../src/cli/doctor/check-unregistered.ts";
import { builtHelper } from "../../support/built.ts";
import { SOCKET_NAME } from "../../support/git-ipc.ts";
import { gityHome } from "../../support/gity-home.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { tempWorktree, type TempWorktree } from "../../support/temp-worktree.ts";
import { findingsOf, summary } from "./patient.ts";

async function check(tree: TempWorktree, isAskedFor = false) {
  const repository = await repositoryAt(tree.path);
  return repository === undefined ? [] : checkUnregistered(repository, isAskedFor);
}

test("checkUnregistered() finds nothing in a plain repository", async () => {
  using tree = tempWorktree("left");
  using folder = tempDir("plain");
  expect(await check(tree)).toEqual([]);
  expect(summary(await check(tree, true))).toEqual(["warning repository"]);
  expect(await repositoryAt(folder.path)).toBeUndefined();
  tree.git("config", "core.fsmonitor", builtHelper());
  expect(summary(await check(tree))).toEqual(["ok configuration"]);
});

test("checkUnregistered() takes out a helper that is gone, and leaves the rest", async () => {
  using tree = tempWorktree("left");
  tree.git("config", "core.fsmonitor", "/gone/gity-helper");
  tree.git("config", "core.fsmonitorHookVersion", "2");
  tree.git("config", "user.name", "Somebody");

  const [diagnosis] = await check(tree);
  expect(diagnosis?.finding).toMatchObject({ id: "leftover", severity: "error", fixable: true });
  expect(await diagnosis?.fix?.apply()).toStartWith("took core.fsmonitor");

  const config = readFileSync(`${tree.gitDir}/config`, "utf8");
  expect(config).not.toContain("fsmonitor");
  expect(config).toContain("name = Somebody");
  expect(await check(tree)).toEqual([]);
});

test("checkUnregistered() does not change another file than the repository's", async () => {
  using tree = tempWorktree("left");
  tree.git("config", "extensions.worktreeConfig", "true");
  tree.git("config", "--worktree", "core.fsmonitor", "/gone/gity-helper");

  expect(summary(await check(tree))).toEqual(["error leftover"]);
});

test("checkUnregistered() removes the folder of a gity that is gone, with its socket", async () => {
  using tree = tempWorktree("left");
  const linked = tree.addLinked("linked");
  await using home = await gityHome();
  expect((await home.gity("register", "--via", "hook", tree.path)).exitCode).toBe(0);
  const [served] = findingsOf(await check(tree));
  expect(served).toMatchObject({ severity: "ok", id: "configuration" });
  expect(summary(await check(tree))).toEqual(["ok configuration", "ok leftover", "ok leftover"]);
  await home.killDaemon("SIGKILL");

  const found = await check(tree);
  expect(summary(found)).toEqual([
    "ok configuration",
    "warning leftover fixable",
    "warning leftover fixable",
  ]);
  for (const { fix } of found) {
    // oxlint-disable-next-line no-await-in-loop
    await fix?.apply();
  }
  for (const { gitDir } of [tree, linked]) {
    expect(existsSync(`${gitDir}/gity`)).toBe(false);
    expect(existsSync(`${gitDir}/${SOCKET_NAME}`)).toBe(false);
  }
});

test("checkUnregistered() leaves a folder alone that holds what gity did not make", async () => {
  using tree = tempWorktree("left");
  mkdirSync(`${tree.gitDir}/gity`);
  writeFileSync(`${tree.gitDir}/gity/notes.txt`, "mine");

  expect(summary(await check(tree))).toEqual(["warning leftover"]);
});

test("checkUnregistered() leaves alone what 'gity share' has there, and removes the rest", async () => {
  using tree = tempWorktree("left");
  const folder = `${tree.gitDir}/gity`;
  mkdirSync(`${folder}/share/id/tree`, { recursive: true });
  expect(await check(tree)).toEqual([]);
  writeFileSync(`${folder}/log`, "");

  const [left] = await check(tree);
  await left?.fix?.apply();

  expect(readdirSync(folder)).toEqual(["share"]);
  expect(existsSync(`${folder}/share/id/tree`)).toBe(true);
  expect(await check(tree)).toEqual([]);
});
