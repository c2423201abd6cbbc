/** Background work that somebody waits for: what he sees, and what is left when he goes. */

import { existsSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "bun:test";

import { tasksOf } from "../../src/jobs/tasks.ts";
import { ROUTINE_TASKS } from "../../src/protocol/job.ts";
import { builtGity } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { type GityHome, gityHome, type GityResult } from "../support/gity-home.ts";
import { programTest } from "../support/program-test.ts";
import { runGity } from "../support/running-gity.ts";
import { tryRunGit } from "../support/run-git.ts";
import { type SilentServer, silentServer } from "../support/silent-server.ts";
import { type TempWorktree, tempWorktree } from "../support/temp-worktree.ts";

const END_MS_MAX = 2_000;

/** A git from elsewhere may miss the libraries that its helper for http needs. */
const SPOKEN = ["git", "http"].filter(
  (protocol) =>
    !tryRunGit("/", ["ls-remote", `${protocol}://127.0.0.1:1/x`]).stderr.includes("remote helper"),
);

/** A command that goes on until it is told to end. */
function start(home: GityHome, ...words: string[]) {
  const child = Bun.spawn([builtGity(), ...words], {
    env: { ...process.env, GITY_HOME: home.path },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: 50_000,
  });
  let stderr = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const part of child.stderr) {
      stderr += decoder.decode(part, { stream: true });
    }
  })();
  const result = (async (): Promise<GityResult> => {
    const [stdout, exitCode] = await Promise.all([
      new Response(child.stdout).text(),
      child.exited,
      reading,
    ]);
    return { exitCode, stdout, stderr };
  })();
  return {
    complaints: () => stderr,
    result,
    end: async (signal: NodeJS.Signals) => {
      child.kill(signal);
      return result;
    },
  };
}

/** Every fetch of it hangs for as long as it may. */
function silentlyConnected(server: SilentServer, protocol: string): TempWorktree {
  const tree = tempWorktree("jobs", { files: { a: "x" } });
  tree.git("remote", "add", "origin", `${protocol}://127.0.0.1:${server.port}/x`);
  // Not before somebody asks.
  tree.git("config", "gity.prefetchIdle", "86400");
  tree.git("config", "gity.maintenance", "false");
  return tree;
}

/** proc_pid_cwd(5): every git of a job stands in the git directory. */
function processesIn(folder: string): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`) === folder;
    } catch {
      return false;
    }
  });
}

test("what 'gity maintain' does is what the daemon does by itself", () => {
  expect<readonly string[]>(ROUTINE_TASKS).toEqual(tasksOf("maintenance"));
});

test.each(SPOKEN)(
  "Ctrl-C ends a prefetch from a silent %s server at once, and leaves nothing behind",
  async (protocol) => {
    await using home = await gityHome();
    using server = silentServer();
    using tree = silentlyConnected(server, protocol);
    await home.register(tree.path);
    const prefetch = start(home, "prefetch", "--now", tree.path);
    await eventually(() => server.connections() > 0);

    const startedAt = performance.now();
    const result = await prefetch.end("SIGINT");

    expect(performance.now() - startedAt).toBeLessThan(END_MS_MAX);
    expect(result).toEqual({ exitCode: 130, stdout: "", stderr: "cancelled 'prefetch'\n" });
    await eventually(() => server.connections() === 0);
    expect(processesIn(tree.gitDir)).toEqual([]);
    expect(existsSync(join(tree.gitDir, "objects/maintenance.lock"))).toBe(false);
    expect(await home.gityJson("daemon", "queue-job")).toMatchObject({
      runs: [{ task: "prefetch", outcome: "cancelled" }],
    });
  },
);

test("Ctrl-C leaves a job to whoever else waits for it", async () => {
  await using home = await gityHome();
  using server = silentServer();
  using tree = silentlyConnected(server, "git");
  await home.register(tree.path);
  const first = start(home, "prefetch", "--now", tree.path);
  await eventually(() => server.connections() > 0);
  const second = start(home, "maintain", "--json", "--task", "prefetch,pack-refs", tree.path);
  await eventually(async () =>
    (await home.gity("daemon", "queue-job")).stdout.includes("pack-refs"),
  );

  const left = await second.end("SIGTERM");
  expect(left).toMatchObject({
    exitCode: 143,
    stderr: "cancelled 'pack-refs'\n'prefetch' goes on: it was asked for before\n",
  });
  expect(JSON.parse(left.stdout)).toEqual({ commonDir: tree.gitDir, runs: [] });
  expect(server.connections()).toBe(1);
  expect(await first.end("SIGINT")).toMatchObject({ exitCode: 130 });
});

test("a job that somebody else cancels is no success", async () => {
  await using home = await gityHome();
  using server = silentServer();
  using tree = silentlyConnected(server, "git");
  await home.register(tree.path);
  const prefetch = start(home, "prefetch", "--now", tree.path);
  await eventually(() => server.connections() > 0);
  const { stdout } = await home.gity("daemon", "queue-job");
  const id = /^(\d+) +prefetch +\S+ +running/m.exec(stdout)?.[1] ?? "";

  expect(await home.gity("daemon", "queue-job", "--cancel", id)).toMatchObject({ exitCode: 0 });
  expect(await prefetch.result).toEqual({
    exitCode: 130,
    stdout: "",
    stderr: "error: 'prefetch' was cancelled by somebody else\n",
  });
});

test("who waits for a job waits on when the daemon is restarted, and not for ever without one", async () => {
  await using home = await gityHome();
  using server = silentServer();
  using tree = silentlyConnected(server, "git");
  await home.register(tree.path);
  const prefetch = start(home, "prefetch", "--now", tree.path);
  await eventually(() => server.connections() > 0);

  await home.killDaemon("SIGTERM");
  await eventually(() => server.connections() === 0);
  await home.startDaemon();
  await eventually(() => server.connections() > 0);
  expect(await home.gity("daemon", "stop")).toMatchObject({ exitCode: 0 });

  const { exitCode, stdout, stderr } = await prefetch.result;
  expect([exitCode, stdout]).toEqual([3, ""]);
  expect(stderr).toBe(
    "error: the daemon has ended in the middle of it\n" +
      "hint: it goes on with the work when it is started again\n",
  );
});

test("what a job waits for is told once, also where there is no terminal", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("jobs", { files: { a: "x" } });
  await home.register(tree.path);
  const lock = join(tree.gitDir, "objects/maintenance.lock");
  writeFileSync(lock, "");
  const maintain = start(home, "maintain", "--task", "pack-refs,commit-graph", tree.path);
  await eventually(() => maintain.complaints().includes("maintenance.lock"));
  rmSync(lock);

  const { exitCode, stdout, stderr } = await maintain.result;
  expect(exitCode).toBe(0);
  expect(stdout.trim().split("\n").length).toBe(2);
  expect(stderr).toMatch(/^'commit-graph' waits, because 'objects\/maintenance.lock' is in .*\n$/);
});

programTest("script", "progress is drawn on a terminal", async () => {
  await using home = await gityHome();
  using server = silentServer();
  using tree = silentlyConnected(server, "git");
  await home.register(tree.path);
  const command = `'${builtGity()}' prefetch --now '${tree.path}'`;
  const child = Bun.spawn(["script", "-qefc", command, "/dev/null"], {
    env: { ...process.env, GITY_HOME: home.path },
    stdin: "pipe",
    stdout: "pipe",
    timeout: 50_000,
  });
  await eventually(() => server.connections() > 0);
  // Ctrl-C, as a keyboard says it.
  await child.stdin.write("\u0003");
  await child.stdin.flush();
  const said = await new Response(child.stdout).text();

  // oxlint-disable-next-line no-control-regex -- They are what steers the terminal.
  expect(said).toMatch(/\r\u001B\[K⠋ prefetch, \d+ m?s/);
  expect(said).toContain("cancelled 'prefetch'");
  expect(await child.exited).toBe(130);
});

test("events and metrics tell of jobs", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("jobs", { files: { a: "x" } });
  await home.register(tree.path);
  const kinds = "gap,job-queued,job-started,job-finished";
  const events = runGity(home, "events", "--since", "0000000f-1", "--kind", kinds);
  // It listens.
  await eventually(() => events.said().includes("gap"));
  await home.gity("maintain", "--task", "gc", tree.path);
  await eventually(() => events.said().includes("job-finished"));
  const lines = events.said().trim().split("\n").slice(1);
  const { stdout: metrics } = await home.gity("daemon", "metrics");

  expect(lines.map((line) => line.replace(/^\S+ +/, ""))).toEqual([
    `job-queued    ${tree.gitDir}  gc`,
    `job-started   ${tree.gitDir}  gc`,
    `job-finished  ${tree.gitDir}  gc`,
  ]);
  expect(metrics).toContain('gity_job_runs_total{task="gc",outcome="finished"} 1\n');
  expect(metrics).toContain('gity_jobs{state="running"} 0\n');
  expect(metrics).toContain('gity_job_duration_seconds_count{task="gc"} 1\n');
  await events.end("SIGINT");
});

test("gity health says why nothing is done in the background", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("jobs", { files: { a: "x" } });
  tree.git("config", "gity.maintenance", "false");
  tree.git("config", "gity.prefetch", "false");
  await home.register(tree.path);

  const { stdout } = await home.gity("health", tree.path);

  expect(stdout).toMatch(/^background +rests: gity\.prefetch and gity\.maintenance are false$/m);
});
