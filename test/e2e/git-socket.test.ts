/**
 * git 2.55 asks gity's socket itself, beside a git that may start a daemon of its own at any moment.
 * CHECKLIST P5, P7, A1; DESIGN "Living beside git's own daemon".
 */

import { afterEach, expect, test } from "bun:test";
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import { eventually } from "../support/eventually.ts";
import { type GityHome, gityHome } from "../support/gity-home.ts";
import { newerGit } from "../support/newer-git.ts";
import { monitorThreadOf } from "../support/process-facts.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import { type TempWorktree, tempWorktree } from "../support/temp-worktree.ts";

const GIT = newerGit() ?? "";

/** Without a git that asks sockets there is nothing to test: `bun test/support/newer-git.ts`. */
const withNewerGit = test.skipIf(GIT === "");

const SEARCH_PATH = `${dirname(GIT)}:${process.env["PATH"] ?? ""}`;

interface GitRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly elapsedMs: number;
}

function git(tree: { readonly path: string }, ...args: string[]): GitRun {
  const startMs = performance.now();
  const { exitCode, stdout, stderr } = Bun.spawnSync([GIT, "-C", tree.path, ...args], {
    env: { ...process.env, GIT_TRACE2_EVENT: "2" },
  });
  const elapsedMs = performance.now() - startMs;
  return { exitCode, stdout: stdout.toString(), stderr: stderr.toString(), elapsedMs };
}

/** Whether the last word git got, from whoever listens, was gity's. */
function isServedByGity(tree: TempWorktree): boolean {
  git(tree, "status");
  const { stderr } = git(tree, "status");
  return /"key":"query\/command","value":"gity:/.test(stderr);
}

const socketOf = (tree: TempWorktree): string => `${tree.gitDir}/fsmonitor--daemon.ipc`;

async function registered(home: GityHome, tree: TempWorktree): Promise<void> {
  const environment = { PATH: SEARCH_PATH };
  const { exitCode, stderr } = await home.gityIn(
    { environment },
    "register",
    "--via",
    "socket",
    tree.path,
  );
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining("git asks by socket")]);
}

function check(tree: TempWorktree): void {
  // The oracle's own git is the machine's; what counts is what the newer one says.
  const shown = git(tree, "status", "--porcelain=v2").stdout;
  const all = git(tree, "status", "--porcelain=v2", "-uall").stdout;
  const plain = (...form: string[]): string =>
    git(
      tree,
      "-c",
      "core.fsmonitor=false",
      "-c",
      "core.untrackedCache=false",
      "--no-optional-locks",
      ...form,
    ).stdout;
  expect([shown, all]).toEqual([
    plain("status", "--porcelain=v2"),
    plain("status", "--porcelain=v2", "-uall"),
  ]);
}

/** A daemon of git's, should a test have left one. */
const started: TempWorktree[] = [];
afterEach(() => {
  for (const tree of started.splice(0)) {
    git(tree, "fsmonitor--daemon", "stop");
    tree[Symbol.dispose]();
  }
});

function ownedTree(): TempWorktree {
  const tree = tempWorktree("socket", { files: { f: "1", "d/g": "1" } });
  started.push(tree);
  return tree;
}

withNewerGit(
  "git 2.55 asks gity without starting a process, and gets the same tokens as a hook",
  async () => {
    await using home = await gityHome();
    const tree = ownedTree();
    await registered(home, tree);
    check(tree);
    expect(isServedByGity(tree)).toBe(true);
    for (let i = 0; i < 50; i += 1) {
      writeFileSync(tree.join("d/g"), `${i}`);
      mkdirSync(tree.join(`new/${i}/deep`), { recursive: true });
      writeFileSync(tree.join(`new/${i}/deep/f`), "");
      check(tree);
    }
    const { stderr } = git(tree, "status");
    expect(stderr).not.toContain("child_start");
    // The same worktree by hook, for a git that cannot ask: the token git stored is understood.
    await home.gityIn(
      { environment: { PATH: SEARCH_PATH } },
      "register",
      "--via",
      "hook",
      tree.path,
    );
    expectStatusMatchesOracle(tree.path);
    writeFileSync(tree.join("f"), "2");
    expectStatusMatchesOracle(tree.path);
  },
  60_000,
);

withNewerGit("register --via auto takes the socket only if every git can ask it", async () => {
  await using home = await gityHome();
  const tree = ownedTree();
  const only = { environment: { PATH: dirname(GIT) } };
  const reply = await home.gityIn(only, "register", "--json", tree.path);
  const way = JSON.parse(reply.stdout) as { repository: { via: string; viaReason: string } };
  expect(way.repository).toMatchObject({ via: "socket" });
  const config = tree.git("config", "--get", "core.fsmonitor").toString();
  expect(config).toBe("true\n");
  expect((await home.gity("unregister", tree.path)).exitCode).toBe(0);
  expect(git(tree, "config", "--get", "core.fsmonitor").exitCode).toBe(1);
});

withNewerGit(
  "P7 git's own daemon is there already: it is told to leave, and gity answers",
  async () => {
    await using home = await gityHome();
    const tree = ownedTree();
    git(tree, "config", "core.fsmonitor", "true");
    expect(git(tree, "fsmonitor--daemon", "start").exitCode).toBe(0);
    check(tree);
    await registered(home, tree);
    check(tree);
    expect(isServedByGity(tree)).toBe(true);
  },
);

withNewerGit(
  "P7 another server that takes the socket is noticed, and the socket taken back",
  async () => {
    await using home = await gityHome();
    const tree = ownedTree();
    await registered(home, tree);
    expect(isServedByGity(tree)).toBe(true);
    // As git's daemon does for a socket on which nobody answers.
    rmSync(socketOf(tree));
    check(tree);
    writeFileSync(tree.join("f"), "in between");
    check(tree);
    await eventually(() => isServedByGity(tree));
    writeFileSync(tree.join("d/g"), "afterwards");
    check(tree);
  },
);

withNewerGit("P5 git fsmonitor--daemon stop, status and start mean gity", async () => {
  await using home = await gityHome();
  const tree = ownedTree();
  await registered(home, tree);
  expect(git(tree, "fsmonitor--daemon", "status").exitCode).toBe(0);
  expect(git(tree, "fsmonitor--daemon", "start").stderr).toContain("already running");
  expect(git(tree, "fsmonitor--daemon", "stop").exitCode).toBe(0);
  expect(existsSync(socketOf(tree))).toBe(false);
  // git starts its own then; when the user registers again, gity takes over.
  writeFileSync(tree.join("f"), "2");
  check(tree);
  await registered(home, tree);
  await eventually(() => isServedByGity(tree));
  check(tree);
});

withNewerGit("P7 after kill -9 git is right, and the next start serves again", async () => {
  await using home = await gityHome();
  const tree = ownedTree();
  await registered(home, tree);
  check(tree);
  await home.killDaemon("SIGKILL");
  writeFileSync(tree.join("f"), "while nobody looked");
  check(tree);
  await home.startDaemon();
  await eventually(() => isServedByGity(tree));
  check(tree);
  // An orderly end leaves no socket behind on which git would wait for a second.
  expect((await home.gity("daemon", "stop")).exitCode).toBe(0);
  expect(lstatSync(socketOf(tree), { throwIfNoEntry: false })).toBeUndefined();
});

withNewerGit(
  "a worktree added later is served from its first moments, and one that goes is let go",
  async () => {
    await using home = await gityHome();
    const tree = ownedTree();
    await registered(home, tree);
    const linked = tree.addLinked("later");
    started.push(linked);
    await eventually(() => isServedByGity(linked));
    writeFileSync(linked.join("f"), "in the linked one");
    check(linked);
    check(tree);
    const list = async (): Promise<string> => JSON.stringify(await home.gityJson("list"));
    expect(await list()).toContain(linked.path);
    tree.git("worktree", "remove", "--force", linked.path);
    await eventually(async () => !(await list()).includes(linked.path));
    writeFileSync(tree.join("f"), "still here");
    check(tree);
    expect(isServedByGity(tree)).toBe(true);
  },
);

withNewerGit(
  "A1 a monitor that hangs keeps git waiting for a second at most",
  async () => {
    await using home = await gityHome();
    const tree = ownedTree();
    await registered(home, tree);
    check(tree);
    const pid = await home.startDaemon();
    // Until then the monitor is kept busy by the daemon itself.
    await eventually(() => home.log().includes("warmed up"));
    // Each read of a request takes four seconds.
    const slow = "inject=recvfrom:delay_enter=4000000";
    const thread = await monitorThreadOf(pid);
    await using tracer = Bun.spawn(
      ["strace", "-q", "-o", "/dev/null", "-p", String(thread), "-e", "trace=recvfrom", "-e", slow],
      { stdout: "ignore", stderr: "pipe" },
    );
    const status = `/proc/${pid}/task/${thread}/status`;
    await eventually(() => /TracerPid:\t[1-9]/.test(readFileSync(status, "latin1")));
    writeFileSync(tree.join("f"), "while it hangs");
    const { stdout, elapsedMs } = git(tree, "status", "--porcelain");
    expect(stdout).toBe(" M f\n");
    expect(elapsedMs).toBeLessThan(2_000);
    tracer.kill();
    await tracer.exited;
    await eventually(() => isServedByGity(tree));
    check(tree);
    expect(home.log()).toContain("the monitor thread hangs");
    await eventually(() => home.log().includes("the monitor thread goes on"));
  },
  30_000,
);
