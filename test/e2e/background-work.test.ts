/**
 * git's maintenance by a real daemon, against real remotes: what it does, whom it makes way for, and what is
 * left when something goes wrong in the middle.
 */

import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";

import { expect, test } from "bun:test";

import type { JobInfo, JobList, JobRequest, JobRun, QueuedJobs } from "../../src/protocol/api.ts";
import type { MaintenanceTask } from "../../src/protocol/job.ts";
import { eventually } from "../support/eventually.ts";
import { isRunning } from "../support/gity-home.ts";
import { gitOverHttp } from "../support/git-over-http.ts";
import { gitText, runGit, runGitAsync } from "../support/run-git.ts";
import { tempDir, type TempDir } from "../support/temp-dir.ts";
import { openWorktree, type TempWorktree, tempWorktree } from "../support/temp-worktree.ts";
import { type WatchedWorktree, watchedAt } from "../support/watched-worktree.ts";

const JOBS = "http://gity/v1/jobs";

/** Whatever the machine does, and as soon as nobody works in the repository. */
const EAGER = ["gity.runWhenBusy=true", "gity.prefetchIdle=0", "gity.maintenanceIdle=0"];

/** Only what is asked for. */
const LAZY = ["gity.prefetch=false", "gity.maintenance=false"];

function configure(tree: TempWorktree, settings: readonly string[]): void {
  for (const setting of settings) {
    const equals = setting.indexOf("=");
    tree.git("config", setting.slice(0, equals), setting.slice(equals + 1));
  }
}

async function jobsOf({ home, tree }: WatchedWorktree): Promise<JobList> {
  const query = `?path=${encodeURIComponent(tree.path)}`;
  const response = await fetch(`${JOBS}${query}`, { unix: `${home.path}/run/gity.sock` });
  return (await response.json()) as JobList;
}

async function queue(
  { home, tree }: WatchedWorktree,
  ...tasks: readonly MaintenanceTask[]
): Promise<readonly JobInfo[]> {
  const request: JobRequest = { path: tree.path, tasks };
  const response = await fetch(JOBS, {
    unix: `${home.path}/run/gity.sock`,
    method: "POST",
    body: JSON.stringify(request),
    headers: { "content-type": "application/json" },
  });
  return ((await response.json()) as QueuedJobs).jobs;
}

/** Resolves with the newest run of a task. */
async function runOf(watched: WatchedWorktree, task: MaintenanceTask): Promise<JobRun> {
  return eventually(async () => (await jobsOf(watched)).runs.find((run) => run.task === task), {
    what: `the end of ${task}`,
    deadlineMs: 30_000,
  });
}

/** A bare repository with a commit, and a clone of it by this address. */
function cloneOf(folder: TempDir, address: string): TempWorktree {
  using source = tempWorktree("source", { files: { f: "1" } });
  runGit(folder.path, "clone", "--quiet", "--bare", source.path, folder.join("remote.git"));
  runGit(folder.path, "clone", "--quiet", address, folder.join("clone"));
  return openWorktree(folder.join("clone"), []);
}

/** Somebody else pushes; its commit. */
function pushFromElsewhere(folder: TempDir): string {
  runGit(folder.path, "clone", "--quiet", folder.join("remote.git"), folder.join("other"));
  writeFileSync(folder.join("other", "g"), "2");
  runGit(folder.join("other"), "add", "--all");
  runGit(folder.join("other"), "commit", "--quiet", "--message=theirs");
  runGit(folder.join("other"), "push", "--quiet");
  return gitText(folder.join("other"), "rev-parse", "HEAD");
}

for (const way of ["file", "http"] as const) {
  test(`what others push is there before anybody asks, and no branch moves (${way})`, async () => {
    using folder = tempDir("prefetch");
    using http = gitOverHttp({ root: folder.path });
    const tree = cloneOf(folder, folder.join("remote.git"));
    if (way === "http") {
      tree.git("remote", "set-url", "origin", http.url("remote.git"));
    }
    const before = gitText(tree.path, "for-each-ref", "refs/heads", "refs/remotes", "refs/tags");
    const theirs = pushFromElsewhere(folder);
    configure(tree, EAGER);
    await using watched = await watchedAt(tree);
    const run = await runOf(watched, "prefetch");
    expect([run.outcome, run.origin, run.exitCode]).toEqual(["finished", "schedule", 0]);
    const refs = gitText(tree.path, "for-each-ref", "--format=%(objectname)", "refs/prefetch");
    expect(refs.split("\n")).toContain(theirs);
    expect(gitText(tree.path, "for-each-ref", "refs/heads", "refs/remotes", "refs/tags")).toBe(
      before,
    );
    // All of the schedule comes along, by itself; what makes way for this test is done again.
    for (const task of ["loose-objects", "incremental-repack", "commit-graph", "pack-refs"]) {
      // oxlint-disable-next-line no-await-in-loop
      await eventually(async () =>
        (await jobsOf(watched)).runs.some(
          (each) => each.task === task && each.outcome === "finished" && each.origin === "schedule",
        ),
      );
    }
    expect(existsSync(`${tree.gitDir}/packed-refs`)).toBe(true);
    expect(readdirSync(`${tree.gitDir}/objects/info/commit-graphs`)).toContain(
      "commit-graph-chain",
    );
    tree.git("fsck", "--strict");
    watched.check();
  });
}

test("a remote that wants a password is given up at once, and nobody is asked", async () => {
  using folder = tempDir("password");
  using http = gitOverHttp({ root: folder.path, password: "secret" });
  const tree = cloneOf(folder, folder.join("remote.git"));
  tree.git("remote", "set-url", "origin", http.url("remote.git"));
  // What would ask, if it were asked.
  const asked = folder.join("asked");
  writeFileSync(folder.join("askpass"), `#!/bin/sh\ntouch '${asked}'\n`, { mode: 0o755 });
  configure(tree, [...LAZY, `core.askPass=${folder.join("askpass")}`]);
  await using watched = await watchedAt(tree);
  await queue(watched, "prefetch");
  const run = await runOf(watched, "prefetch");
  expect([run.outcome, run.exitCode]).toEqual(["failed", 1]);
  expect(run.complaints).toContain("terminal prompts disabled");
  expect([http.seen.withPassword, existsSync(asked)]).toEqual([0, false]);
  // With a password that was stored before, it works as it does for the user.
  const stored = new URL(http.url(""));
  stored.username = "me";
  stored.password = "secret";
  writeFileSync(folder.join("credentials"), `${stored.href}\n`);
  configure(tree, [`credential.helper=store --file=${folder.join("credentials")}`]);
  await queue(watched, "prefetch");
  await eventually(async () => (await jobsOf(watched)).runs[0]?.outcome === "finished");
});

test("a remote that is named as seen from the worktree is found", async () => {
  using folder = tempDir("relative");
  const tree = cloneOf(folder, folder.join("remote.git"));
  tree.git("remote", "set-url", "origin", "../remote.git");
  const theirs = pushFromElsewhere(folder);
  configure(tree, LAZY);
  await using watched = await watchedAt(tree);
  await queue(watched, "prefetch");
  expect((await runOf(watched, "prefetch")).outcome).toBe("finished");
  const refs = gitText(tree.path, "for-each-ref", "--format=%(objectname)", "refs/prefetch");
  expect(refs.split("\n")).toContain(theirs);
});

test("a remote that is gone is a failure that says so, in git's words", async () => {
  using folder = tempDir("gone");
  const tree = cloneOf(folder, folder.join("remote.git"));
  rmSync(folder.join("remote.git"), { recursive: true });
  configure(tree, [...EAGER, "gity.maintenance=false"]);
  await using watched = await watchedAt(tree);
  const run = await runOf(watched, "prefetch");
  expect(run.outcome).toBe("failed");
  expect(run.complaints).toContain("does not appear to be a git repository");
  // It is tried again, later.
  const { jobs } = await jobsOf(watched);
  expect(jobs).toMatchObject([{ task: "prefetch", failures: 1, state: "queued" }]);
  expect(jobs[0]?.notBeforeMs).toBeGreaterThan(run.startedAtMs + 20_000);
});

/** Files that resemble each other, and settings with which git looks for that for minutes. */
function slowToPack(label: string): TempWorktree {
  const lines = Array.from({ length: 1_500 }, (_, line) => `line ${line} of a file of this test`);
  const files = Object.fromEntries(
    Array.from({ length: 250 }, (_, i) => [
      `f${i}`,
      lines.with((i * 7) % 1_500, `${i}`).join("\n"),
    ]),
  );
  const tree = tempWorktree(label, { files });
  configure(tree, ["pack.window=5000", "pack.depth=4095"]);
  return tree;
}

/** The process of the job that runs, and those it has started: a session. */
function jobProcesses(folder: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, "latin1");
        const isJob = readFileSync(`/proc/${name}/environ`, "latin1").includes(
          "GCM_INTERACTIVE=never",
        );
        return isJob && words.includes("git") && cwdOf(name) === folder;
      } catch {
        return false;
      }
    })
    .map(Number);
}

function cwdOf(pid: string): string {
  return new TextDecoder().decode(Bun.spawnSync(["readlink", `/proc/${pid}/cwd`]).stdout).trim();
}

async function untilPacking(watched: WatchedWorktree): Promise<readonly number[]> {
  await eventually(async () =>
    (await jobsOf(watched)).jobs.some(({ progress }) => progress?.title === "Compressing objects"),
  );
  return jobProcesses(watched.tree.path);
}

test("a daemon that is killed in the middle of a repack leaves a whole repository, and the job is done again", async () => {
  const tree = slowToPack("killed");
  configure(tree, LAZY);
  await using watched = await watchedAt(tree);
  await queue(watched, "loose-objects");
  const processes = await untilPacking(watched);
  expect(processes.length).toBeGreaterThan(0);
  await watched.home.killDaemon("SIGKILL");
  tree.git("fsck", "--strict");
  tree.git("config", "pack.window", "1");
  await watched.home.startDaemon();
  const run = await eventually(
    async () => (await jobsOf(watched)).runs.find(({ outcome }) => outcome === "finished"),
    { deadlineMs: 30_000 },
  );
  expect(run.task).toBe("loose-objects");
  expect((await jobsOf(watched)).runs.map(({ outcome }) => outcome)).toEqual([
    "finished",
    "interrupted",
  ]);
  expect(processes.filter(isRunning)).toEqual([]);
  expect(existsSync(`${tree.gitDir}/objects/maintenance.lock`)).toBe(false);
  tree.git("fsck", "--strict");
  watched.check();
});

test("a job whose git is killed by somebody else leaves no lock and no process, and the next one begins", async () => {
  const tree = slowToPack("oom");
  configure(tree, LAZY);
  await using watched = await watchedAt(tree);
  await queue(watched, "loose-objects");
  const processes = await untilPacking(watched);
  process.kill(Math.min(...processes), "SIGKILL");
  const run = await runOf(watched, "loose-objects");
  expect([run.outcome, run.exitCode]).toEqual(["failed", null]);
  await eventually(() => processes.filter(isRunning).length === 0);
  expect(existsSync(`${tree.gitDir}/objects/maintenance.lock`)).toBe(false);
  await queue(watched, "pack-refs");
  expect((await runOf(watched, "pack-refs")).outcome).toBe("finished");
});

test("an orderly stop in the middle of a repack takes less than a second, and leaves no process", async () => {
  const tree = slowToPack("stopped");
  configure(tree, LAZY);
  await using watched = await watchedAt(tree);
  await queue(watched, "loose-objects");
  const processes = await untilPacking(watched);
  await watched.home.gity("daemon", "stop");
  await eventually(() => processes.filter(isRunning).length === 0);
  tree.git("fsck", "--strict");
});

test("a job that nobody asked for makes way for the user's git, and is done later", async () => {
  const tree = slowToPack("way");
  configure(tree, [...EAGER, "gity.prefetch=false"]);
  await using watched = await watchedAt(tree);
  const processes = await untilPacking(watched);
  appendFileSync(tree.join("f1"), "changed");
  expect(watched.status()).toBe(" M f1");
  await eventually(() => processes.filter(isRunning).length === 0);
  const run = await runOf(watched, "loose-objects");
  expect([run.outcome, run.exitCode]).toEqual(["yielded", null]);
  tree.git("config", "pack.window", "1");
  await eventually(
    async () =>
      (await jobsOf(watched)).runs.some(
        ({ task, outcome }) => task === "loose-objects" && outcome === "finished",
      ),
    { deadlineMs: 30_000 },
  );
  watched.check();
});

test("a job that somebody asked for makes way for a git that wants its locks, and for no other", async () => {
  const tree = slowToPack("locks");
  configure(tree, LAZY);
  await using watched = await watchedAt(tree);
  await queue(watched, "loose-objects");
  const processes = await untilPacking(watched);
  watched.check();
  expect(processes.every(isRunning)).toBe(true);
  // It waits for a remote that says nothing.
  const remote = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => {} } });
  const fetching = runGitAsync(tree.path, ["fetch", `git://127.0.0.1:${remote.port}/x`]);
  await eventually(async () =>
    (await jobsOf(watched)).runs.some(({ outcome }) => outcome === "yielded"),
  );
  remote.stop(true);
  expect((await fetching).exitCode).toBe(128);
  tree.git("fsck", "--strict");
});

test("a repository that is unregistered in the middle of a job is left alone at once", async () => {
  const tree = slowToPack("unregistered");
  configure(tree, LAZY);
  await using watched = await watchedAt(tree);
  await queue(watched, "loose-objects");
  const processes = await untilPacking(watched);
  await watched.home.gity("unregister", tree.path);
  await eventually(() => processes.filter(isRunning).length === 0);
  tree.git("fsck", "--strict");
});
