/** `gity doctor` and its repairs, with real trouble. */

import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";

import type { DoctorReport } from "../../src/protocol/doctor.ts";
import { builtHelper } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { SOCKET_NAME } from "../support/git-ipc.ts";
import { type GityHome, gityHome } from "../support/gity-home.ts";
import { mount, mountTest } from "../support/mounts.ts";
import { newerGit } from "../support/newer-git.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import { gitText } from "../support/run-git.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

/** Its gits, and what else runs on it, are no matter here. */
const OF_THE_MACHINE = new Set(["git", "way", "watchman", "watch-limit", "instance-limit"]);

interface Examined {
  readonly exitCode: number;
  readonly report: DoctorReport;
  /** `error configuration`, … of what is not as it should be. */
  readonly troubles: readonly string[];
}

async function doctor(home: GityHome, ...args: string[]): Promise<Examined> {
  const { exitCode, stdout, stderr } = await home.gity("doctor", "--json", ...args);
  expect(stderr).toBe("");
  const report = JSON.parse(stdout) as DoctorReport;
  const troubles = report.findings
    .filter(({ id, severity }) => severity !== "ok" && !OF_THE_MACHINE.has(id))
    .map(({ id, severity }) => `${severity} ${id}`);
  return { exitCode, report, troubles };
}

test("doctor is content with what gity made, also with a linked worktree", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("doctor", { files: { f: "1" } });
  tree.addLinked("linked");
  await home.register(tree.path);

  const { exitCode, report, troubles } = await doctor(home);
  expect(troubles).toEqual([]);
  expect(exitCode).toBe(0);
  expect(report.healthy).toBe(true);
  expect(report.findings.filter(({ id }) => id === "git-socket")).toHaveLength(2);
});

test("doctor --fix starts the daemon and configures git again", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("doctor", { files: { f: "1" } });
  const before = readFileSync(`${tree.gitDir}/config`, "utf8");
  expect((await home.gity("register", "--via", "hook", tree.path)).exitCode).toBe(0);
  await home.gity("daemon", "stop");
  tree.git("config", "core.fsmonitor", "/somewhere/else");
  tree.git("config", "core.fsmonitorHookVersion", "1");

  const found = await doctor(home);
  expect(found.troubles).toEqual(["error daemon", "error configuration"]);
  expect(found.exitCode).toBe(1);
  expect(await home.daemonPid()).toBeUndefined();

  const { exitCode, stdout } = await home.gity("doctor", "--fix");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^fixed: started the daemon \(process \d+\)$/m);
  expect(stdout).toContain(`fixed: registered '${tree.gitDir}' again; git asks by hook\n`);
  expect(gitText(tree.path, "config", "core.fsmonitor")).toBe(builtHelper());
  expect(gitText(tree.path, "config", "core.fsmonitorHookVersion")).toBe("2");
  expectStatusMatchesOracle(tree.path);
  expect((await doctor(home)).troubles).toEqual([]);

  // What was there before --fix was the user's; what was there before gity is gone with it.
  await home.gity("unregister", tree.path);
  const after = readFileSync(`${tree.gitDir}/config`, "utf8");
  expect(after).toContain("fsmonitor = /somewhere/else");
  expect(after).toStartWith(before);
});

test("doctor names a worktree's own configuration and a variable, and changes neither", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("doctor", { files: { f: "1" } });
  await home.register(tree.path);
  tree.git("config", "extensions.worktreeConfig", "true");
  tree.git("config", "--worktree", "core.fsmonitor", "false");
  const environment = {
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "core.fsmonitor",
    GIT_CONFIG_VALUE_0: "false",
  };

  const { exitCode, stdout } = await home.gityIn({ environment }, "doctor", "--fix");

  expect(exitCode).toBe(1);
  expect(stdout).toContain("hint: unset GIT_CONFIG_KEY_0\n");
  expect(stdout).toContain(`hint: remove core.fsmonitor from '${tree.gitDir}/config.worktree'\n`);
  expect(stdout).not.toContain("fixed:");
  expect(gitText(tree.path, "config", "core.fsmonitor")).toBe("false");
});

test("doctor --fix takes the socket back at once after git was told to stop its daemon", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("doctor", { files: { f: "1" } });
  await home.register(tree.path);
  const socket = `${tree.gitDir}/${SOCKET_NAME}`;
  const git = newerGit();
  // git says no more than this on the socket: `git fsmonitor--daemon stop`.
  const { askMonitorSocket } = await import("../../src/git/monitor-socket.ts");
  await askMonitorSocket(socket, "quit");
  await eventually(() => !existsSync(socket));
  expect((await doctor(home)).troubles).toEqual([expect.stringContaining("git-socket")]);
  if (git !== undefined) {
    // Nobody is there: git starts its own.
    const environment = { ...process.env, GIT_CONFIG_COUNT: "0" };
    const status = [git, "-c", "core.fsmonitor=true", "status"];
    Bun.spawnSync(status, { cwd: tree.path, env: environment });
    const { report } = await doctor(home);
    expect(report.findings.map(({ message }) => message)).toContain(
      `git's own daemon, or another program, answers at git's socket '${socket}'`,
    );
  }

  const { exitCode, troubles, report } = await doctor(home, "--fix");

  expect({ exitCode, troubles }).toEqual({ exitCode: 0, troubles: [] });
  expect(report.fixed).toEqual([expect.stringContaining(`registered '${tree.gitDir}' again`)]);
  expectStatusMatchesOracle(tree.path);
});

test("doctor finds a daemon that does not answer, and waits no longer than it says", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("doctor", { files: { f: "1" } });
  await home.register(tree.path);
  const pid = (await home.daemonPid()) ?? 0;
  process.kill(pid, "SIGSTOP");
  try {
    const { exitCode, report, troubles } = await doctor(home);
    expect(exitCode).toBe(1);
    expect(troubles).toEqual(["error daemon"]);
    // What is registered is known all the same.
    expect(report.findings.some(({ id }) => id === "configuration")).toBe(true);
  } finally {
    process.kill(pid, "SIGCONT");
  }
});

test("doctor finds a damaged store, with and without a daemon", async () => {
  await using home = await gityHome();
  await home.startDaemon();
  await home.gity("daemon", "stop");
  writeFileSync(`${home.path}/data/gity.db`, "no database at all, and much too short to be one");

  expect((await doctor(home)).troubles).toEqual(["error daemon", "error store"]);
  const { report, exitCode } = await doctor(home, "--fix");
  expect(exitCode).toBe(1);
  expect(report.failed).toEqual([expect.stringContaining("cannot start the daemon")]);
  truncateSync(`${home.path}/data/gity.db`, 0);
});

test("doctor tells of a repository that is gone, and leaves it registered", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("doctor", { files: { f: "1" } });
  await home.register(tree.path);
  rmSync(tree.path, { recursive: true });

  const cure = `if it does not come back: gity unregister '${tree.path}'`;
  const found = await eventually(async () => {
    const { report } = await doctor(home, "--fix");
    return report.findings.find(({ id }) => id === "repository");
  });
  expect(found).toMatchObject({ severity: "error", fixable: false, cure });
  await home.gity("daemon", "stop");
  expect((await doctor(home)).troubles).toEqual(["error daemon", "error repository"]);
});

test("doctor removes what a gity that was killed has left beside the configuration", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("doctor", { files: { f: "1" } });
  await home.register(tree.path);
  writeFileSync(`${tree.gitDir}/config.gity`, "");

  expect((await doctor(home)).troubles).toEqual(["warning leftover"]);
  expect((await doctor(home, "--fix")).troubles).toEqual([]);
  expect(existsSync(`${tree.gitDir}/config.gity`)).toBe(false);
});

mountTest("doctor tells of a full disk, and of others who may look in", [], async () => {
  using place = tempDir("small");
  using _mount = mount("-t", "tmpfs", "-o", "size=2m,mode=700", "none", place.path);
  await using home = await gityHome();
  mkdirSync(place.join("data"), { mode: 0o755 });
  const environment = { GITY_HOME: place.path };

  const { stdout } = await home.gityIn({ environment }, "doctor");

  expect(stdout).toContain(`error: the disk of '${place.path}' is full: `);
  expect(stdout).toContain(`warning: others of this machine may look into '${place.path}/data'`);
});
