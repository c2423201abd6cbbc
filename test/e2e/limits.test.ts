/** The kernel's limits, reached for real by a daemon that has limits of its own. */

import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";

import { encodeMessage } from "../../src/protocol/pkt-line.ts";
import { builtGity } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { type GityHome, gityHome, isRunning } from "../support/gity-home.ts";
import { mount, mountTest } from "../support/mounts.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import { connectUnix, type UnixClient } from "../support/system-calls.ts";
import { tempDir } from "../support/temp-dir.ts";
import { type TempWorktree, tempWorktree } from "../support/temp-worktree.ts";
import { treeSnapshot } from "../support/tree-snapshot.ts";

/** DEGRADED_RETRY_MS, and what a busy machine adds. */
const RETRY_PATIENCE = { deadlineMs: 45_000 };

interface OwnDaemon extends AsyncDisposable {
  readonly home: GityHome;
  readonly pid: number;
}

/** A daemon as a child of this test, started through other programs. */
async function daemonUnder(...launcher: string[]): Promise<OwnDaemon> {
  const home = await gityHome();
  const child = Bun.spawn([...launcher, builtGity(), "daemon", "run"], {
    env: { ...process.env, GITY_HOME: home.path },
    stdio: ["ignore", "ignore", "ignore"],
  });
  const pid = await eventually(() => home.daemonPid(), { what: "the daemon to start" });
  return {
    home,
    pid,
    async [Symbol.asyncDispose]() {
      await home[Symbol.asyncDispose]();
      await child.exited;
    },
  };
}

function run(...command: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(command);
  if (exitCode !== 0) {
    throw new Error(`${command.join(" ")}: ${stderr.toString()}`);
  }
  return stdout.toString();
}

/** A user namespace has limits of its own (namespaces(7), /proc/sys/user): nobody else's change. */
function limitWatches(pid: number, watches: number): void {
  const write = `echo ${watches} > /proc/sys/user/max_inotify_watches`;
  run("nsenter", "--target", `${pid}`, "--user", "--preserve-credentials", "sh", "-c", write);
}

async function health(home: GityHome, tree: TempWorktree): Promise<Record<string, unknown>> {
  return home.gityJson("health", tree.path);
}

/** Checks twice: the first answer may be "/", the second builds on it. */
function check(tree: TempWorktree): void {
  expectStatusMatchesOracle(tree.path);
  expectStatusMatchesOracle(tree.path);
}

const canUnshare = Bun.spawnSync(["unshare", "--user", "--map-root-user", "true"]).exitCode === 0;

test.skipIf(!canUnshare).concurrent(
  "E10 the watch limit is reached at the start and while running, and both recover by themselves",
  async () => {
    using running = tempWorktree("limit", { files: { "d/f": "1" } });
    using late = tempWorktree("limit", {
      files: { "a/b/c/f": "1" },
      directories: Array.from({ length: 20 }, (_, i) => `empty${i}`),
    });
    await using daemon = await daemonUnder("unshare", "--user", "--map-root-user");
    const { home, pid } = daemon;
    limitWatches(pid, 12);
    expect((await home.gity("register", running.path)).exitCode).toBe(0);
    check(running);
    for (let i = 0; i < 20; i += 1) {
      mkdirSync(running.join(`new${i}`));
      running.write(`new${i}/f`, "");
    }
    check(running);
    await home.gity("register", late.path);
    check(late);
    const limited = { state: "degraded", code: "WATCH_LIMIT_REACHED" };
    expect(await health(home, running)).toMatchObject(limited);
    expect(await health(home, late)).toMatchObject(limited);
    const told = await home.gity("doctor");
    expect(told.exitCode).toBe(1);
    expect(told.stdout).toMatch(/^error: inotify watches are used up: .* needs at least 6 more$/m);
    running.write("d/f", "2");
    late.write("a/b/c/f", "2");
    check(running);
    check(late);

    limitWatches(pid, 1000);
    for (const tree of [running, late]) {
      // oxlint-disable-next-line no-await-in-loop
      await eventually(async () => (await health(home, tree))["state"] === "ready", RETRY_PATIENCE);
      tree.write("after", "");
      check(tree);
    }
  },
  100_000,
);

test.concurrent(
  "E10 a daemon out of descriptors is right, and recovers by itself",
  async () => {
    using tree = tempWorktree("descriptors", { files: { "d/f": "1" } });
    await using daemon = await daemonUnder();
    const { home, pid } = daemon;
    expect((await home.gity("register", tree.path)).exitCode).toBe(0);
    check(tree);
    const open = readdirSync(`/proc/${pid}/fd`).map(Number);
    const before = run(
      "prlimit",
      "--pid",
      `${pid}`,
      "--nofile",
      "--noheadings",
      "--raw",
      "-o",
      "SOFT",
    );
    // The limit is on the numbers, and the lowest free one is taken: gaps count as room.
    run("prlimit", "--pid", `${pid}`, `--nofile=${firstGap(open)}:`);
    tree.write("d/f", "2");
    mkdirSync(tree.join("new/deep"), { recursive: true });
    tree.write("new/deep/f", "");
    // Silent ones take what descriptors are left; the last of all waits in the backlog.
    using clients = new DisposableStack();
    const connect = (): UnixClient | undefined =>
      clients.use(connectUnix(`${tree.gitDir}/fsmonitor--daemon.ipc`));
    Array.from({ length: 64 }, connect);
    const client = connect();
    client?.send(encodeMessage(Buffer.from("builtin:fake")));
    for (let i = 0; i < 5; i += 1) {
      check(tree);
    }
    expect(isRunning(pid)).toBe(true);

    run("prlimit", "--pid", `${pid}`, `--nofile=${before.trim()}:`);
    expect((await eventually(() => client?.receive())).toString("latin1")).toContain("gity:");
    await eventually(async () => (await health(home, tree))["state"] === "ready", RETRY_PATIENCE);
    tree.write("d/f", "3");
    check(tree);
  },
  100_000,
);

function firstGap(numbers: readonly number[]): number {
  const used = new Set(numbers);
  let gap = 0;
  while (used.has(gap)) {
    gap += 1;
  }
  return gap;
}

const canMount = Bun.spawnSync(["unshare", "--mount", "true"]).exitCode === 0;

/** As much as a log without a single path, and a little more. */
const DISK_BYTES = 128 << 10;

test.skipIf(!canMount)(
  "E11 a disk too full for the log: the socket goes on answering",
  async () => {
    using tree = tempWorktree("full", { files: { "d/f": "1" } });
    // The daemon alone sees this disk; for git and the helper there is no log.
    const folder = `${tree.gitDir}/gity`;
    mkdirSync(folder);
    const mounting = `mount -t tmpfs -o size=${DISK_BYTES} none '${folder}' && exec "$0" "$@"`;
    await using daemon = await daemonUnder("unshare", "--mount", "sh", "-c", mounting);
    const { home } = daemon;
    expect((await home.gity("register", tree.path)).exitCode).toBe(0);
    check(tree);
    expect(await health(home, tree)).toMatchObject({ state: "ready", reason: null });
    for (let i = 0; i < 1000; i += 1) {
      tree.write(`d/${"n".repeat(200)}${i}`, "");
    }
    check(tree);
    tree.write("d/f", "2");
    check(tree);
    const { reason, ...rest } = await health(home, tree);
    expect(reason).toContain("the log cannot be written");
    expect(rest).toMatchObject({ state: "ready", resyncs: 0 });
  },
);

mountTest("E11 a git directory that is read-only is not registered, and says why", [], async () => {
  await using home = await gityHome();
  using tree = tempWorktree("read-only", { files: { f: "1" } });
  const before = treeSnapshot(tree.path);
  {
    using _mount = mount("--bind", tree.gitDir, tree.gitDir);
    run("mount", "-o", "remount,ro,bind", tree.gitDir);
    const { exitCode, stdout, stderr } = await home.gity("register", tree.path);
    expect({ exitCode, stdout }).toEqual({ exitCode: 12, stdout: "" });
    expect(stderr).toBe(`error: cannot change '${tree.gitDir}/config': EROFS\n`);
    expect(await home.gityJson("list")).toEqual({ repositories: [] });
    check(tree);
  }
  expect(treeSnapshot(tree.path)["config"]).toEqual(before["config"]);
  expect((await home.gity("register", tree.path)).exitCode).toBe(0);
  check(tree);
});

/** What a store with one repository takes, its journal included, and a little more. */
const HOME_BYTES = 1 << 20;
const PAGE_BYTES = 4096;

/** Leaves so many pages on a disk; undone at the end of the scope. */
function fillDisk(folder: string, pagesLeft: number): Disposable {
  const { bavail, bsize } = statfsSync(folder);
  const fill = `${folder}/run/config-fill`;
  mkdirSync(fill, { recursive: true });
  writeFileSync(`${fill}/config`, Buffer.alloc(bavail * bsize - pagesLeft * PAGE_BYTES));
  return {
    [Symbol.dispose]: () => {
      rmSync(fill, { recursive: true });
    },
  };
}

mountTest(
  "E11 a full disk under the home: registering is refused, and nothing half done",
  [],
  async () => {
    using place = tempDir("full-home");
    using _mount = mount("-t", "tmpfs", "-o", `size=${HOME_BYTES},mode=700`, "none", place.path);
    await using home = await gityHome();
    const gity = (...args: string[]) =>
      home.gityIn({ environment: { GITY_HOME: place.path } }, ...args);
    using tree = tempWorktree("full-home", { files: { f: "1" } });
    const before = treeSnapshot(tree.path);
    {
      using _full = fillDisk(place.path, 2);
      const { exitCode, stderr } = await gity("register", tree.path);
      expect(exitCode).toBe(13);
      expect(stderr).toContain(
        `hint: the disk of '${place.path}' is full: make room, or set GITY_HOME`,
      );
    }
    expect((await gity("daemon", "start")).exitCode).toBe(0);
    const exitCodes: number[] = [];
    for (let pagesLeft = 0; exitCodes.at(-1) !== 0; pagesLeft += 1) {
      {
        using _full = fillDisk(place.path, pagesLeft);
        // oxlint-disable-next-line no-await-in-loop
        const { exitCode, stderr } = await gity("register", "--via", "hook", tree.path);
        exitCodes.push(exitCode);
        if (exitCode !== 0) {
          expect(stderr).toMatch(
            /^error: (?:cannot use '.*gity\.db': database or disk is full|cannot write in '.*': ENOSPC|git config failed: )/,
          );
          expect(treeSnapshot(tree.path)).toEqual(before);
        }
      }
      // oxlint-disable-next-line no-await-in-loop
      const { stdout } = await gity("list", "--json");
      expect(JSON.parse(stdout)).toMatchObject({
        repositories: exitCodes.at(-1) === 0 ? [{}] : [],
      });
    }
    expect(exitCodes[0]).toBe(11);
    check(tree);
    expect((await gity("unregister", tree.path)).exitCode).toBe(0);
    expect(treeSnapshot(tree.gitDir)["config"]).toEqual(before[".git/config"]);
    expect(await gity("uninstall", "--yes")).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining("which stays: something is mounted there"),
    });
    expect(readdirSync(place.path)).toEqual([]);
  },
);
