/**
 * gity was deleted instead of uninstalled: git goes on, and a new gity puts things right.
 */

import { afterEach, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { isMonitorListening } from "../../src/git/monitor-socket.ts";
import type { DoctorReport } from "../../src/protocol/doctor.ts";
import { builtGity, builtHelper } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { SOCKET_NAME } from "../support/git-ipc.ts";
import { isRunning } from "../support/gity-home.ts";
import { newerGit } from "../support/newer-git.ts";
import { expectStatusMatchesOracle, oracleStatus } from "../support/oracle.ts";
import { gitText } from "../support/run-git.ts";
import { tempDir, type TempDir } from "../support/temp-dir.ts";
import { tempWorktree, type TempWorktree } from "../support/temp-worktree.ts";

const NEWER_GIT = newerGit() ?? "";
const withNewerGit = test.skipIf(NEWER_GIT === "");

/** One stays as it is: git stores no token in an index in which every file is modified. */
const FILES = { f: "1", "d/g": "1", untouched: "1" };

/** Its gits, and what else runs on it, are no matter here. */
const OF_THE_MACHINE = new Set(["git", "way", "watchman", "watch-limit", "instance-limit"]);

interface Output {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Installation extends AsyncDisposable {
  readonly helper: string;
  gity(home: string, ...args: string[]): Output;
  /** Deletes the programs, and nothing else. */
  vanish(): void;
}

/** Copies of what was built, in a folder of their own. */
function install(parent: TempDir, name: string): Installation {
  const folder = parent.join(name);
  mkdirSync(folder);
  const executable = join(folder, "gity");
  const helper = join(folder, "gity-helper");
  copyFileSync(builtGity(), executable);
  copyFileSync(builtHelper(), helper);
  const homes = new Set<string>();
  const gity = (home: string, ...args: string[]): Output => {
    homes.add(home);
    return run([existsSync(executable) ? executable : builtGity(), ...args], parent.path, {
      GITY_HOME: home,
      PATH: `${NEWER_GIT === "" ? "" : `${dirname(NEWER_GIT)}:`}${process.env["PATH"] ?? ""}`,
    });
  };
  return {
    helper,
    gity,
    vanish: () => {
      rmSync(folder, { recursive: true });
    },
    async [Symbol.asyncDispose]() {
      for (const home of homes) {
        gity(home, "daemon", "stop");
      }
    },
  };
}

function run(command: string[], cwd: string, environment: Record<string, string> = {}): Output {
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, {
    cwd,
    env: { ...process.env, ...environment },
  });
  return { exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

/** Gone with all its threads: the last of them closes the socket. */
async function kill(installation: Installation, home: string, tree: TempWorktree): Promise<void> {
  const { pid } = JSON.parse(installation.gity(home, "daemon", "status", "--json").stdout) as {
    pid: number;
  };
  process.kill(pid, "SIGKILL");
  await eventually(() => !isRunning(pid));
  const socket = `${tree.gitDir}/${SOCKET_NAME}`;
  await eventually(async () => !(await isMonitorListening(socket)));
}

/** git is right after every kind of change, and says at most one line besides. */
function expectGitWorks(git: string, tree: TempWorktree): void {
  const statusForm = ["status", "--porcelain=v2", "-uall"];
  const changes = [
    () => tree.write("f", "22"),
    () => tree.write("d/new", ""),
    () => rmSync(tree.join("d/g")),
    () => tree.write("d/g", "333"),
  ];
  for (const change of changes) {
    change();
    const { exitCode, stdout, stderr } = run([git, ...statusForm], tree.path);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: oracleStatus(tree.path, statusForm).stdout.toString(),
    });
    expect(stderr).toMatch(/^(?:.*\n)?$/);
  }
  expect(run([git, "add", "--all"], tree.path).exitCode).toBe(0);
  expect(run([git, "commit", "--quiet", "--message=next"], tree.path).exitCode).toBe(0);
}

function doctor(
  installation: Installation,
  home: string,
  ...args: string[]
): DoctorReport & { readonly exitCode: number; readonly troubles: readonly string[] } {
  const { exitCode, stdout, stderr } = installation.gity(home, "doctor", "--json", ...args);
  expect(stderr).toBe("");
  const report = JSON.parse(stdout) as DoctorReport;
  const troubles = report.findings
    .filter(({ id, severity }) => severity !== "ok" && !OF_THE_MACHINE.has(id))
    .map(({ id, severity }) => `${severity} ${id}`);
  return { ...report, exitCode, troubles };
}

/** git's own daemons, which nobody else ends. */
const served: TempWorktree[] = [];

afterEach(() => {
  for (const { path } of served.splice(0)) {
    if (existsSync(path)) {
      run([NEWER_GIT, "fsmonitor--daemon", "stop"], path);
    }
  }
});

test.each([
  ["that was killed", true],
  ["that still runs", false],
])("a helper that vanished with its daemon %s: a new gity mends it", async (_, isKilled) => {
  using parent = tempDir("vanish");
  using tree = tempWorktree("vanish", { files: FILES });
  await using old = install(parent, "old");
  await using fresh = install(parent, "new");
  const home = parent.join("h");
  expect(old.gity(home, "register", "--via", "hook", tree.path).exitCode).toBe(0);
  expectStatusMatchesOracle(tree.path);
  if (isKilled) {
    await kill(old, home, tree);
  }
  old.vanish();

  expectGitWorks("git", tree);
  const found = doctor(fresh, home);
  expect(found.exitCode).toBe(1);
  expect(found.troubles).toEqual(
    isKilled
      ? ["error daemon", "error configuration"]
      : ["warning daemon-version", "error helper", "error configuration"],
  );

  const mended = doctor(fresh, home, "--fix");
  expect([mended.exitCode, mended.troubles, mended.failed]).toEqual([0, [], []]);
  expect(mended.fixed).toEqual([
    expect.stringMatching(isKilled ? /^started the daemon/ : /^restarted the daemon/),
    expect.stringContaining(`registered '${tree.gitDir}' again`),
  ]);
  expect(gitText(tree.path, "config", "core.fsmonitor")).toBe(fresh.helper);
  tree.write("d/g", "4444");
  expect(run(["git", "status", "--short"], tree.path)).toEqual({
    exitCode: 0,
    stdout: " M d/g\n",
    stderr: "",
  });
});

test("a helper that vanished with its home: a new gity takes out what it left", async () => {
  using parent = tempDir("vanish");
  using tree = tempWorktree("vanish", { files: FILES });
  await using old = install(parent, "old");
  await using fresh = install(parent, "new");
  expect(old.gity(parent.join("h1"), "register", "--via", "hook", tree.path).exitCode).toBe(0);
  expectStatusMatchesOracle(tree.path);
  await kill(old, parent.join("h1"), tree);
  old.vanish();
  rmSync(parent.join("h1"), { recursive: true });
  expectGitWorks("git", tree);

  const home = parent.join("h2");
  const leftovers = ["error leftover", "warning leftover"];
  expect(doctor(fresh, home, tree.path).troubles).toEqual([
    "error daemon",
    ...leftovers,
    "warning repository",
  ]);
  expect(existsSync(home)).toBe(false);
  const mended = doctor(fresh, home, "--fix", tree.path);
  expect(mended.troubles).toEqual(["warning repository"]);
  expect(mended.fixed).toContainEqual(expect.stringContaining("took core.fsmonitor"));
  expect(readFileSync(`${tree.gitDir}/config`, "utf8")).not.toContain("fsmonitor");
  expect(existsSync(`${tree.gitDir}/gity`)).toBe(false);
  expect(existsSync(`${tree.gitDir}/fsmonitor--daemon.ipc`)).toBe(false);
  writeFileSync(tree.join("f"), "55555");
  expect(run(["git", "status", "--short"], tree.path)).toMatchObject({
    stdout: " M f\n",
    stderr: "",
  });
});

withNewerGit("a socket whose daemon is gone: git goes on, and a new gity takes over", async () => {
  using parent = tempDir("vanish");
  using tree = tempWorktree("vanish", { files: FILES });
  served.push(tree);
  await using old = install(parent, "old");
  await using fresh = install(parent, "new");
  const home = parent.join("h");
  expect(old.gity(home, "register", "--via", "socket", tree.path).exitCode).toBe(0);
  run([NEWER_GIT, "status"], tree.path);
  await kill(old, home, tree);
  old.vanish();

  expectGitWorks(NEWER_GIT, tree);
  expect(doctor(fresh, home).troubles).toEqual(["error daemon"]);
  const mended = doctor(fresh, home, "--fix");
  expect(mended.fixed).toContainEqual(expect.stringMatching(/^started the daemon/));
  // The socket is looked at once the worktree is covered.
  await eventually(() => {
    const { findings, troubles } = doctor(fresh, home);
    return troubles.length === 0 && findings.some(({ id }) => id === "git-socket");
  });
  tree.write("d/g", "4444");
  expect(run([NEWER_GIT, "status", "--short"], tree.path)).toMatchObject({
    stdout: " M d/g\n",
    stderr: "",
  });
});

withNewerGit("a hook that vanished is one line to git 2.55, too", async () => {
  using tree = tempWorktree("vanish", { files: FILES });
  tree.git("config", "core.fsmonitor", "/gone/gity-helper");
  tree.git("config", "core.fsmonitorHookVersion", "2");
  tree.git("config", "core.untrackedCache", "true");

  expectGitWorks(NEWER_GIT, tree);
});
