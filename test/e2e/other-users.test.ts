/** X2: what another user of the machine can do, and which modes there are after a day's work. */

import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

import { expect, test } from "bun:test";

import { LOG_FILE_BYTES_MAX } from "../../src/base/limits.ts";
import { API_ROUTES } from "../../src/protocol/api.ts";
import type { Targets } from "../fixtures/intruder.ts";
import { builtGity, builtHelper } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { GIT, gitText } from "../support/run-git.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";
import { type TempWorktree, tempWorktree } from "../support/temp-worktree.ts";
import { type WatchedWorktree, watchedWorktree } from "../support/watched-worktree.ts";

const WIDE_OPEN = 0o000;

function umask(mode: number): Disposable {
  const before = process.umask(mode);
  return {
    [Symbol.dispose]: () => {
      process.umask(before);
    },
  };
}

/** Everything there, below the folder, with what kind of thing it is and its mode. */
function modesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).flatMap((name) => {
    const stat = lstatSync(join(folder, name));
    // A link has no mode of its own.
    return stat.isSymbolicLink()
      ? []
      : [`${stat.isDirectory() ? "folder" : "file"} ${(stat.mode & 0o777).toString(8)} ${name}`];
  });
}

/** What is not 0600, or a folder that is not 0700. */
function tooOpen(lines: readonly string[]): string[] {
  return lines.filter((line) => !/^(?:file 600|folder 700) /.test(line));
}

/** A bit of everything that gity does, with an adopted worktree, a linked one, TCP and a full log. */
async function dayOfWork({ home, tree }: WatchedWorktree, other: TempWorktree): Promise<void> {
  const environment = { GITY_DAEMON_ADDR: "tcp://127.0.0.1:0", PATH: process.env["PATH"] };
  await home.gity("daemon", "stop");
  // The first line of the next daemon does not fit any more.
  const noise = `${"x".repeat(99)}\n`.repeat(LOG_FILE_BYTES_MAX / 100);
  appendFileSync(join(home.path, "logs/daemon.log"), noise);
  expect((await home.gityIn({ environment }, "daemon", "start")).exitCode).toBe(0);
  await home.daemonPid();
  expect(existsSync(join(home.path, "logs/daemon.log.1"))).toBe(true);
  const linked = tree.addLinked("linked");
  const asked = Bun.spawnSync([builtHelper(), "2", ""], {
    cwd: other.path,
    env: { ...process.env, GITY_HOME: home.path },
  });
  expect(asked.exitCode).toBe(0);
  const adopted = join(home.path, "run/adopted");
  await eventually(() =>
    readdirSync(adopted).some((name) => existsSync(join(adopted, name, "log"))),
  );
  await eventually(() => existsSync(join(linked.gitDir, "gity/log")));
  for (const place of [tree, linked]) {
    writeFileSync(place.join("new"), "");
    gitText(place.path, "status");
    gitText(place.path, "add", "--all");
  }
  for (const words of [["changed"], ["health"], ["doctor"], ["logs"], ["list"], ["status"]]) {
    // oxlint-disable-next-line no-await-in-loop
    await home.gityIn({ directory: tree.path }, ...words);
  }
  await home.gity("db", "compact");
  await home.gity("db", "prune-logs", "--keep-days", "0");
}

test.each([WIDE_OPEN, 0o022])(
  "X2 after a day's work all that is gity's is for its user only, with the umask %o",
  async (mask) => {
    using _ = umask(mask);
    await using watched = await watchedWorktree("modes", { files: { f: "1" } });
    using other = tempWorktree("modes-adopted", { files: { f: "1" } });
    const { home, tree } = watched;
    const config = join(tree.gitDir, "config");
    await home.gity("unregister", tree.path);
    chmodSync(config, 0o640);
    await home.register(tree.path);
    await dayOfWork(watched, other);

    const inHome = modesBelow(home.path);
    expect(tooOpen(inHome)).toEqual([]);
    for (const name of [
      "logs/daemon.log.1",
      "data/gity.db-wal",
      "data/api-token",
      "run/gity.sock",
    ]) {
      expect(inHome).toContain(`file 600 ${name}`);
    }
    for (const gitDir of [tree.gitDir, join(tree.gitDir, "worktrees/linked")]) {
      const own = modesBelow(gitDir).filter((line) =>
        / (?:gity(?:\/|$)|fsmonitor--daemon\.ipc)/.test(line),
      );
      expect(tooOpen(own)).toEqual([]);
      expect(own.map((line) => line.replace(/^\S+ \S+ /, "")).toSorted()).toEqual([
        "fsmonitor--daemon.ipc",
        "gity",
        "gity/cookies",
        "gity/log",
      ]);
    }
    expect((statSync(config).mode & 0o777).toString(8)).toBe("640");
    watched.check();
    await home.gity("daemon", "stop");
    expect(tooOpen(modesBelow(home.path))).toEqual([]);
  },
  60_000,
);

/** No user has this number; it owns nothing. */
const STRANGER = 61_357;

/** A folder of the other user's, with what he runs: this checkout may be where he cannot go. */
function strangersFolder(): TempDir {
  const folder = tempDir("stranger");
  chmodSync(folder.path, 0o755);
  for (const program of [builtGity(), builtHelper()]) {
    copyFileSync(program, folder.join(basename(program)));
  }
  copyFileSync(process.execPath, folder.join("bun"));
  copyFileSync(join(import.meta.dir, "../fixtures/intruder.ts"), folder.join("intruder.ts"));
  mkdirSync(folder.join("home"));
  chownSync(folder.join("home"), STRANGER, STRANGER);
  return folder;
}

function asStranger(
  folder: TempDir,
  words: readonly string[],
  options: { cwd?: string; input?: string; environment?: Record<string, string> } = {},
) {
  const identity = [`--reuid=${STRANGER}`, `--regid=${STRANGER}`, "--clear-groups"];
  const { exitCode, stdout, stderr } = Bun.spawnSync(["setpriv", ...identity, ...words], {
    cwd: options.cwd ?? "/",
    env: {
      PATH: process.env["PATH"],
      HOME: folder.join("home"),
      // What git runs for him would start one of his own.
      GITY_NO_DAEMON: "1",
      ...options.environment,
    },
    stdin: Buffer.from(options.input ?? ""),
    timeout: 20_000,
  });
  return { exitCode, stdout: stdout.toString("latin1"), stderr: stderr.toString() };
}

/** Everybody may look into the worktree, and into gity's home as far as gity lets him. */
async function openUp(watched: WatchedWorktree): Promise<void> {
  const { home, tree } = watched;
  chmodSync(dirname(tree.path), 0o755);
  // What is gity's stays as gity made it.
  const own = ["-name", "gity", "-prune", "-o", "-name", "fsmonitor--daemon.ipc", "-prune"];
  const { exitCode } = Bun.spawnSync([
    "find",
    tree.path,
    ...own,
    "-o",
    "-exec",
    "chmod",
    "go+rX",
    "{}",
    "+",
  ]);
  expect(exitCode).toBe(0);
  chmodSync(home.path, 0o755);
  // The modes of the worktree were news to gity.
  await eventually(() => watched.isAnswered());
}

function targetsOf({ home, tree }: WatchedWorktree): Targets {
  const own = [home.path, join(tree.gitDir, "gity")].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  );
  const all = own.filter((path) => !lstatSync(path).isSymbolicLink());
  return {
    files: all.filter((path) => lstatSync(path).isFile()),
    folders: [...all.filter((path) => lstatSync(path).isDirectory()), join(tree.gitDir, "gity")],
    sockets: [join(home.path, "run/gity.sock"), join(tree.gitDir, "fsmonitor--daemon.ipc")],
  };
}

const isRoot = process.getuid?.() === 0 && Bun.which("setpriv") !== null;

/** Only root may become somebody else. */
function strangerTest(name: string, body: () => Promise<void>): void {
  if (isRoot) {
    test(name, body, 60_000);
  } else {
    test.skip(`${name} (skipped: needs root, and setpriv)`, body);
  }
}

strangerTest("X2 another user can neither read, change, nor ask anything of gity's", async () => {
  await using watched = await watchedWorktree("victim", { files: { f: "1" } });
  using folder = strangersFolder();
  const { home, tree } = watched;
  await home.gity("daemon", "stop");
  const environment = { GITY_DAEMON_ADDR: "tcp://127.0.0.1:0" };
  expect((await home.gityIn({ environment }, "daemon", "start")).exitCode).toBe(0);
  const pid = await home.daemonPid();
  watched.check();
  await openUp(watched);
  const targets = targetsOf(watched);
  expect(targets.files.map((path) => basename(path)).toSorted()).toEqual(
    expect.arrayContaining(["api-token", "daemon.log", "gity.db", "daemon.json", "log"]),
  );
  const input = JSON.stringify(targets);
  const { stdout, stderr } = asStranger(folder, [folder.join("bun"), folder.join("intruder.ts")], {
    input,
  });
  expect([stderr, JSON.parse(stdout)]).toEqual(["", { uid: STRANGER, done: [] }]);

  const port = /address=\S+?:(\d+)/.exec(home.log())?.[1] ?? "";
  for (const header of ["x: y", `authorization: Bearer ${"A".repeat(43)}`]) {
    const script = `const r = await fetch(process.argv[1], { headers: [process.argv[2].split(": ")] });
      console.log(r.status, await r.text());`;
    const address = `http://127.0.0.1:${port}${API_ROUTES.repositories}`;
    const asked = asStranger(folder, [folder.join("bun"), "-e", script, address, header]);
    expect(asked.stdout).toStartWith("401 ");
    expect(asked.stdout).not.toContain(tree.path);
  }
  expect(await home.daemonPid()).toBe(pid);
  watched.check();
  await eventually(() => watched.isAnswered());
});

strangerTest("X2 another user can register neither here nor in a gity of his own", async () => {
  await using watched = await watchedWorktree("victim-config", { files: { f: "1" } });
  using folder = strangersFolder();
  const { home, tree } = watched;
  await openUp(watched);
  const before = readFileSync(join(tree.gitDir, "config"), "utf8");
  const listed = await home.gityJson("list");
  for (const gityHome of [home.path, folder.join("home/gity")]) {
    for (const words of [
      ["register"],
      ["unregister"],
      ["list"],
      ["health"],
      ["logs"],
      ["changed"],
    ]) {
      const { exitCode, stdout } = asStranger(folder, [folder.join("gity"), ...words], {
        cwd: tree.path,
        environment: { GITY_HOME: gityHome, GITY_NO_DAEMON: "" },
      });
      const isHarmless = words[0] === "list" && gityHome !== home.path;
      expect([words, exitCode === 0 && !isHarmless]).toEqual([words, false]);
      expect(stdout).not.toContain(tree.path);
    }
  }
  asStranger(folder, [folder.join("gity"), "daemon", "stop"], {
    environment: { GITY_HOME: folder.join("home/gity") },
  });
  // What git would run for him says nothing, and starts nothing in the other's home.
  const helper = asStranger(folder, [folder.join("gity-helper"), "2", ""], {
    cwd: tree.path,
    environment: { GITY_HOME: home.path },
  });
  expect(helper.exitCode).toBe(0);
  expect(helper.stdout).toMatch(/^gity:[^\0]+\0\/\0$/);

  expect(readFileSync(join(tree.gitDir, "config"), "utf8")).toBe(before);
  expect(await home.gityJson("list")).toEqual(listed);
  expect(tooOpen(modesBelow(home.path))).toEqual([]);
  watched.check();
  await eventually(() => watched.isAnswered());
});

strangerTest("X2 a status of another user is right, and shows gity nothing of his", async () => {
  await using watched = await watchedWorktree("victim-status", { files: { f: "1" } });
  using folder = strangersFolder();
  const { tree } = watched;
  await openUp(watched);
  writeFileSync(tree.join("new"), "");
  const safe = ["-c", `safe.directory=${tree.path}`];
  const status = asStranger(folder, [GIT, ...safe, "status", "--short"], { cwd: tree.path });
  expect([status.exitCode, status.stdout]).toEqual([0, "?? new\n"]);
  watched.check();
});
