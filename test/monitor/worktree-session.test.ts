/** The life of one worktree, in this thread, with faults where they hurt. */

import { expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";

import { LINKED_ENTRIES_MAX } from "../../src/base/limits.ts";
import { LogReader } from "../../src/log/reader.ts";
import { parseToken } from "../../src/protocol/token.ts";
import { failCall } from "../support/faults.ts";
import { tempSession, type TempSession } from "../support/session.ts";
import { tempDir } from "../support/temp-dir.ts";

function state(tree: TempSession): string {
  return tree.session.health(0).state;
}

/** The first token has its listings in doubt, the second no longer. */
function trustedToken(tree: TempSession): string {
  return tree.ask(tree.ask("").token).token;
}

/** A session that is ready, and its first token. */
function readySession(): TempSession & { readonly token: string } {
  const tree = tempSession();
  tree.walkNow();
  return { ...tree, token: trustedToken(tree) };
}

test("a session answers everything until it has covered its tree", () => {
  using tree = tempSession();
  expect(state(tree)).toBe("crawling");
  const early = tree.ask("");
  expect(early.paths).toBeUndefined();
  tree.walkNow();
  expect(state(tree)).toBe("ready");
  expect(tree.ask(early.token).paths).toBeUndefined();
  expect(tree.ask(trustedToken(tree)).paths).toEqual([]);
});

test("a session reports what changed, to each token its own", () => {
  using tree = readySession();
  writeFileSync(tree.root.join("a"), "");
  const second = tree.ask(tree.token);
  expect(second.paths).toEqual(["a"]);
  mkdirSync(tree.root.join("d"));
  expect(tree.ask(second.token).paths).toEqual(["d", "d/.gity"]);
  expect(tree.ask(tree.token).paths).toEqual(["a", "d", "d/.gity"]);
});

test("[M3] a cookie is acknowledged after the changes made before it are in the log", () => {
  using tree = readySession();
  const log = new LogReader(`${tree.gitDir}/gity/log`);
  writeFileSync(tree.root.join("a"), "");
  writeFileSync(`${tree.gitDir}/gity/cookies/0123456789abcdef`, "");
  expect(log.acknowledgement("0123456789abcdef")()).toBe(false);
  tree.session.turn();
  expect(log.acknowledgement("0123456789abcdef")()).toBe(true);
  const parts = log.changesSince(log.header()!, (log.header()!.generation - 1) as never)!;
  expect(Buffer.concat(parts).toString()).toBe("a\0");
});

test("E9 after an overflow the answer is everything, until the tree is covered again", () => {
  using tree = readySession();
  writeFileSync(tree.root.join("lost"), "");
  {
    using _fault = failCall("read", "EIO");
    expect(tree.ask(tree.token).paths).toBeUndefined();
  }
  expect(state(tree)).toBe("catching-up");
  tree.walkNow();
  expect(state(tree)).toBe("ready");
  expect(tree.ask(tree.token).paths).toBeUndefined();
  const token = trustedToken(tree);
  writeFileSync(tree.root.join("b"), "");
  expect(tree.ask(token).paths).toEqual(["b"]);
  expect(tree.session.health(0).resyncs).toBe(1);
});

test("E10 at the watch limit the session is degraded, and says what cures it", () => {
  using tree = tempSession();
  {
    using _fault = failCall("inotify_add_watch", "ENOSPC");
    tree.walkNow();
  }
  expect(tree.session.health(0)).toMatchObject({
    state: "degraded",
    reason: "the limit of inotify watches is reached",
    cure: "raise it with 'sysctl fs.inotify.max_user_watches=1048576'",
  });
  expect(tree.ask("").paths).toBeUndefined();
  tree.session.start();
  tree.walkNow();
  expect(state(tree)).toBe("ready");
});

test("E3 while everything is in doubt, old tokens are answered with everything, in the log as well", () => {
  using tree = tempSession((root) => writeFileSync(root.join("old"), "1"));
  tree.walkNow();
  const token = trustedToken(tree);
  linkSync(tree.root.join("old"), tree.root.join("new"));
  const linked = tree.ask(token);
  expect(linked.paths).toEqual(["new"]);
  appendFileSync(tree.root.join("new"), "2");
  const log = new LogReader(`${tree.gitDir}/gity/log`);
  writeFileSync(`${tree.gitDir}/gity/cookies/0123456789abcdef`, "");
  tree.session.turn();
  expect(log.acknowledgement("0123456789abcdef")()).toBe(true);
  expect(log.header()!.oldestGeneration).toBeGreaterThan(parseToken(linked.token)!.generation);
  const doubtful = tree.ask(linked.token);
  expect(doubtful.paths).toBeUndefined();
  expect(tree.ask(doubtful.token).paths).toEqual([".gity", "new"]);
  expect(state(tree)).toBe("ready");
});

test("E3 health counts the names of files that have several, and says what that means", () => {
  using tree = tempSession((root) => {
    writeFileSync(root.join("a"), "1");
    linkSync(root.join("a"), root.join("b"));
  });
  tree.walkNow();
  const { linkedEntries, blindSpots } = tree.session.health(0);
  expect(linkedEntries).toBe(2);
  expect(blindSpots).toEqual([expect.stringContaining("2 file names are hard links")]);
});

test("E3 with more links than are kept the session is degraded, and says what cures it", () => {
  using tree = tempSession((root) => {
    writeFileSync(root.join("f"), "1");
    for (let i = 0; i < LINKED_ENTRIES_MAX; i += 1) {
      linkSync(root.join("f"), root.join(`f${i}`));
    }
  });
  tree.walkNow();
  expect(tree.session.health(0)).toMatchObject({
    state: "degraded",
    reason: "more than 10000 files have other names as well (hard links)",
    cure: "copy them instead ('cp -a' for 'cp -al')",
  });
  expect(tree.ask("").paths).toBeUndefined();
  rmSync(tree.root.join("f1"));
  tree.session.start();
  tree.walkNow();
  expect(state(tree)).toBe("ready");
});

test("E3 after a link left the tree the session covers it anew, and knows the other name", () => {
  using outside = tempDir("outside");
  using tree = tempSession((root) => writeFileSync(root.join("old"), "1"));
  tree.walkNow();
  const token = trustedToken(tree);
  linkSync(tree.root.join("old"), tree.root.join("new"));
  const linked = tree.ask(token);
  renameSync(tree.root.join("new"), outside.join("new"));
  expect(tree.ask(linked.token).paths).toBeUndefined();
  expect(state(tree)).toBe("catching-up");
  tree.walkNow();
  const covered = trustedToken(tree);
  appendFileSync(outside.join("new"), "2");
  expect(tree.ask(covered).paths).toEqual(["old"]);
});

test("E11 a root that is moved away ends the answers", () => {
  using tree = readySession();
  const moved = `${tree.root.path}-moved`;
  renameSync(tree.root.path, moved);
  expect(tree.ask(tree.token).paths).toBeUndefined();
  expect(state(tree)).toBe("degraded");
  renameSync(moved, tree.root.path);
  tree.session.start();
  tree.walkNow();
  expect(state(tree)).toBe("ready");
});

test("a private folder that somebody removes is there again, with a log and cookies", () => {
  using tree = readySession();
  rmSync(`${tree.gitDir}/gity`, { recursive: true });
  writeFileSync(tree.root.join("a"), "");
  // Not before somebody asks: a folder made in a repository that is being deleted is in the way.
  tree.session.turn();
  expect(existsSync(`${tree.gitDir}/gity`)).toBe(false);
  expect(tree.ask(tree.token).paths).toEqual(["a"]);
  writeFileSync(`${tree.gitDir}/gity/cookies/0123456789abcdef`, "");
  tree.session.turn();
  expect(new LogReader(`${tree.gitDir}/gity/log`).acknowledgement("0123456789abcdef")()).toBe(true);
});

test("P6 a crawl longer than the deadline is answered with everything, in time", () => {
  using tree = readySession();
  mkdirSync(tree.root.join("new/a/b/c"), { recursive: true });
  const now = performance.now.bind(performance);
  let skewMs = 0;
  // Each look at the clock is 20 ms later: a machine on which everything takes long.
  performance.now = () => now() + (skewMs += 20);
  try {
    tree.ask(tree.token);
  } finally {
    performance.now = now;
  }
  expect(tree.ask(trustedToken(tree)).paths).toEqual([]);
});

test("takeAway() leaves the git directory as it was", () => {
  using tree = readySession();
  expect(existsSync(`${tree.gitDir}/fsmonitor--daemon.ipc`)).toBe(true);
  tree.session.takeAway();
  expect(existsSync(`${tree.gitDir}/gity`)).toBe(false);
  expect(existsSync(`${tree.gitDir}/fsmonitor--daemon.ipc`)).toBe(false);
});

test("after an answer of everything the next one names every directory, once", () => {
  using tree = tempSession((root) => mkdirSync(root.join("a/b"), { recursive: true }));
  tree.walkNow();
  const first = tree.ask("");
  expect(first.paths).toBeUndefined();
  const second = tree.ask(first.token);
  expect(second.paths).toEqual([".gity", "a/.gity", "a/b/.gity"]);
  // Asked again it says the same: git may not have stored the answer.
  expect(tree.ask(first.token).paths).toEqual(second.paths);
  expect(tree.ask(second.token).paths).toEqual([]);
});
