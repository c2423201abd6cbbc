/** CHECKLIST P6 and P7: a daemon that cannot answer, or cannot put its socket where git looks. */

import { expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";

import { builtGity, builtHelper } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { askSocket, SOCKET_NAME, tokenNow } from "../support/git-ipc.ts";
import { gityHome } from "../support/gity-home.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import { gitText } from "../support/run-git.ts";
import { tempDir } from "../support/temp-dir.ts";
import { type WatchedWorktree, watchedWorktree } from "../support/watched-worktree.ts";

/** "The most that a stalled gity may cost a git command" (base/limits.ts). */
const STALL_MS_MAX = 100;

/** What the helper takes where it has nobody to ask, while nothing else runs on the machine. */
const START_MS = 8;

interface Timed {
  readonly paths: readonly string[];
  readonly elapsedMs: number;
}

function askHelper(cwd: string, token: string): Timed {
  const startMs = performance.now();
  const child = Bun.spawnSync([builtHelper(), "2", token], { cwd, env: process.env });
  const paths = child.stdout.toString("latin1").split("\0").slice(1, -1);
  return { paths, elapsedMs: performance.now() - startMs };
}

/** The median counts: other processes run on this machine, too. */
function medianMs(answers: readonly Timed[]): number {
  return answers.map(({ elapsedMs }) => elapsedMs).toSorted((a, b) => a - b)[
    answers.length >> 1
  ] as number;
}

/** One stays as it is: git stores no token in an index in which every file is modified. */
const FILES = { f: "1", "d/g": "1", untouched: "1" };

/** The daemon stands still until the end of the scope. */
async function standstill(watched: WatchedWorktree): Promise<Disposable> {
  const pid = (await watched.home.daemonPid()) ?? 0;
  expect(pid).toBeGreaterThan(1);
  process.kill(pid, "SIGSTOP");
  return { [Symbol.dispose]: () => process.kill(pid, "SIGCONT") };
}

test.each(["log", "socket", "neither"])(
  "P6 a daemon that stands still: %s there, the answer is everything, in time",
  async (way) => {
    await using watched = await watchedWorktree("stopped", { files: FILES });
    const { tree } = watched;
    const token = await tokenNow(tree.gitDir);
    {
      using _stopped = await standstill(watched);
      if (way !== "log") {
        rmSync(`${tree.gitDir}/gity`, { recursive: true });
      }
      if (way === "neither") {
        rmSync(`${tree.gitDir}/${SOCKET_NAME}`);
      }
      writeFileSync(tree.join("f"), "22");
      using nowhere = tempDir("nowhere");
      // In turns: what starting a process takes beyond that is the machine's.
      const pairs = Array.from({ length: 7 }, () => ({
        answer: askHelper(tree.path, token),
        bare: askHelper(nowhere.path, token),
      }));
      const answers = pairs.map(({ answer }) => answer);
      expect(answers.map(({ paths }) => paths)).toEqual(answers.map(() => ["/"]));
      const addedMs = Math.max(0, medianMs(pairs.map(({ bare }) => bare)) - START_MS);
      expect(medianMs(answers)).toBeLessThan(STALL_MS_MAX + addedMs);
      watched.check();
      expect(watched.status()).toBe(" M f");
    }
    // It goes on as if nothing had been; what happened meanwhile is waiting for it.
    writeFileSync(tree.join("d/g"), "22");
    watched.check();
    await eventually(() => {
      watched.check();
      return way === "neither" || watched.isAnswered();
    });
    expect(watched.status()).toBe(" M d/g\n M f");
  },
);

test("P6 A1 while 20,000 directories are crawled every query is answered in time", async () => {
  await using watched = await watchedWorktree("crawled", { files: FILES });
  const { tree } = watched;
  using outside = tempDir("large");
  for (let i = 0; i < 20_000; i += 1) {
    mkdirSync(outside.join(`big/${i % 100}/${i}`), { recursive: true });
  }
  writeFileSync(outside.join("big/7/7/f"), "");
  const token = await tokenNow(tree.gitDir);
  renameSync(outside.join("big"), tree.join("big"));
  writeFileSync(tree.join("big/99/19999/f"), "");
  const fromSocket: Timed[] = [];
  const fromHelper: Timed[] = [];
  for (let isCrawled = false; !isCrawled;) {
    const startMs = performance.now();
    // oxlint-disable-next-line no-await-in-loop
    const { paths } = await askSocket(tree.gitDir, token);
    fromSocket.push({ paths, elapsedMs: performance.now() - startMs });
    fromHelper.push(askHelper(tree.path, token));
    isCrawled = paths[0] !== "/";
  }
  for (const { paths } of [...fromSocket, ...fromHelper].filter(
    ({ paths: [first] }) => first !== "/",
  )) {
    expect(paths).toContain("big/");
    expect(paths).toContain("big/99/19999/.gity");
  }
  // 100 ms of deadline, and the time it takes to write and read 20,000 paths.
  expect(medianMs(fromSocket)).toBeLessThan(2 * STALL_MS_MAX);
  expect(medianMs(fromHelper)).toBeLessThan(2 * STALL_MS_MAX);
  watched.check();
});

test("P7 kill -9 leaves a stale socket and a stale log: both are taken over", async () => {
  await using watched = await watchedWorktree("stale", { files: FILES });
  const { tree, home } = watched;
  const token = await tokenNow(tree.gitDir);
  await home.killDaemon("SIGKILL");
  expect(lstatSync(`${tree.gitDir}/${SOCKET_NAME}`).isSocket()).toBe(true);
  expect(existsSync(`${tree.gitDir}/gity/log`)).toBe(true);
  writeFileSync(tree.join("f"), "22");
  expect(askHelper(tree.path, token).paths).toEqual(["/"]);
  watched.check();
  await home.startDaemon();
  await home.gity("register", tree.path);
  expect((await askSocket(tree.gitDir, token)).paths).toContain("f");
  const next = await tokenNow(tree.gitDir);
  writeFileSync(tree.join("d/g"), "22");
  expect((await askSocket(tree.gitDir, next)).paths).toEqual(["d/g"]);
  watched.check();
  expect(watched.status()).toBe(" M d/g\n M f");
});

test.each([
  ["a plain file", (path: string) => writeFileSync(path, "in the way"), true],
  ["a directory", (path: string) => mkdirSync(`${path}/sub`, { recursive: true }), false],
])("P7 %s in the socket's place", async (_, obstruct, isReplaced) => {
  await using watched = await watchedWorktree("obstructed", { files: FILES });
  const { tree, home } = watched;
  const place = `${tree.gitDir}/${SOCKET_NAME}`;
  await home.gity("unregister", tree.path);
  expect(existsSync(place)).toBe(false);
  obstruct(place);
  expect((await home.gity("register", tree.path)).exitCode).toBe(0);
  watched.check();
  writeFileSync(tree.join("f"), "22");
  watched.check();
  await eventually(() => !isReplaced || watched.isAnswered());
  expect(lstatSync(place).isSocket()).toBe(isReplaced);
  const { reason } = await home.gityJson("health", tree.path);
  if (isReplaced) {
    expect(reason).toBe(null);
  } else {
    expect(reason).toMatch(/^git's socket cannot be served: /);
  }
  expect((await home.gity("unregister", tree.path)).exitCode).toBe(0);
  expect(existsSync(place)).toBe(!isReplaced);
});

test("P7 a git directory whose path is longer than sun_path is served on both ways", async () => {
  using parent = tempDir("long");
  await using home = await gityHome();
  const root = parent.join("w".repeat(120), "tree");
  mkdirSync(root, { recursive: true });
  gitText(root, "init", "--quiet");
  writeFileSync(`${root}/f`, "1");
  gitText(root, "add", "f");
  expect((await home.gity("register", root)).exitCode).toBe(0);
  for (let i = 0; i < 3; i += 1) {
    appendFileSync(`${root}/f`, `${i}`);
    expectStatusMatchesOracle(root);
  }
  const { token } = (await home.gityJson("changed", root)) as { token: string };
  // Without the log there is only the socket.
  rmSync(`${root}/.git/gity/log`);
  appendFileSync(`${root}/f`, "last");
  const told = await eventually(() => {
    const { paths } = askHelper(root, token);
    return paths[0] !== "/" && paths;
  });
  expect(told).toEqual(["f"]);
  expectStatusMatchesOracle(root);
});

function mount(...args: string[]): boolean {
  return Bun.spawnSync(["mount", ...args], { stderr: "ignore" }).exitCode === 0;
}

/** Mounts the git directory on itself, so that it can be made read-only; undefined without leave. */
function mountedGitDir(gitDir: string): ({ makeReadOnly: () => void } & Disposable) | undefined {
  if (!mount("--bind", gitDir, gitDir)) {
    return undefined;
  }
  return {
    makeReadOnly: () => {
      expect(mount("-o", "remount,ro,bind", gitDir)).toBe(true);
    },
    [Symbol.dispose]: () => {
      Bun.spawnSync(["umount", "--lazy", gitDir]);
    },
  };
}

function mayMount(): boolean {
  using dir = tempDir("mount");
  using mounted = mountedGitDir(dir.path);
  return mounted !== undefined;
}

// Only root may mount, and in some containers nobody.
test.skipIf(!mayMount())(
  "P7 a git directory that becomes read-only, and writable again",
  async () => {
    await using watched = await watchedWorktree("read-only", { files: FILES });
    const { tree, home } = watched;
    const token = await tokenNow(tree.gitDir);
    {
      // Stopped, or it would have a file open for writing there when it becomes read-only.
      const pid = (await home.daemonPid()) ?? 0;
      process.kill(pid, "SIGSTOP");
      using mounted = mountedGitDir(tree.gitDir)!;
      mounted.makeReadOnly();
      process.kill(pid, "SIGCONT");
      writeFileSync(tree.join("f"), "22");
      // Something was mounted over .git, and neither log nor socket can be made in it.
      expect(askHelper(tree.path, token).paths).toEqual(["/"]);
      for (let i = 0; i < 3; i += 1) {
        writeFileSync(tree.join(`new${i}`), "");
        watched.check();
      }
      // A daemon that starts now finds neither folder nor socket to write to.
      await home.gity("daemon", "stop");
      await home.startDaemon();
      const asked = Array.from({ length: 5 }, () => askHelper(tree.path, token));
      expect(asked.map(({ paths }) => paths)).toEqual(Array.from({ length: 5 }, () => ["/"]));
      expect(medianMs(asked)).toBeLessThan(2 * STALL_MS_MAX);
      watched.check();
    }
    writeFileSync(tree.join("d/g"), "22");
    watched.check();
    expect((await home.gity("unregister", tree.path)).exitCode).toBe(0);
    expect((await home.gity("register", tree.path)).exitCode).toBe(0);
    watched.check();
    await eventually(() => watched.isAnswered());
  },
);

test("P7 two daemons started at once for one home: one runs, the other says so", async () => {
  await using home = await gityHome();
  const daemons = [0, 1, 2].map(() =>
    Bun.spawn([builtGity(), "daemon", "run"], {
      env: { ...process.env, GITY_HOME: home.path },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    }),
  );
  const ended = await eventually(() => {
    const some = daemons.filter(({ exitCode }) => exitCode !== null);
    return some.length === 2 && some;
  });
  expect(ended.map(({ exitCode }) => exitCode)).toEqual([14, 14]);
  const running = daemons.find(({ exitCode }) => exitCode === null);
  expect(await eventually(() => home.daemonPid())).toBe(running?.pid ?? 0);
  expect((await home.gity("daemon", "stop")).exitCode).toBe(0);
  expect(await running?.exited).toBe(0);
});

test("P7 two daemons of different homes serve one worktree, and status stays right", async () => {
  await using watched = await watchedWorktree("two-homes", { files: FILES });
  const { tree } = watched;
  await using other = await gityHome();
  expect((await other.gity("register", tree.path)).exitCode).toBe(0);
  for (let i = 0; i < 10; i += 1) {
    writeFileSync(tree.join("f"), `${i}`);
    watched.check();
    tree.write(`new/${i}`, "");
    watched.check();
  }
  const { reason } = await other.gityJson("health", tree.path);
  expect(reason).toMatch(/EADDRINUSE/);
  // The one that came second goes; the first serves as before.
  expect((await other.gity("daemon", "stop")).exitCode).toBe(0);
  for (let i = 0; i < 5; i += 1) {
    rmSync(tree.join(`new/${i}`));
    watched.check();
  }
  await eventually(() => watched.isAnswered());
  expect((await askSocket(tree.gitDir, "")).paths).toEqual(["/"]);
});
