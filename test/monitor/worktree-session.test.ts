/** The life of one worktree, in this thread, with faults where they hurt. */

import { expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";

import { DEGRADED_RETRY_MS, LINKED_ENTRIES_MAX } from "../../src/base/limits.ts";
import { STATE_RETIRED } from "../../src/log/layout.ts";
import { LogReader } from "../../src/log/reader.ts";
import { parseToken } from "../../src/protocol/token.ts";
import { InotifyPool } from "../../src/watch/inotify-instance.ts";
import { beforeNextCall, failCall } from "../support/faults.ts";
import { type ScriptedMounts, scriptedMounts } from "../support/scripted-mounts.ts";
import { scopeOf, tempSession, type TempSession } from "../support/session.ts";
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
  // What was lost is found out.
  expect(tree.ask(tree.token).paths).toContain("lost");
  const token = trustedToken(tree);
  writeFileSync(tree.root.join("b"), "");
  expect(tree.ask(token).paths).toEqual(["b"]);
  expect(tree.session.health(0).resyncs).toBe(1);
});

const NOTHING_SEEN = { entries: [], cones: [], listings: [] };

test("[S2] a walk is a snapshot only when everything that it may have seen is in the log", () => {
  using tree = readySession();
  expect(tree.snapshots()).toBe(1);
  const begun = tree.session.beginSnapshot(false);
  writeFileSync(tree.root.join("seen"), "");
  expect(tree.session.endSnapshot(begun!.origin, NOTHING_SEEN)).toBe(true);
  const { generation } = tree.session.health(0);
  writeFileSync(tree.root.join("lost"), "");
  {
    using _fault = failCall("pwrite", "ENOSPC");
    expect(tree.session.endSnapshot(begun!.origin, NOTHING_SEEN)).toBe(false);
    using _queue = failCall("read", "EIO");
    expect(tree.ask(tree.token).paths).toBeUndefined();
  }
  expect(tree.session.health(0).generation).toBeGreaterThan(generation);
  expect(tree.session.beginSnapshot(false)).toBeUndefined();
  {
    using _fault = failCall("pwrite", "ENOSPC");
    tree.walkNow();
  }
  expect([state(tree), tree.snapshots()]).toEqual(["ready", 1]);
  expect(tree.ask(tree.token).paths).toContain("lost");
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
  // The tree itself is as it was, but for its root, which had just been made.
  expect(tree.ask(token).paths).toEqual([".gity"]);
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
  const scope = {
    excluded: ["data"],
    index: { path: "/", identity: "" },
    rules: [],
    isCaseIgnored: false,
  };
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

/** A session with ignored directories, past its first doubt about them. */
function scopedSession(...excluded: string[]): TempSession & { readonly token: string } {
  const tree = tempSession(
    (root) => {
      for (const path of excluded) {
        mkdirSync(root.join(path), { recursive: true });
      }
    },
    { excluded },
  );
  tree.walkNow();
  expect(tree.rescopes()).toBe(1);
  tree.session.setScope(scopeOf(excluded));
  return { ...tree, token: trustedToken(tree) };
}

test("E8 what git said before anything was watched is asked again before it is relied on", () => {
  using tree = tempSession((root) => mkdirSync(root.join("p/x"), { recursive: true }), {
    excluded: ["p/x"],
  });
  // Seen by nobody.
  writeFileSync(tree.root.join("p/x/f"), "");
  tree.walkNow();
  const { token, paths } = tree.ask("");
  expect(paths).toBeUndefined();
  expect(tree.ask(token).paths).toBeUndefined();
  expect(tree.rescopes()).toBe(1);
  tree.session.setScope(scopeOf([]));
  expect(tree.ask(token).paths).toContain("p/x/");
  writeFileSync(tree.root.join("p/x/g"), "");
  expect(tree.ask(trustedToken(tree)).paths).toEqual([]);
});

test("E8 after an overflow the rules are in doubt: one may have changed unseen", () => {
  using tree = scopedSession("p/x");
  {
    using _fault = failCall("read", "EIO");
    tree.ask(tree.token);
  }
  tree.walkNow();
  expect(tree.rescopes()).toBe(1);
  tree.session.setScope(scopeOf([]));
  const token = trustedToken(tree);
  writeFileSync(tree.root.join("p/x/f"), "");
  expect(tree.ask(token).paths).toEqual(["p/x/f"]);
});

test.each([
  ["moved away, with another in its place", "p", ["rename p q", "mkdir p/x"]],
  ["moved away, with another in its place, a level up", "a", ["rename a b", "mkdir a/p/x"]],
  ["deleted and made again", "p", ["rm p", "mkdir p/x"]],
  ["replaced by one that was moved", "p", ["rename p q", "rename r p"]],
])("E8 an ignored directory in one that is %s while git looks", (_, top, steps) => {
  const ignored = top === "a" ? "a/p/x" : "p/x";
  using tree = scopedSession(ignored, "r/x");
  const at = (name = ""): string => tree.root.join(name);
  // An ignore file changes, git is asked, and looks before the steps.
  writeFileSync(at(".gitignore"), "");
  tree.ask(tree.token);
  expect(tree.rescopes()).toBe(1);
  for (const step of steps) {
    const [verb, from = "", to = ""] = step.split(" ");
    if (verb === "rename") {
      renameSync(at(from), at(to));
    } else if (verb === "rm") {
      rmSync(at(from), { recursive: true });
    } else {
      mkdirSync(at(from), { recursive: true });
    }
  }
  tree.ask(tree.token);
  tree.session.setScope(scopeOf([ignored, "r/x"]));
  const { token } = tree.ask(trustedToken(tree));
  writeFileSync(at(`${ignored}/f`), "");
  expect(tree.ask(token).paths).toEqual([`${ignored}/f`]);
  expect(tree.rescopes()).toBe(1);
});

test("E8 a question to git that was under way when events were lost is asked again, and not relied on", () => {
  using tree = tempSession((root) => mkdirSync(root.join("p/x"), { recursive: true }));
  tree.walkNow();
  tree.session.setScope(scopeOf([]));
  const token = trustedToken(tree);
  tree.session.reviewScope();
  expect(tree.rescopes()).toBe(1);
  {
    using _fault = failCall("read", "EIO");
    tree.ask(token);
  }
  tree.walkNow();
  tree.session.setScope(scopeOf(["p/x"]));
  expect(tree.ask(trustedToken(tree)).paths).toBeUndefined();
  expect(tree.rescopes()).toBe(1);
});

test("a session is busy when events that another has read are news to who follows it", () => {
  using tree = readySession();
  tree.session.follow(tree.token);
  writeFileSync(tree.root.join("f"), "");
  tree.session.backend?.drain();
  expect(tree.session.isBusy).toBe(true);
  tree.session.turn();
  expect(tree.session.isBusy).toBe(false);
});

test("E8 an ignored directory in one that was found while its own event was unread", () => {
  using tree = scopedSession("q/x");
  const at = (name: string): string => tree.root.join(name);
  mkdirSync(at("p"));
  {
    // Its event is read, it is about to be listed, and git is asked.
    using _ = beforeNextCall("getdents64", () => {
      tree.session.reviewScope();
      mkdirSync(at("p/d/e"), { recursive: true });
    });
    tree.ask(tree.token);
  }
  expect(tree.rescopes()).toBe(1);
  tree.session.setScope(scopeOf(["q/x", "p/d/e"]));
  const { token } = tree.ask(trustedToken(tree));
  writeFileSync(at("p/d/e/f"), "");
  expect(tree.ask(token).paths).toEqual(["p/d/e/f"]);
});

test("P7 a session whose socket another server took says so, and serves it again when told to", () => {
  using tree = readySession();
  const path = `${tree.gitDir}/fsmonitor--daemon.ipc`;
  expect(tree.socketLosses()).toEqual([]);
  rmSync(path);
  expect(tree.socketLosses()).toEqual(["taken"]);
  expect(existsSync(path)).toBe(false);
  writeFileSync(tree.root.join("a"), "");
  expect(tree.ask(tree.token).paths).toEqual(["a"]);
  tree.session.serveSocket(false);
  expect(existsSync(path)).toBe(true);
  expect(tree.socketLosses()).toEqual([]);
});

test("P5 a session that is told to leave its socket does, until it is told to serve it", () => {
  using tree = readySession();
  const path = `${tree.gitDir}/fsmonitor--daemon.ipc`;
  tree.session.leaveSocket();
  expect(tree.socketLosses()).toEqual(["quit"]);
  expect(existsSync(path)).toBe(false);
  tree.session.start();
  tree.walkNow();
  expect(existsSync(path)).toBe(false);
  tree.session.serveSocket(false);
  expect(existsSync(path)).toBe(true);
});

test("P5 flush() gives up what was known: older tokens are answered with everything", () => {
  using tree = readySession();
  writeFileSync(tree.root.join("a"), "");
  const { token, kind } = tree.session.flush();
  expect(kind).toBe("unknown");
  expect(tree.ask(tree.token).paths).toBeUndefined();
  const second = tree.ask(token);
  expect(second.paths).toEqual([".gity"]);
  writeFileSync(tree.root.join("b"), "");
  expect(tree.ask(second.token).paths).toEqual(["b"]);
});

test("P9 a process that stands elsewhere asks about another folder, and is told nothing of this one", async () => {
  using tree = readySession();
  mkdirSync(tree.root.join("d"));
  const { token } = tree.ask(tree.token);
  const kindFor = async (cwd: string): Promise<string> => {
    await using asking = Bun.spawn(["cat"], { cwd, stdin: "pipe", stdout: "ignore" });
    const { kind } = tree.session.answerProcess(token, asking.pid);
    void asking.stdin.end();
    await asking.exited;
    return kind;
  };
  expect(await kindFor(tree.root.path)).toBe("changed");
  expect(await kindFor(tree.root.join("d"))).toBe("changed");
  expect(await kindFor("/")).toBe("unknown");
  // One that is not there, or in another pid namespace.
  expect(tree.session.answerProcess(token, 0).kind).toBe("unknown");
});

/** Runs `step` as if `ms` had passed. */
function later<Result>(ms: number, step: () => Result): Result {
  const now = performance.now.bind(performance);
  performance.now = () => now() + ms;
  try {
    return step();
  } finally {
    performance.now = now;
  }
}

/** Runs `step` as if it were then, by performance.now(). */
function atMoment<Result>(ms: number, step: () => Result): Result {
  const now = performance.now.bind(performance);
  performance.now = () => ms;
  try {
    return step();
  } finally {
    performance.now = now;
  }
}

test("A2 descriptors that are used up for a moment cost a second, and longer each time they still are", () => {
  using tree = readySession();
  let retryAtMs = performance.now();
  const fault = failCall("inotify_init1", "EMFILE");
  {
    using _fault = failCall("statx", "EMFILE");
    mkdirSync(tree.root.join("new"));
    atMoment(retryAtMs, () => tree.session.turn());
  }
  for (const delayMs of [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
    expect(tree.session.health(0)).toMatchObject({
      state: "degraded",
      code: "INSTANCE_LIMIT_REACHED",
    });
    expect(tree.session.retryAtMs).toBe(retryAtMs + delayMs);
    ({ retryAtMs } = tree.session);
    atMoment(retryAtMs, () => tree.session.turn());
  }
  fault[Symbol.dispose]();
  atMoment(tree.session.retryAtMs, () => tree.session.turn());
  tree.walkNow();
  expect(state(tree)).toBe("ready");
  expect(tree.ask(tree.token).paths).toContain("new");

  retryAtMs = performance.now();
  using _fault = failCall("statx", "EMFILE");
  mkdirSync(tree.root.join("newer"));
  atMoment(retryAtMs, () => tree.session.turn());
  expect(tree.session.retryAtMs).toBe(retryAtMs + 1_000);
});

test("a socket that could not be opened is tried again, while the log goes on answering", () => {
  const fault = failCall("socket", "EMFILE");
  using tree = tempSession();
  fault[Symbol.dispose]();
  tree.walkNow();
  expect(tree.session.health(0)).toMatchObject({ state: "ready" });
  expect(tree.session.health(0).reason).toContain("socket");
  expect(tree.session.socket).toBeUndefined();
  later(DEGRADED_RETRY_MS, () => tree.session.turn());
  expect(tree.session.socket).toBeDefined();
  expect(tree.session.health(0).reason).toBeNull();
});

test("E11 a worktree that may no longer be looked at is degraded, and no exception flies", () => {
  using tree = readySession();
  using _fault = failCall("statx", "EACCES");
  mkdirSync(tree.root.join("new"));
  expect(tree.ask(tree.token).paths).toBeUndefined();
  expect(tree.session.isBusy).toBe(false);
  expect(state(tree)).toBe("degraded");
});

test("a cookie that waits when the worktree is degraded leaves the monitor nothing to do", () => {
  using tree = readySession();
  writeFileSync(`${tree.gitDir}/gity/cookies/0123456789abcdef`, "");
  mkdirSync(tree.root.join("new"));
  {
    using _fault = failCall("inotify_add_watch", "ENOSPC");
    tree.session.turn();
  }
  expect(state(tree)).toBe("degraded");
  expect(tree.session.isBusy).toBe(false);
});

test("E11 a root whose folder above became a file is gone, and can come back", () => {
  using dir = tempDir("above");
  mkdirSync(dir.join("a"));
  using tree = tempSession(() => {}, { root: dir.join("a/tree") });
  tree.walkNow();
  const { token } = tree.ask(tree.ask("").token);
  renameSync(dir.join("a"), dir.join("b"));
  writeFileSync(dir.join("a"), "");
  expect(tree.ask(token).paths).toBeUndefined();
  expect(tree.session.health(0)).toMatchObject({ state: "degraded", code: "WORKTREE_GONE" });
  rmSync(dir.join("a"));
  renameSync(dir.join("b"), dir.join("a"));
  tree.session.refresh();
  tree.walkNow();
  expect(state(tree)).toBe("ready");
});
