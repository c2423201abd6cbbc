/** Background work as the API sees it. */

import { rmSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { rejection } from "../support/rejection.ts";

import { tempWorktree } from "../support/temp-worktree.ts";
import { daemonFixture } from "./daemon-fixture.ts";

test("queue() has what is named done in a registered repository, and list() shows it", async () => {
  using fixture = daemonFixture();
  await using _ = fixture.work;
  using tree = tempWorktree("work");
  const { fleet, work } = fixture;
  const idle = { path: tree.path, tasks: ["gc", "pack-refs"], when: "idle" } as const;
  expect(await rejection(work.queue(idle))).toMatchObject({ code: "NOT_REGISTERED" });
  await fleet.register({ path: tree.path });
  const { commonDir, jobs } = await work.queue(idle);
  expect(commonDir).toBe(tree.gitDir);
  expect(jobs.map(({ task, origin, state }) => [task, origin, state])).toEqual([
    ["gc", "schedule", "queued"],
    ["pack-refs", "schedule", "queued"],
  ]);
  const { jobs: listed, runs } = await work.list(tree.path);
  expect([listed.map(({ task }) => task), runs]).toEqual([["pack-refs", "gc"], []]);
  expect([work.isBusy, work.depth]).toEqual([false, 2]);
});

test("queue() without tasks takes what is due, in a repository that is not registered as well", async () => {
  using fixture = daemonFixture();
  await using _ = fixture.work;
  using tree = tempWorktree("work");
  const request = { path: tree.path, isUnregistered: true };
  const { jobs } = await fixture.work.queue(request);
  expect(jobs.map(({ task }) => task)).toEqual([
    "prefetch",
    "loose-objects",
    "incremental-repack",
    "commit-graph",
    "pack-refs",
  ]);
  expect(fixture.work.isBusy).toBe(true);
  expect(fixture.fleet.list()).toEqual([]);
});

test("cancel() ends what waits, and says when there is nothing to end", async () => {
  using fixture = daemonFixture();
  await using _ = fixture.work;
  using tree = tempWorktree("work");
  await fixture.fleet.register({ path: tree.path });
  const { jobs } = await fixture.work.queue({ path: tree.path, tasks: ["gc"], when: "idle" });
  const id = jobs[0]?.id ?? 0;
  expect(await fixture.work.cancel(id)).toEqual({ cancelled: true });
  expect(await fixture.work.cancel(id)).toEqual({ cancelled: false });
});

test("restsBecause() tells of git's own schedule, and of what is not registered", async () => {
  using fixture = daemonFixture();
  await using _ = fixture.work;
  using tree = tempWorktree("work");
  const { fleet, work } = fixture;
  expect(await work.restsBecause(tree.gitDir)).toBe("it is not registered");
  await fleet.register({ path: tree.path });
  expect(await work.restsBecause(tree.gitDir)).toBeNull();
});

test("restsBecause() finds maintenance.repo in the user's configuration", async () => {
  using fixture = daemonFixture();
  await using _ = fixture.work;
  using tree = tempWorktree("work");
  await fixture.fleet.register({ path: tree.path });
  // As `git maintenance start` does, without a schedule for this machine.
  const path = `${process.env["HOME"] ?? ""}/.gitconfig`;
  writeFileSync(path, `[maintenance]\n\trepo = ${tree.path}\n`);
  try {
    expect(await fixture.work.restsBecause(tree.gitDir)).toContain(
      "git's own schedule maintains it",
    );
  } finally {
    rmSync(path);
  }
});

test("a catch-up is a job that begins and ends with the state of the worktree", async () => {
  using fixture = daemonFixture();
  await using _ = fixture.work;
  using tree = tempWorktree("work");
  const { fleet, work } = fixture;
  await fleet.register({ path: tree.path });
  const [worktree] = fleet.followables();
  work.stateChanged(worktree?.id ?? 0, "catching-up");
  work.stateChanged(worktree?.id ?? 0, "catching-up");
  expect(work.jobsOf(tree.gitDir).map(({ task, state }) => `${task} ${state}`)).toEqual([
    "catch-up running",
  ]);
  work.stateChanged(worktree?.id ?? 0, "ready");
  expect(work.jobsOf(tree.gitDir).filter(({ task }) => task === "catch-up")).toEqual([]);
});

test("what is unregistered has no jobs any more", async () => {
  using fixture = daemonFixture();
  await using _ = fixture.work;
  using tree = tempWorktree("work");
  const { fleet, work } = fixture;
  await fleet.register({ path: tree.path });
  await work.queue({ path: tree.path, tasks: ["gc"], when: "idle" });
  await fleet.unregister(tree.path);
  work.notice({ kind: "unregistered", commonDir: tree.gitDir });
  expect(work.jobsOf(tree.gitDir)).toEqual([]);
});
