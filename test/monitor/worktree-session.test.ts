/** The life of one worktree, in this thread, with faults where they hurt. */

import { expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

import { STATE_RETIRED } from "../../src/log/layout.ts";
import { LogReader } from "../../src/log/reader.ts";
import { InotifyPool } from "../../src/watch/inotify-instance.ts";
import { failCall } from "../support/faults.ts";
import { type ScriptedMounts, scriptedMounts } from "../support/scripted-mounts.ts";
import { tempSession, type TempSession } from "../support/session.ts";
import { tempDir } from "../support/temp-dir.ts";

const TOP = "1 0 8:1 / / rw - ext4 d rw";

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

test("E11 a folder above that is renamed ends the answers, and refresh() finds it back", () => {
  using above = tempDir("above");
  const root = above.join("here/tree");
  mkdirSync(`${root}/.git`, { recursive: true });
  using tree = tempSession(() => {}, { root });
  tree.walkNow();
  const token = trustedToken(tree);
  renameSync(above.join("here"), above.join("there"));
  expect(tree.ask(token).paths).toBeUndefined();
  expect(tree.session.health(0)).toMatchObject({ state: "degraded", code: "WORKTREE_GONE" });
  tree.session.refresh();
  expect(state(tree)).toBe("degraded");
  renameSync(above.join("there"), above.join("here"));
  tree.session.refresh();
  tree.walkNow();
  expect(state(tree)).toBe("ready");
  expect(tree.ask(token).paths).toBeUndefined();
  renameSync(above.join("here"), above.join("there"));
  // Nobody has asked git anything: health does.
  tree.session.refresh();
  expect(state(tree)).toBe("degraded");
});

test("[M3] E11 a cookie is not acknowledged in a tree whose path leads elsewhere", () => {
  using above = tempDir("above");
  const root = above.join("here/tree");
  mkdirSync(`${root}/.git`, { recursive: true });
  using tree = tempSession(() => {}, { root });
  tree.walkNow();
  trustedToken(tree);
  renameSync(above.join("here"), above.join("there"));
  const log = new LogReader(above.join("there/tree/.git/gity/log"));
  writeFileSync(above.join("there/tree/.git/gity/cookies/0123456789abcdef"), "");
  tree.session.turn();
  expect(log.acknowledgement("0123456789abcdef")()).toBe(false);
  expect(log.header()?.state).toBe(STATE_RETIRED);
});

test.each(["nfs4", "cifs", "9p", "virtiofs", "fuse.sshfs"])(
  "E14 on %s nothing is watched, and everything is answered with '/'",
  (type) => {
    let mounts: ScriptedMounts | undefined;
    using tree = tempSession(() => {}, {
      mounts: (root) => {
        mounts = scriptedMounts(TOP, `2 1 0:9 / ${root} rw - ${type} x rw`);
        return mounts;
      },
    });
    tree.walkNow();
    expect(tree.session.backend).toBeUndefined();
    expect(tree.session.health(0)).toMatchObject({
      state: "degraded",
      code: "UNSUPPORTED_FILE_SYSTEM",
      reason: `cannot watch '${tree.root.path}': not every change on ${type} can be seen from here`,
      cure: "keep the worktree on a local file system",
    });
    expect(tree.ask("").paths).toBeUndefined();
    // git's socket says so at once: a helper need not ask for adoption each time.
    expect(existsSync(`${tree.gitDir}/fsmonitor--daemon.ipc`)).toBe(true);
    mounts?.change(TOP);
    tree.session.turn();
    tree.walkNow();
    expect(state(tree)).toBe("ready");
  },
);

test("E14 such a mount inside the tree ends the answers, unless the place is excluded", () => {
  let mounts: ScriptedMounts | undefined;
  using tree = tempSession((root) => mkdirSync(root.join("data/deep"), { recursive: true }), {
    mounts: () => (mounts = scriptedMounts(TOP)),
  });
  tree.walkNow();
  const token = trustedToken(tree);
  const scope = { excluded: ["data"], index: { path: "/", identity: "" }, rules: [] };
  mounts?.change(TOP, `2 1 0:9 / ${tree.root.path}/data/deep rw - nfs x rw`);
  expect(tree.ask(token).paths).toBeUndefined();
  expect(tree.session.health(0).code).toBe("UNSUPPORTED_FILE_SYSTEM");
  tree.session.setScope(scope);
  tree.session.start();
  tree.walkNow();
  expect(state(tree)).toBe("ready");
  tree.session.setScope({ ...scope, excluded: [] });
  expect(tree.session.health(0).code).toBe("UNSUPPORTED_FILE_SYSTEM");
});

test("a session that is taken away during its walk leaves no watch in an instance it shared", () => {
  const pool = new InotifyPool(1);
  using stays = tempSession(() => {}, { pool });
  stays.walkNow();
  const before = watchesOf(stays);
  using goes = tempSession((root) => mkdirSync(root.join("a/b"), { recursive: true }), { pool });
  goes.session.takeAway();
  expect(goes.session.awaitsWalk).toBe(true);
  goes.walkNow();
  expect(goes.session.awaitsWalk).toBe(false);
  expect(watchesOf(stays)).toBe(before);
});

function watchesOf(tree: TempSession): number {
  const info = readFileSync(`/proc/self/fdinfo/${tree.session.backend?.fd}`, "latin1");
  return info.split("\n").filter((line) => line.startsWith("inotify ")).length;
}

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
