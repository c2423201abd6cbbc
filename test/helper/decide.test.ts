/** The helper's decision, beside a real monitor and without one. */

import { expect, test } from "bun:test";
import { mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";

import type { Epoch, Generation } from "../../src/base/brands.ts";
import { decide } from "../../src/helper/decide.ts";
import { STATE_ANSWERS } from "../../src/log/layout.ts";
import { LogWriter } from "../../src/log/writer.ts";
import { eventually } from "../support/eventually.ts";
import { medianMs } from "../support/median-ms.ts";
import { startMonitor, type TestMonitor } from "../support/monitor-thread.ts";
import { tempDir } from "../support/temp-dir.ts";

interface Decided {
  readonly token: string;
  readonly paths: string[];
}

async function ask(
  cwd: string,
  token: string,
  environment: Record<string, string> = {},
): Promise<Decided> {
  const decision = await decide(["2", token], { cwd: () => cwd, environment });
  const [first, ...paths] = Buffer.from(decision!.answer)
    .toString("latin1")
    .split("\0")
    .slice(0, -1);
  return { token: first!, paths };
}

/** As ask(), until it is told paths: "/" is right as well, whenever the monitor's thread did not get to run in time. */
async function askForPaths(
  cwd: string,
  token: string,
  environment: Record<string, string> = {},
): Promise<Decided> {
  return eventually(async () => {
    const decided = await ask(cwd, token, environment);
    return decided.paths[0] !== "/" && decided;
  });
}

async function readyMonitor(): Promise<TestMonitor & { readonly token: string }> {
  const monitor = await startMonitor();
  await monitor.ready();
  const token = await eventually(async () => {
    const first = await ask(monitor.root.path, "");
    const second = await ask(monitor.root.path, first.token);
    return second.paths[0] !== "/" && second.token;
  });
  return { ...monitor, token };
}

test("decide() answers from the log what changed since the token", async () => {
  await using monitor = await readyMonitor();
  const cwd = monitor.root.path;
  expect((await askForPaths(cwd, monitor.token)).paths).toEqual([]);
  writeFileSync(monitor.root.join("a\nb"), "");
  const { token, paths } = await askForPaths(cwd, monitor.token);
  expect(paths).toEqual(["a\nb"]);
  expect((await askForPaths(cwd, token)).paths).toEqual([]);
});

test("decide() asks the socket when the log is missing, torn, or of another version", async () => {
  await using monitor = await readyMonitor();
  const cwd = monitor.root.path;
  const log = `${monitor.gitDir}/gity/log`;
  writeFileSync(monitor.root.join("a"), "");
  for (const damage of [
    () => rmSync(log),
    () => writeFileSync(log, "short"),
    () => writeFileSync(log, Buffer.alloc(8192, 0x5a)),
  ]) {
    damage();
    // oxlint-disable-next-line no-await-in-loop
    expect((await askForPaths(cwd, monitor.token)).paths).toEqual(["a"]);
  }
});

test("decide() asks the socket when cookies cannot be made", async () => {
  await using monitor = await readyMonitor();
  writeFileSync(monitor.root.join("a"), "");
  const cookies = `${monitor.gitDir}/gity/cookies`;
  rmSync(cookies, { recursive: true });
  symlinkSync("/nowhere", cookies);
  expect((await askForPaths(monitor.root.path, monitor.token)).paths).toEqual(["a"]);
});

test("decide() without anybody to ask answers everything, within 100 ms", async () => {
  using dir = tempDir("decide");
  mkdirSync(dir.join(".git"));
  const waitMs = await medianMs(async () => {
    const first = await ask(dir.path, "gity:0123456789abcdef:7");
    expect(first.paths).toEqual(["/"]);
    expect(first.token).toMatch(/^gity:[0-9a-f]{16}:0:l$/);
  });
  expect(waitMs).toBeLessThan(100);
});

test("decide() does not wait for a writer that died", async () => {
  using dir = tempDir("decide");
  mkdirSync(dir.join(".git/gity/cookies"), { recursive: true });
  const dead = Bun.spawnSync(["true"]).pid;
  const claim = {
    state: STATE_ANSWERS,
    epoch: "00000000000000aa" as Epoch,
    generation: 5 as Generation,
    oldestGeneration: 1 as Generation,
    oldestDirectGeneration: 0 as Generation,
  } as const;
  const origin = { bootId: "0011223344556677", root: rootOf(dir.path) };
  new LogWriter(dir.join(".git/gity/log"), { origin, claim, batches: [] })[Symbol.dispose]();
  // Alive (this process), and never acknowledging: the wait is bounded.
  const waitMs = await medianMs(async () => {
    expect((await ask(dir.path, "gity:00000000000000aa:5")).paths).toEqual(["/"]);
  });
  expect(waitMs).toBeLessThan(100);
  const pid = process.pid;
  Object.defineProperty(process, "pid", { value: dead });
  new LogWriter(dir.join(".git/gity/log"), { origin, claim, batches: [] })[Symbol.dispose]();
  Object.defineProperty(process, "pid", { value: pid });
  const gone = await ask(dir.path, "gity:00000000000000aa:5");
  expect(gone.paths).toEqual(["/"]);
  expect(gone.token).not.toContain("00000000000000aa");
});

test("P9 decide() with another work tree than the one watched answers everything", async () => {
  await using monitor = await readyMonitor();
  using other = tempDir("other");
  const environment = { GIT_DIR: monitor.gitDir };
  expect((await ask(other.path, monitor.token, environment)).paths).toEqual(["/"]);
  const { paths } = await askForPaths(monitor.root.path, monitor.token, environment);
  expect(paths).toEqual([]);
});

test("S4 decide() gets past listings in doubt in a linked worktree, whose git directory git names", async () => {
  await using monitor = await readyMonitor();
  using other = tempDir("other");
  const environment = { GIT_DIR: monitor.gitDir };
  const inDoubt = `${monitor.token}:l`;
  const { paths, token } = await askForPaths(monitor.root.path, inDoubt, environment);
  expect(paths).toContain(".gity");
  expect(token).toBe(monitor.token);
  expect((await ask(other.path, inDoubt, environment)).paths).toEqual(["/"]);
});

test("P9 decide() in a folder that was deleted answers everything", async () => {
  const decision = await decide(["2", ""], {
    cwd: () => {
      throw new Error("ENOENT: no such file or directory, uv_cwd");
    },
    environment: {},
  });
  expect(Buffer.from(decision!.answer).toString()).toMatch(/^gity:[0-9a-f]{16}:0:l\0\/\0$/);
});

test("P9 decide() answers version 1 with everything, and no other version at all", async () => {
  const surroundings = { cwd: () => "/", environment: {} };
  const one = await decide(["1", "1795223288000000000"], surroundings);
  expect(Buffer.from(one!.answer).toString()).toBe("/\0");
  for (const args of [[], ["3", "x"], ["", ""], ["--help"]]) {
    // oxlint-disable-next-line no-await-in-loop
    expect(await decide(args, surroundings)).toBeUndefined();
  }
});

function rootOf(path: string): { device: bigint; inode: bigint } {
  const { dev, ino } = statSync(path, { bigint: true });
  return { device: dev, inode: ino };
}
