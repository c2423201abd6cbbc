/** CHECKLIST A4: `gity unregister --all` and `gity uninstall` leave everything as it was. */

import { expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";

import { builtGity, builtHelper } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { type GityHome, gityHome, isRunning } from "../support/gity-home.ts";
import { mount, mountTest } from "../support/mounts.ts";
import { PLAIN_ENVIRONMENT } from "../support/ready-made.ts";
import { gitText, runGit, tryRunGit } from "../support/run-git.ts";
import { tempDir } from "../support/temp-dir.ts";
import { openWorktree, tempWorktree, type TempWorktree } from "../support/temp-worktree.ts";
import { treeSnapshot } from "../support/tree-snapshot.ts";

/** Like a person's: a comment, a hook of their own, a key without a value. */
function withOwnConfiguration(tree: TempWorktree): TempWorktree {
  const config = readFileSync(`${tree.gitDir}/config`, "utf8");
  const own = `${config}# mine\n[Core]\n\tfsmonitor = .git/hooks/mine ; why not\n[feature]\n\tmanyFiles\n`;
  writeFileSync(`${tree.gitDir}/config`, own);
  return tree;
}

async function register(home: GityHome, ...trees: readonly TempWorktree[]): Promise<void> {
  for (const tree of trees) {
    // oxlint-disable-next-line no-await-in-loop
    await home.register(tree.path);
  }
}

test("A4 uninstall leaves every repository and the user's folder byte for byte as before", async () => {
  using parent = tempDir("user");
  await using home = await gityHome();
  using one = withOwnConfiguration(tempWorktree("one", { files: { "a/b": "x" } }));
  const linked = one.addLinked("linked");
  using two = tempWorktree("two", { files: { f: "1" } });
  // Watched because it asks; nobody registered it.
  using adopted = tempWorktree("adopted", { files: { f: "1" } });
  adopted.git("config", "core.fsmonitor", builtHelper());
  adopted.git("config", "core.fsmonitorHookVersion", "2");
  const environment = { GITY_HOME: parent.join("home") };
  const gity = (...args: string[]) => home.gityIn({ environment }, ...args);
  const before = [parent.path, one.path, linked.path, two.path].map(treeSnapshot);
  for (const { path } of [one, two]) {
    // oxlint-disable-next-line no-await-in-loop
    expect((await gity("register", "--via", "hook", path)).exitCode).toBe(0);
  }
  const { pid } = JSON.parse((await gity("daemon", "status", "--json")).stdout) as { pid: number };
  const adoptedFolder = parent.join("home/run/adopted");
  await eventually(() => {
    tryRunGit(adopted.path, ["status"], { environment });
    return Object.keys(treeSnapshot(adoptedFolder)).length > 0;
  });
  // git writes no index for a prompt.
  const statusFolder = parent.join("home/run/status");
  await eventually(async () => {
    await home.gityIn(
      { environment: { ...environment, ...PLAIN_ENVIRONMENT } },
      "prompt",
      one.path,
    );
    return Object.keys(treeSnapshot(statusFolder)).length > 0;
  });
  expect([parent.path, one.path, linked.path, two.path].map(treeSnapshot)).not.toEqual(before);

  const { exitCode, stdout, stderr } = await gity("uninstall", "--yes");

  expect(exitCode).toBe(0);
  expect(stdout).toBe("");
  expect(stderr).toContain(`unregistered ${one.gitDir}\n`);
  expect(stderr).toContain(`removed ${parent.join("home")}\n`);
  expect(stderr).toContain(`left: the programs; rm ${builtGity()} ${builtHelper()}, or`);
  expect([parent.path, one.path, linked.path, two.path].map(treeSnapshot)).toEqual(before);
  expect(isRunning(pid)).toBe(false);
  expect(existsSync(`${adopted.gitDir}/gity`)).toBe(false);
  // A second time there is nothing to do, and nothing is made.
  expect(await gity("uninstall", "--yes")).toMatchObject({ exitCode: 0 });
  expect(treeSnapshot(parent.path)).toEqual(before[0] ?? {});
});

test("unregister --all goes on after one that fails, and its exit code tells", async () => {
  await using home = await gityHome();
  using one = tempWorktree("one");
  using two = withOwnConfiguration(tempWorktree("two"));
  using three = tempWorktree("three");
  const before = [one, two, three].map(({ path }) => treeSnapshot(path));
  await register(home, one, two, three);
  writeFileSync(`${two.gitDir}/config.lock`, "");

  const first = await home.gity("unregister", "--all", "--json");

  expect(first.exitCode).toBe(10);
  const { repositories } = JSON.parse(first.stdout) as {
    repositories: { commonDir: string; removed: boolean; error: { code: string } | null }[];
  };
  expect(repositories.filter(({ removed }) => removed)).toHaveLength(2);
  expect(repositories.find(({ removed }) => !removed)).toMatchObject({
    commonDir: two.gitDir,
    error: { code: "CONFIGURATION_LOCKED" },
  });
  expect([one, three].map(({ path }) => treeSnapshot(path))).toEqual([
    before[0] ?? {},
    before[2] ?? {},
  ]);
  rmSync(`${two.gitDir}/config.lock`);
  expect(await home.gity("unregister", "--all")).toEqual({
    exitCode: 0,
    stdout: "",
    stderr: `unregistered ${two.gitDir}\n`,
  });
  expect(treeSnapshot(two.path)).toEqual(before[1] ?? {});
  expect((await home.gity("unregister", "--all")).stderr).toBe("nothing is registered\n");
  expect((await home.gity("unregister", "--all", ".")).exitCode).toBe(2);
});

test("uninstall stops before the home where a repository could not be restored", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("locked");
  const before = treeSnapshot(tree.path);
  await register(home, tree);
  writeFileSync(`${tree.gitDir}/config.lock`, "");

  const { exitCode, stderr } = await home.gity("uninstall", "--yes");

  expect(exitCode).toBe(10);
  expect(stderr).toContain("warning: still registered: cannot lock");
  expect(stderr).toContain("stays, with what these repositories had before");
  rmSync(`${tree.gitDir}/config.lock`);
  expect((await home.gity("uninstall", "--yes")).exitCode).toBe(0);
  expect(treeSnapshot(tree.path)).toEqual(before);
  expect(existsSync(home.path)).toBe(false);
  mkdirSync(home.path);
});

test("a repository that is away is told, stops nobody, and is restored when it is back", async () => {
  await using home = await gityHome();
  using away = withOwnConfiguration(tempWorktree("away"));
  using here = tempWorktree("here");
  const before = [away, here].map(({ path }) => treeSnapshot(path));
  await register(home, away, here);
  renameSync(away.path, `${away.path}.elsewhere`);

  const all = await home.gity("unregister", "--all");
  expect(all.exitCode).toBe(16);
  expect(all.stderr).toContain(`warning: still registered: cannot reach '${away.gitDir}'\n`);
  expect(treeSnapshot(here.path)).toEqual(before[1] ?? {});
  renameSync(`${away.path}.elsewhere`, away.path);
  expect((await home.gity("unregister", "--all")).exitCode).toBe(0);
  // What the daemon made there while it was away from its eyes is not configuration.
  rmSync(`${away.gitDir}/gity`, { recursive: true, force: true });
  expect(treeSnapshot(away.path)["config"]).toEqual((before[0] ?? {})["config"]);

  await register(home, away);
  renameSync(away.path, `${away.path}.elsewhere`);
  const { exitCode, stderr } = await home.gity("uninstall", "--yes");
  expect(exitCode).toBe(0);
  expect(existsSync(home.path)).toBe(false);
  mkdirSync(home.path);
  renameSync(`${away.path}.elsewhere`, away.path);
  // What it says is to be done by hand can be done.
  const commands = /^warning: should it come back, run there: (.*)$/m.exec(stderr)?.[1] ?? "";
  expect(Bun.spawnSync(["sh", "-ec", commands]).exitCode).toBe(0);
  expect(gitText(away.path, "config", "core.fsmonitor")).toBe(".git/hooks/mine");
  expect(readFileSync(`${away.gitDir}/config`, "utf8")).not.toContain("untrackedCache");
});

mountTest("a repository on a disk that is not mounted keeps its place", [], async () => {
  await using home = await gityHome();
  using place = tempDir("disk");
  using disk = tempDir("disk");
  mkdirSync(disk.join("repository"));
  runGit(disk.join("repository"), "init", "--quiet");
  const before = treeSnapshot(disk.path);
  {
    using _mount = mount("--bind", disk.path, place.path);
    await register(home, openWorktree(place.join("repository")));
    await home.gity("daemon", "stop");
  }
  expect((await home.gity("unregister", "--all")).exitCode).toBe(16);
  await home.gity("daemon", "stop");
  {
    using _mount = mount("--bind", disk.path, place.path);
    expect((await home.gity("unregister", "--all")).exitCode).toBe(0);
  }
  expect(treeSnapshot(disk.path)).toEqual(before);
});

test("uninstall refuses a home with other things in it, and without leave, and touches nothing", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("refused");
  await register(home, tree);
  const registered = gitText(tree.path, "config", "core.fsmonitor");
  writeFileSync(`${home.path}/diary`, "mine");

  expect(await home.gity("uninstall", "--yes")).toEqual({
    exitCode: 18,
    stdout: "",
    stderr:
      `error: cannot remove '${home.path}': it holds what gity did not make: 'diary'\n` +
      `hint: move them elsewhere first\n`,
  });
  rmSync(`${home.path}/diary`);
  expect(await home.gity("uninstall")).toMatchObject({
    exitCode: 2,
    stderr: "error: there is nobody to ask\nhint: say --yes if it is meant\n",
  });
  expect(await home.daemonPid()).toBeNumber();
  expect(gitText(tree.path, "config", "core.fsmonitor")).toBe(registered);
});

test("uninstall through a link to the home leaves the link, and says so", async () => {
  using parent = tempDir("link");
  await using home = await gityHome();
  symlinkSync(home.path, parent.join("home"));
  const environment = { GITY_HOME: parent.join("home") };
  expect((await home.gityIn({ environment }, "daemon", "start")).exitCode).toBe(0);

  const { exitCode, stderr } = await home.gityIn({ environment }, "uninstall", "--yes");

  expect(exitCode).toBe(0);
  expect(stderr).toContain("which stays: it is a link\n");
  expect(treeSnapshot(home.path)).toEqual({});
});
