/** What a worktree's session says of its own work: answers by reason, latencies, events, catching up. */

import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";

import type { Epoch, Generation } from "../../src/base/brands.ts";
import {
  formatToken,
  freshToken,
  GENERATION_NONE,
  parseToken,
  OWN_QUESTION,
  STATUS_QUESTION,
  withListingsTrusted,
} from "../../src/protocol/token.ts";
import type { UnknownReason } from "../../src/protocol/unknown-reason.ts";
import { QUERY_DEADLINE_MS } from "../../src/base/limits.ts";
import { failCall } from "../support/faults.ts";
import { tempSession, type TempSession } from "../support/session.ts";

function readySession(): TempSession {
  const tree = tempSession();
  tree.walkNow();
  return tree;
}

/** How often each reason was one, without those that never were. */
function reasons(tree: TempSession): Partial<Record<UnknownReason, number>> {
  const { unknownReasons, unknownAnswers } = tree.session.health(0);
  const counted = Object.entries(unknownReasons).filter(([, count]) => count > 0);
  expect(counted.reduce((sum, [, count]) => sum + count, 0)).toBe(unknownAnswers);
  return Object.fromEntries(counted);
}

function tokenOf(epoch: Epoch, generation: number): string {
  return formatToken({ epoch, generation: generation as Generation, areListingsInDoubt: true });
}

test("a session counts why it answered '/': of the token", () => {
  using tree = readySession();
  const { token } = tree.ask("");
  tree.ask("builtin:fake");
  tree.ask("1791000000000000000");
  tree.ask("builtin:0.1:7");
  tree.ask(freshToken());
  const { epoch, generation } = parseToken(token)!;
  tree.ask(tokenOf(epoch, generation + 1));
  tree.ask(tokenOf(epoch, GENERATION_NONE));
  expect(tree.ask(token).paths).toEqual([".gity"]);

  expect(reasons(tree)).toEqual({
    "no-token": 3,
    "foreign-token": 1,
    "foreign-epoch": 1,
    "token-ahead": 1,
    "unanswerable-token": 1,
  });
  expect(tree.session.health(0).queries).toBe(8);
});

test("a session counts why it answered '/': of the worktree", () => {
  using tree = tempSession();
  const { token } = tree.ask("");
  tree.walkNow();
  tree.session.flush();
  tree.session.answerProcess(token, 0);
  {
    using _fault = failCall("statx", "EACCES");
    tree.ask(token);
  }

  expect(reasons(tree)).toEqual({ crawling: 1, flushed: 1, "other-place": 1, degraded: 1 });
});

test("a session counts tokens from before a lost history as too old", () => {
  using tree = readySession();
  const { token } = tree.ask("");
  tree.session.beginSnapshot(true);
  tree.ask(token);

  expect(reasons(tree)).toEqual({ "no-token": 1, "too-old": 1 });
});

test("a session counts an answer that waits for git's word on a rule", () => {
  using tree = tempSession((root) => mkdirSync(root.join("ignored")), { excluded: ["ignored"] });
  tree.walkNow();
  const { token } = tree.ask("");
  writeFileSync(tree.root.join(".gitignore"), "x");
  tree.ask(token);
  writeFileSync(`${tree.gitDir}/gity/cookies/0123456789abcdef`, "");
  tree.session.turn();

  expect(reasons(tree)["scope-in-doubt"]).toBeGreaterThanOrEqual(2);
});

test("a session counts an answer that could not be complete in time", () => {
  using tree = readySession();
  const { token } = tree.ask("");
  for (let i = 0; i < 5000; i += 1) {
    mkdirSync(tree.root.join(`d${i}`));
  }
  const { kind } = tree.session.answer(token, performance.now() - 10 * QUERY_DEADLINE_MS);

  expect(kind).toBe("unknown");
  expect(reasons(tree)).toEqual({ "no-token": 1, "deadline-passed": 1 });
});

test("a session counts tokens of an index that is another by now", () => {
  const index = { path: "/nowhere", identity: "what it was" };
  using tree = tempSession(() => {}, { missing: { paths: [], index } });
  tree.walkNow();
  const { token } = tree.ask("");
  tree.session.start();
  tree.walkNow();
  const { kind } = tree.session.answerProcess(token, process.pid);

  expect(kind).toBe("unknown");
  expect(reasons(tree)).toEqual({ "no-token": 1, "other-index": 1 });
});

test("a session does not count what gity asks itself, nor what tools ask", () => {
  using tree = readySession();
  tree.session.answerProcess(`${OWN_QUESTION}${freshToken()}`, process.pid);
  tree.session.answerProcess(`${OWN_QUESTION}probe`, 1);
  expect(tree.session.answerTool("").kind).toBe("unknown");

  expect(tree.session.health(0)).toMatchObject({ queries: 0, unknownAnswers: 0 });
});

test("a session answers whoever has a ready-made status, wherever he stands, and tells of it now and then", () => {
  using tree = readySession();
  const { token } = tree.session.answerTool("");
  const trusted = withListingsTrusted(token);
  const ask = (pid: number) => tree.session.answerProcess(`${STATUS_QUESTION}${trusted}`, pid);

  expect([ask(process.pid).kind, ask(1).kind]).toEqual(["changed", "changed"]);
  writeFileSync(tree.root.join("f"), "1");
  expect(ask(1)).toMatchObject({ kind: "changed", paths: ["f"] });
  expect(tree.session.answerProcess(`${STATUS_QUESTION}nonsense`, 1).kind).toBe("unknown");
  expect(tree.session.health(0)).toMatchObject({ queries: 0, unknownAnswers: 0 });
  expect(tree.statusQuestions()).toBe(1);
});

test("a session knows which directories below have a .git", () => {
  using tree = tempSession((root) => {
    mkdirSync(root.join("sub/.git"), { recursive: true });
  });
  expect(tree.session.nestedRepositories()).toBeUndefined();
  tree.walkNow();
  expect(tree.session.nestedRepositories()?.map(String)).toEqual(["sub"]);
  mkdirSync(tree.root.join("other/.git"), { recursive: true });
  tree.ask("");
  expect(tree.session.nestedRepositories()?.map(String).toSorted()).toEqual(["other", "sub"]);
});

test("a session measures how long a helper's cookie waits, and a client for its reply", () => {
  using tree = readySession();
  expect(tree.session.health(0).latency).toMatchObject({ count: 0, p50Us: null });
  writeFileSync(`${tree.gitDir}/gity/cookies/0123456789abcdef`, "");
  tree.session.turn();
  tree.session.replied(performance.now() - 5);
  const { latency, queries } = tree.session.health(0);

  expect(queries).toBe(1);
  expect(latency.count).toBe(2);
  expect(latency.maxUs).toBeGreaterThanOrEqual(5000);
  expect(latency.p50Us).toBeLessThanOrEqual(latency.maxUs!);
});

test("a session knows when something happened last, also in the life of another back end", () => {
  using tree = readySession();
  const before = tree.session.health(0);
  writeFileSync(tree.root.join("a"), "");
  tree.session.turn();
  const after = tree.session.health(0);
  tree.session.start();
  tree.walkNow();
  const again = tree.session.health(0);

  expect(before).toMatchObject({ eventsRead: 0, lastEventAgeMs: null });
  expect(after.eventsRead).toBeGreaterThan(0);
  expect(after.lastEventAgeMs).toBeWithin(0, 10_000);
  expect(again.eventsRead).toBeGreaterThanOrEqual(after.eventsRead);
});

test("a session tells its epoch, what its memory costs, and what catching up came to", () => {
  using tree = readySession();
  const { token } = tree.ask("");
  writeFileSync(tree.root.join("a"), "");
  tree.ask(token);
  const first = tree.session.health(0);
  tree.session.start();
  const during = tree.session.health(0).catchUp.outcome;
  tree.walkNow();
  const { catchUp, epoch } = tree.session.health(0);

  expect(first.catchUp).toEqual({
    outcome: "none",
    oldestDirectGeneration: null,
    snapshotGeneration: null,
  });
  expect(first.epoch).toBe(parseToken(token)!.epoch);
  expect(first.historyBytes).toBeGreaterThan(100);
  expect(first.tableBytes).toBeGreaterThan(100);
  expect(during).toBe("running");
  expect(catchUp.outcome).toBe("caught-up");
  expect(epoch).toBe(first.epoch);
});

test("a session counts the paths of its answers to git, and of no others", () => {
  using tree = readySession();
  const { token } = tree.ask("");
  tree.ask(token);
  const { token: next } = tree.ask(token);
  const { answeredPaths: before } = tree.session.health(0);
  writeFileSync(tree.root.join("a"), "");
  writeFileSync(tree.root.join("b"), "");
  tree.session.answerTool(next);
  const { paths = [] } = tree.ask(next);
  const { answeredPaths: after } = tree.session.health(0);

  expect(after).toEqual({
    answers: before.answers + 1,
    empty: before.empty,
    paths: before.paths + paths.length,
    most: Math.max(before.most, paths.length),
  });
});
