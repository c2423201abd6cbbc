/** One worktree as the control thread sees it. */

import { expect, test } from "bun:test";

import { WorktreeSession } from "../../src/daemon/worktree-session.ts";

const ROW = { id: 1, repositoryId: 1, root: "/a", gitDir: "/a/.git" };
/** Longer than any test: reaching it is the failure. */
const FOR_EVER_MS = 1_000_000;

test("WorktreeSession begins as one that nobody serves", () => {
  const session = new WorktreeSession(ROW);

  expect(session.isOpen).toBe(false);
  expect(session.health).toMatchObject({ state: "crawling", generation: 0 });
});

test("WorktreeSession.leaving() resolves at once in another state", async () => {
  await new WorktreeSession(ROW).leaving("ready", FOR_EVER_MS);
});

test("WorktreeSession.leaving() resolves when the state becomes another", async () => {
  const session = new WorktreeSession(ROW);
  const left = session.leaving("crawling", FOR_EVER_MS);
  session.update({ ...session.health, queries: 1 });
  session.update({ ...session.health, state: "ready" });

  await left;
  expect(session.health).toMatchObject({ state: "ready", queries: 1 });
});

test("WorktreeSession.leaving() resolves when time is up, or when woken", async () => {
  const session = new WorktreeSession(ROW);
  await session.leaving("crawling", 1);
  const woken = session.leaving("crawling", FOR_EVER_MS);
  session.wake();
  await woken;

  expect(session.health.state).toBe("crawling");
});

test("WorktreeSession.markProgress() counts only while a walker is at work", () => {
  const session = new WorktreeSession(ROW);
  session.markProgress(5);
  expect(session.health.crawledDirectories).toBe(5);

  session.markUnserved("gone", "look for it");
  session.markProgress(9);
  expect(session.health).toMatchObject({
    state: "degraded",
    reason: "gone",
    cure: "look for it",
    crawledDirectories: 0,
  });
});
