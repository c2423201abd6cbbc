/** The daemon as commands need it: started, replaced when it is silent or old, left alone otherwise. */

import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, expect, test } from "bun:test";

import manifest from "../../package.json" with { type: "json" };
import { PROJECT_ROOT } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { type GityHome, gityHome, isRunning } from "../support/gity-home.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

/** As people have it; the tests' own environment says that nobody starts a daemon unasked. */
const UNASKED = { environment: { GITY_NO_DAEMON: undefined } };

test.concurrent(
  "a command that needs a daemon starts one, but not after 'daemon stop'",
  async () => {
    await using home = await gityHome();
    const list = async (): Promise<number> => (await home.gityIn(UNASKED, "list")).exitCode;

    expect((await home.gity("list")).exitCode).toBe(3);
    expect(await list()).toBe(0);
    expect(await home.daemonPid()).toBeDefined();
    await home.gity("daemon", "stop");
    expect(statSync(`${home.path}/run/stopped`).mode & 0o777).toBe(0o600);
    expect(await list()).toBe(3);
    expect(await home.daemonPid()).toBeUndefined();
    await home.gity("daemon", "start");
    await home.killDaemon("SIGKILL");
    expect(await list()).toBe(0);
  },
);

test.concurrent("'register' ends what 'daemon stop' began", async () => {
  // Removed last: a daemon that has just been started makes its files in the git directory.
  using tree = tempWorktree("register", { files: { f: "1" } });
  await using home = await gityHome();
  await home.gity("daemon", "stop");
  expect((await home.gityIn(UNASKED, "health", tree.path)).exitCode).toBe(3);
  expect((await home.gity("register", tree.path)).exitCode).toBe(0);
  await home.killDaemon("SIGKILL");
  expect((await home.gityIn(UNASKED, "health", tree.path)).exitCode).toBe(0);
});

/** A daemon that stands still, and its process id. */
async function stoppedDaemon(home: GityHome): Promise<number> {
  const pid = await home.startDaemon();
  process.kill(pid, "SIGSTOP");
  return pid;
}

test.concurrent("a daemon that does not answer is replaced, and a person told so", async () => {
  await using home = await gityHome();
  const pid = await stoppedDaemon(home);

  const { exitCode, stderr } = await home.gity("list");

  expect(exitCode).toBe(0);
  expect(stderr).toMatch(
    new RegExp(
      `^warning: the daemon \\(process ${pid}\\) did not answer for 5\\d\\d\\d ms, and was replaced\\n`,
    ),
  );
  expect(isRunning(pid)).toBe(false);
  expect(await home.daemonPid()).not.toBe(pid);
});

test.concurrent("'daemon status' and 'doctor' only say that it does not answer", async () => {
  await using home = await gityHome();
  const pid = await stoppedDaemon(home);
  try {
    const [status, doctor] = await Promise.all([
      home.gity("daemon", "status"),
      home.gity("doctor"),
    ]);
    expect(status.exitCode).toBe(13);
    expect(status.stderr).toMatch(/^error: the daemon \(process \d+\) did not answer for \d+ ms\n/);
    expect(doctor.exitCode).toBe(1);
    expect(doctor.stdout).toContain(`the daemon (process ${pid}) did not answer`);
    expect(isRunning(pid)).toBe(true);
  } finally {
    process.kill(pid, "SIGCONT");
  }
});

test.concurrent("'daemon stop' ends a daemon that does not answer", async () => {
  await using home = await gityHome();
  const pid = await stoppedDaemon(home);

  expect(await home.gity("daemon", "stop")).toMatchObject({ exitCode: 0 });

  expect(isRunning(pid)).toBe(false);
});

test.concurrent.each([
  ["of another process", (path: string) => writeFileSync(path, otherStart(path))],
  ["of all processes", (path: string) => writeFileSync(path, `{"pid":-1,"identity":"x"}`)],
  ["that is no record", (path: string) => writeFileSync(path, "{")],
  ["that is gone, of a daemon that is about to end", (path: string) => rmSync(path)],
])("a record %s kills nobody", async (_, change) => {
  await using home = await gityHome();
  const pid = await stoppedDaemon(home);
  try {
    change(`${home.path}/run/daemon.json`);
    const { exitCode, stderr } = await home.gity("list");
    expect(exitCode).toBe(13);
    expect(stderr).toContain("hint: nothing says which process it is");
    expect(isRunning(pid)).toBe(true);
  } finally {
    process.kill(pid, "SIGCONT");
  }
  await eventually(async () => (await home.daemonPid()) === pid);
});

/** The same number, and another start. */
function otherStart(path: string): string {
  return readFileSync(path, "utf8").replace(/(:)(\d+)"/, '$19$2"');
}

/** `gity` of this source that says it is of another version, and one of the same that was built later. */
const BUILDS = { older: "0.0.9", later: manifest.version };

beforeAll(() => {
  for (const version of Object.values(BUILDS)) {
    const builder = join(PROJECT_ROOT, "src/build.ts");
    const { exitCode, stderr } = Bun.spawnSync([process.execPath, builder, `--version=${version}`]);
    expect([exitCode, exitCode === 0 ? "" : stderr.toString()]).toEqual([0, ""]);
  }
  const now = new Date();
  utimesSync(join(PROJECT_ROOT, "dist", BUILDS.later, "gity"), now, now);
});

/** Runs another build of `gity` in this home. */
async function runBuild(home: GityHome, version: string, ...args: string[]): Promise<string> {
  const child = Bun.spawn([join(PROJECT_ROOT, "dist", version, "gity"), ...args], {
    env: { ...process.env, GITY_HOME: home.path },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const stderr = await new Response(child.stderr).text();
  expect([await child.exited, stderr]).toEqual([0, stderr]);
  return stderr;
}

test.concurrent(
  "a newer gity restarts an older daemon, and an older one says nothing",
  async () => {
    await using home = await gityHome();
    using tree = tempWorktree("upgrade", { files: { f: "1" } });
    await runBuild(home, BUILDS.older, "register", tree.path);
    const first = await home.daemonPid();

    const { exitCode, stderr } = await home.gity("health", tree.path);

    expect([exitCode, stderr]).toEqual([0, "restarted the daemon: it was gity 0.0.9\n"]);
    const second = await home.daemonPid();
    expect(second).not.toBe(first);
    expect(await runBuild(home, BUILDS.older, "health", tree.path)).toBe("");
    expect((await home.gity("health", tree.path)).stderr).toBe("");
    expect(await home.daemonPid()).toBe(second as number);
  },
);

test.concurrent("of two builds of one version the later one wins, in one direction", async () => {
  await using home = await gityHome();
  const first = await home.startDaemon();

  expect(await runBuild(home, BUILDS.later, "list")).toContain(
    `restarted the daemon: it was an older build of ${manifest.version}\n`,
  );
  const second = await home.daemonPid();
  expect(second).not.toBe(first);
  expect((await home.gity("list")).stderr).not.toContain("restarted");
  expect(await home.daemonPid()).toBe(second as number);
});
