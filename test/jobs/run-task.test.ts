/** What a run of git's own maintenance does, and what is remembered of it. */

import { existsSync, readdirSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { runTask, type TaskCall, type TaskResult } from "../../src/jobs/run-task.ts";
import type { JobProgress } from "../../src/protocol/job.ts";
import { isRunning } from "../support/gity-home.ts";
import { gitText } from "../support/run-git.ts";
import { type TempWorktree, tempWorktree } from "../support/temp-worktree.ts";

/** Loose objects enough for git to count them for a while. */
const FILES = 300;

function manyFiles(): Record<string, string> {
  return Object.fromEntries(Array.from({ length: FILES }, (_, i) => [`f${i}`, `${i}`]));
}

async function run(
  { gitDir }: TempWorktree,
  task: TaskCall["task"],
  options: Partial<TaskCall> = {},
): Promise<TaskResult> {
  return runTask({
    commonDir: gitDir,
    task,
    sshCommand: "ssh",
    signal: new AbortController().signal,
    onStart: () => {},
    onProgress: () => {},
    ...options,
  });
}

test("loose objects are packed, and then fewer", async () => {
  using tree = tempWorktree("loose", { files: manyFiles() });
  const progress: JobProgress[] = [];
  const onProgress = (each: JobProgress): void => {
    progress.push(each);
  };
  const loose = (): number =>
    Number(/count: (\d+)/.exec(gitText(tree.path, "count-objects", "-v"))?.[1]);
  expect(loose()).toBeGreaterThan(FILES);
  const first = await run(tree, "loose-objects", { onProgress });
  expect([first.outcome, first.exitCode]).toEqual(["finished", 0]);
  expect(
    readdirSync(`${tree.gitDir}/objects/pack`).filter((name) => name.endsWith(".pack")).length,
  ).toBe(1);
  // git takes away what is packed when it comes by the next time.
  const second = await run(tree, "loose-objects");
  expect([second.outcome, loose()]).toEqual(["finished", 0]);
  expect(second.storeBytesAfter).toBeLessThan(first.storeBytesBefore ?? 0);
  const counted = progress.find(({ title }) => title === "Counting objects");
  expect(counted).toMatchObject({ total: expect.any(Number), percent: expect.any(Number) });
  tree.git("fsck", "--strict");
});

test("a commit-graph, packed refs and a multi-pack-index appear", async () => {
  using tree = tempWorktree("tasks", { files: manyFiles() });
  tree.git("branch", "other");
  tree.git("repack", "-q");
  for (const [task, path] of [
    ["commit-graph", "objects/info/commit-graphs"],
    ["pack-refs", "packed-refs"],
    ["incremental-repack", "objects/pack/multi-pack-index"],
    ["gc", "objects/info/packs"],
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop
    const { outcome } = await run(tree, task);
    expect([task, outcome, existsSync(`${tree.gitDir}/${path}`)]).toEqual([task, "finished", true]);
  }
  tree.git("fsck", "--strict");
});

test("a repository without packs has nothing to repack, and that is no failure", async () => {
  using tree = tempWorktree("packless", { isCommitted: false });
  expect((await run(tree, "incremental-repack")).outcome).toBe("finished");
});

test("a task that this git does not have is left out", async () => {
  using tree = tempWorktree("unknown");
  const { outcome, exitCode } = await run(tree, "no-such-task" as never, {
    timeoutMs: 10_000,
  });
  expect([outcome, exitCode]).toEqual(["unavailable", 129]);
});

test("git that finds the repository locked has done nothing, whatever it says", async () => {
  using tree = tempWorktree("locked");
  writeFileSync(`${tree.gitDir}/objects/maintenance.lock`, "");
  const { outcome, complaints } = await run(tree, "gc");
  expect(outcome).toBe("yielded");
  expect(complaints).toContain("skipping maintenance");
});

test("a failure keeps git's words, without passwords", async () => {
  using tree = tempWorktree("failure");
  tree.git("remote", "add", "origin", "https://me:secret@127.0.0.1:9/x");
  const result = await run(tree, "prefetch");
  expect([result.outcome, result.exitCode]).toEqual(["failed", 1]);
  expect(result.complaints).toContain("fatal: unable to access 'https://");
  expect(result.complaints).not.toContain("secret");
});

test("a repository that is gone is a failed run", async () => {
  using tree = tempWorktree("gone");
  const result = await run({ ...tree, gitDir: tree.join("no/such/folder") }, "gc");
  expect(result.outcome).toBe("failed");
  expect(result.complaints).toContain("cannot run git in");
});

/** A remote that accepts, and says nothing. */
function silentRemote(tree: TempWorktree): Disposable & { readonly wasAsked: Promise<void> } {
  const asked = Promise.withResolvers<void>();
  const data = (): void => {
    asked.resolve();
  };
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data } });
  tree.git("remote", "add", "origin", `git://127.0.0.1:${listener.port}/x`);
  return {
    wasAsked: asked.promise,
    [Symbol.dispose]: () => {
      listener.stop(true);
    },
  };
}

test("a remote that never answers is waited for up to the time limit", async () => {
  using tree = tempWorktree("silent");
  using _ = silentRemote(tree);
  let pid = 0;
  const result = await run(tree, "prefetch", {
    timeoutMs: 500,
    onStart: (started) => {
      pid = started;
    },
  });
  expect([result.outcome, result.exitCode]).toEqual(["timed-out", null]);
  expect(isRunning(pid)).toBe(false);
  expect(existsSync(`${tree.gitDir}/objects/maintenance.lock`)).toBe(false);
});

test("a run that is told to end leaves no lock and no process", async () => {
  using tree = tempWorktree("ended");
  using remote = silentRemote(tree);
  const ending = new AbortController();
  let pid = 0;
  const running = run(tree, "prefetch", {
    signal: ending.signal,
    onStart: (started) => {
      pid = started;
    },
  });
  const lock = `${tree.gitDir}/objects/maintenance.lock`;
  // Between making a lock and noting that it has to be removed git is deaf to signals: what is left then is job-center.ts'.
  await remote.wasAsked;
  expect(existsSync(lock)).toBe(true);
  ending.abort("yielded");
  expect((await running).outcome).toBe("yielded");
  expect([isRunning(pid), existsSync(lock)]).toEqual([false, false]);
});
