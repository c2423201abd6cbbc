/** The lock of `git maintenance`, and who holds it. */

import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";

import { expect, test } from "bun:test";

import { maintenanceLock, removeAbandonedLock } from "../../src/git/maintenance-lock.ts";
import { eventually } from "../support/eventually.ts";
import { GIT } from "../support/run-git.ts";
import { tempWorktree, type TempWorktree } from "../support/temp-worktree.ts";

const LOCK = "objects/maintenance.lock";

/** Unix time in ms of everything that is made now. */
const LONG_AGO_MS = 1_000_000_000_000;

function locked(): TempWorktree & { readonly lock: string } {
  const tree = tempWorktree("lock");
  const lock = `${tree.gitDir}/${LOCK}`;
  writeFileSync(lock, "");
  return { ...tree, lock };
}

test("maintenanceLock() is free where nobody has made one", () => {
  using tree = tempWorktree("lock");

  expect(maintenanceLock(tree.gitDir)).toBe("free");
  expect(maintenanceLock(tree.join("none"))).toBe("free");
  expect(removeAbandonedLock(tree.gitDir, LONG_AGO_MS)).toBe(true);
});

test("removeAbandonedLock() removes what nobody has open, and nothing else", () => {
  using tree = locked();
  const fd = openSync(tree.lock, "r+");

  expect(maintenanceLock(tree.gitDir)).toBe("held");
  expect(removeAbandonedLock(tree.gitDir, LONG_AGO_MS)).toBe(false);
  closeSync(fd);
  expect(maintenanceLock(tree.gitDir)).toBe("abandoned");
  expect(removeAbandonedLock(tree.gitDir, LONG_AGO_MS)).toBe(true);
  expect(existsSync(tree.lock)).toBe(false);
});

test("removeAbandonedLock() leaves one that is older than our process", () => {
  using tree = locked();
  utimesSync(tree.lock, 1_700_000_000, 1_700_000_000);

  expect(removeAbandonedLock(tree.gitDir, 1_700_000_002_000)).toBe(false);
  expect(maintenanceLock(tree.gitDir)).toBe("abandoned");
  // Within what a coarse clock may be wrong by.
  expect(removeAbandonedLock(tree.gitDir, 1_700_000_000_500)).toBe(true);
});

test.if(process.geteuid?.() === 0)("removeAbandonedLock() leaves one of another user", () => {
  using tree = locked();
  chownSync(tree.lock, 65_534, 65_534);

  expect(removeAbandonedLock(tree.gitDir, LONG_AGO_MS)).toBe(false);
  expect(existsSync(tree.lock)).toBe(true);
});

test("maintenanceLock() sees who holds it by another path, and under a git directory that is a link", () => {
  using tree = locked();
  const linked = tree.join("linked.git");
  symlinkSync(tree.gitDir, linked);
  const fd = openSync(tree.lock, "r");

  expect(maintenanceLock(linked)).toBe("held");
  expect(removeAbandonedLock(linked, LONG_AGO_MS)).toBe(false);
  closeSync(fd);
  expect(maintenanceLock(linked)).toBe("abandoned");
});

test("maintenanceLock() does not take another repository's lock for this one's", () => {
  using tree = locked();
  using other = locked();
  const fd = openSync(other.lock, "r");

  expect([maintenanceLock(tree.gitDir), maintenanceLock(other.gitDir)]).toEqual([
    "abandoned",
    "held",
  ]);
  closeSync(fd);
});

test("maintenanceLock() counts nobody who holds a lock that is gone", () => {
  using tree = locked();
  const fd = openSync(tree.lock, "r");
  renameSync(tree.lock, `${tree.lock}.old`);
  writeFileSync(tree.lock, "");

  expect(maintenanceLock(tree.gitDir)).toBe("abandoned");
  closeSync(fd);
});

test("maintenanceLock() takes a link to nowhere, and a folder, for abandoned", () => {
  using tree = tempWorktree("lock");
  using other = tempWorktree("lock");
  symlinkSync("nowhere", `${tree.gitDir}/${LOCK}`);
  mkdirSync(`${other.gitDir}/${LOCK}`);

  expect([maintenanceLock(tree.gitDir), maintenanceLock(other.gitDir)]).toEqual([
    "abandoned",
    "abandoned",
  ]);
});

test("removeAbandonedLock() tells when it cannot remove it, and a place where it cannot look", () => {
  using tree = tempWorktree("lock");
  mkdirSync(`${tree.gitDir}/${LOCK}`);
  writeFileSync(tree.join("file"), "");

  expect(removeAbandonedLock(tree.gitDir, LONG_AGO_MS)).toBe(false);
  expect(removeAbandonedLock(tree.join("file"), LONG_AGO_MS)).toBe(true);
});

test("maintenanceLock() is held while git maintains, and abandoned when that was killed", async () => {
  using tree = tempWorktree("lock");
  // A remote that is a program, which says nothing.
  tree.git("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*");
  tree.git("config", "protocol.ext.allow", "always");
  writeFileSync(tree.join("wait.sh"), "exec tail -f /dev/null");
  tree.git("config", "remote.origin.url", `ext::sh ${tree.join("wait.sh")}`);
  const startedAtMs = performance.timeOrigin + performance.now();
  const git = Bun.spawn([GIT, "maintenance", "run", "--task=prefetch"], {
    cwd: tree.path,
    stdio: ["ignore", "ignore", "ignore"],
    detached: true,
  });

  await eventually(() => maintenanceLock(tree.gitDir) === "held");
  expect(removeAbandonedLock(tree.gitDir, startedAtMs)).toBe(false);
  process.kill(-git.pid, "SIGKILL");
  await git.exited;

  expect(maintenanceLock(tree.gitDir)).toBe("abandoned");
  expect(removeAbandonedLock(tree.gitDir, startedAtMs)).toBe(true);
  expect(maintenanceLock(tree.gitDir)).toBe("free");
});
