/** The daemon comes when git needs it, and goes when it is told to, without git waiting for either. */

import { expect, test } from "bun:test";
import { appendFileSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";

import { ANSWER_MS_MAX } from "../../src/base/limits.ts";
import { builtHelper } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { tokenNow } from "../support/git-ipc.ts";
import { type GityHome, gityHome } from "../support/gity-home.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import { tryRunGit } from "../support/run-git.ts";
import { tempWorktree } from "../support/temp-worktree.ts";
import { watchedWorktree } from "../support/watched-worktree.ts";

const FILES = { f: "1", "d/g": "1", untouched: "1" };

/** What a helper starts a daemon in; the tests' own environment keeps it from that. */
function asPeopleHaveIt({ path }: GityHome): Readonly<Record<string, string | undefined>> {
  return { GITY_HOME: path, GITY_NO_DAEMON: undefined };
}

function startsIn(home: GityHome): number {
  return home.log().split(" info starting ").length - 1;
}

test("after kill -9 git status is right, waits for nothing, and a daemon runs soon after", async () => {
  await using watched = await watchedWorktree("again", { files: FILES });
  const { tree, home } = watched;
  const environment = asPeopleHaveIt(home);
  await home.killDaemon("SIGKILL");
  appendFileSync(tree.join("f"), "changed");
  const plain = ["-c", "core.fsmonitor=false", "status", "--short"];
  const plainStatus = (): number => elapsedMs(() => tryRunGit(tree.path, plain, { environment }));
  const beforeMs = plainStatus();

  const statusMs = elapsedMs(() => {
    expectStatusMatchesOracle(tree.path, environment);
  });

  // It is two commands of each kind, and the helper's patience with a log that nobody serves. The
  // machine may have got busier meanwhile.
  const plainMs = Math.max(beforeMs, plainStatus());
  expect(statusMs).toBeLessThan(4 * plainMs + 2 * ANSWER_MS_MAX);
  const pid = await eventually(() => home.daemonPid());
  expect(readFileSync(`/proc/${pid}/cmdline`, "latin1")).toEndWith("\0daemon\0run\0");
  // Its own session: nothing that ends the terminal ends it.
  expect(sessionOf(pid)).toBe(pid);
  expect(startsIn(home)).toBe(2);
  await eventually(() => {
    expectStatusMatchesOracle(tree.path, environment);
    return watched.isAnswered();
  });
});

test("many helpers at once start one daemon", async () => {
  await using watched = await watchedWorktree("many", { files: FILES });
  const { tree, home } = watched;
  const environment = { ...process.env, ...asPeopleHaveIt(home) };
  // With any other token there is one answer, and who gives it need not look for the daemon.
  const token = await tokenNow(tree.gitDir);
  await home.killDaemon("SIGKILL");

  const exitCodes = await Promise.all(
    Array.from({ length: 16 }, async () => {
      const options = { cwd: tree.path, env: environment, stdout: "pipe" } as const;
      const helper = Bun.spawn([builtHelper(), "2", token], options);
      const answer = await new Response(helper.stdout).text();
      // Of everything; or of what the daemon knows, if one of the others has brought it back already.
      expect(answer).toMatch(/^gity:[0-9a-f]{16}:\d+(?::l)?\0./);
      return helper.exited;
    }),
  );

  expect(exitCodes).toEqual(exitCodes.map(() => 0));
  await eventually(() => home.daemonPid());
  expect(startsIn(home)).toBe(2);
  expect(home.log()).not.toContain("another one holds");
  expect(statSync(`${home.path}/run/last-start`).mode & 0o777).toBe(0o600);
});

test("a worktree that nobody registered brings the daemon, and is watched from then on", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("unregistered", { files: FILES });
  const environment = asPeopleHaveIt(home);
  tree.git("config", "core.fsmonitor", builtHelper());
  tree.git("config", "core.fsmonitorHookVersion", "2");

  expectStatusMatchesOracle(tree.path, environment);

  await eventually(() => home.daemonPid());
  await eventually(() => {
    expectStatusMatchesOracle(tree.path, environment);
    return home.log().includes("info watching a worktree that nobody registered");
  });
  writeFileSync(tree.join("f"), "22");
  expectStatusMatchesOracle(tree.path, environment);
});

test.each(["gity daemon stop", "GITY_NO_DAEMON"])(
  "after %s no git command starts it",
  async (how) => {
    await using watched = await watchedWorktree("away", { files: FILES });
    const { tree, home } = watched;
    const stays = how === "GITY_NO_DAEMON" ? { GITY_NO_DAEMON: "1" } : {};
    const environment = { ...asPeopleHaveIt(home), ...stays };
    await (how === "GITY_NO_DAEMON" ? home.killDaemon("SIGKILL") : home.gity("daemon", "stop"));
    for (let i = 0; i < 5; i += 1) {
      writeFileSync(tree.join(`new${i}`), "");
      expectStatusMatchesOracle(tree.path, environment);
    }
    expect(await home.daemonPid()).toBeUndefined();
    expect(startsIn(home)).toBe(1);
    // Until somebody starts it again, and something else ends it.
    await home.startDaemon();
    await home.killDaemon("SIGKILL");
    const people = asPeopleHaveIt(home);
    await eventually(async () => {
      // The first may have a token from before, which needs no daemon to be answered with everything.
      expectStatusMatchesOracle(tree.path, people);
      return home.daemonPid();
    });
  },
);

test("a daemon that cannot start costs one attempt", async () => {
  await using watched = await watchedWorktree("broken", { files: FILES });
  const { tree, home } = watched;
  await home.killDaemon("SIGKILL");
  rmSync(`${home.path}/run/gity.sock`);
  // A daemon ends at once over this.
  rmSync(`${home.path}/data`, { recursive: true });
  writeFileSync(`${home.path}/data`, "in the way");
  for (let i = 0; i < 5; i += 1) {
    writeFileSync(tree.join(`new${i}`), "");
    expectStatusMatchesOracle(tree.path, asPeopleHaveIt(home));
  }
  await eventually(() => failures(home) > 0);
  expect(failures(home)).toBe(1);
  rmSync(`${home.path}/data`);
});

/** Daemons that said why they cannot start. */
function failures(home: GityHome): number {
  return home
    .log()
    .split("\n")
    .filter((line) => line.startsWith("error: ")).length;
}

test("20 worktrees: the daemon stops in less than a second", async () => {
  await using home = await gityHome();
  using trees = new DisposableStack();
  for (let i = 0; i < 20; i += 1) {
    const tree = trees.use(tempWorktree("stop", { files: FILES }));
    await home.register(tree.path);
  }
  const stopMs: number[] = [];
  for (const signal of [undefined, "SIGTERM", "SIGINT"] as const) {
    const pid = await home.startDaemon();
    const startMs = performance.now();
    await (signal === undefined ? home.gity("daemon", "stop") : home.killDaemon(signal));
    stopMs.push(performance.now() - startMs);
    expect(home.log()).toContain(`reason=${signal ?? '"a request"'}`);
    expect(pid).toBeGreaterThan(1);
  }
  // The median: other processes run on this machine, too.
  expect(stopMs.toSorted((a, b) => a - b)[1]).toBeLessThan(1_000);
});

function elapsedMs(step: () => unknown): number {
  const startMs = performance.now();
  step();
  return performance.now() - startMs;
}

/** proc(5): the sixth field, the fourth behind the name. */
function sessionOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3]);
}
