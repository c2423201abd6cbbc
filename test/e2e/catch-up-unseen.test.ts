/**
 * Goal: nothing that no event has told of is lost in an interruption.
 * Method: sequences in which it once was. A snapshot takes for settled only what was left alone for a
 * while, so these wait for the clock of the file system.
 */

import { expect, test } from "bun:test";
import {
  appendFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";

import { LINK_SETTLING_MS } from "../../src/base/limits.ts";
import { builtHelper } from "../support/built.ts";
import { actOnDaemon } from "../support/daemon-sync.ts";
import { eventually } from "../support/eventually.ts";
import { watchedWorktree, type WatchedWorktree } from "../support/watched-worktree.ts";

/** A snapshot takes nothing for settled that changed since. */
async function settle(): Promise<void> {
  const begunAtMs = performance.now();
  await eventually(() => performance.now() - begunAtMs > LINK_SETTLING_MS + 500);
}

function restart({ tree, home }: WatchedWorktree, meanwhile: () => void = () => {}): void {
  actOnDaemon(home, tree.path, "kill");
  meanwhile();
  actOnDaemon(home, tree.path, "start-and-wait");
}

/** git's index holds the newest token, and all but nothing is in doubt for it. */
function adoptToken({ tree }: WatchedWorktree): void {
  tree.git("status");
  tree.git("update-index", "--refresh", "--force-write-index");
}

/** Enough happens for a snapshot, and nobody asks. */
async function untilSnapshot({ tree, home }: WatchedWorktree): Promise<void> {
  const snapshots = (): number => home.log().split(" info saved the state of the tree ").length - 1;
  const before = snapshots();
  for (let i = 0; i < 1500; i += 1) {
    tree.write(`many/${i}`, `${i}`);
  }
  await eventually(() => snapshots() > before, { deadlineMs: 30_000 });
}

const SETTLED = { files: { f: "1234", "d/f": "1", "e/f": "1" } };

test("E1 S1 a file changed through a mapping only, given up while the daemon is down", async () => {
  await using watched = await watchedWorktree("mapped", SETTLED);
  const { tree } = watched;
  await settle();
  restart(watched);
  watched.check();
  adoptToken(watched);
  const script = `
import mmap, sys
with open(${JSON.stringify(tree.join("f"))}, "r+b") as f:
    m = mmap.mmap(f.fileno(), 0)
    m[0:1] = b"9"
    print("written", flush=True)
    sys.stdin.read()
`;
  const mapper = Bun.spawn(["python3", "-c", script], { stdin: "pipe", stdout: "pipe" });
  const reader = mapper.stdout.getReader();
  await reader.read();
  await settle();
  await untilSnapshot(watched);
  actOnDaemon(watched.home, tree.path, "kill");
  await mapper.stdin.end();
  await mapper.exited;
  actOnDaemon(watched.home, tree.path, "start-and-wait");
  watched.check();
}, 90_000);

test("E3 S1 a file changed through a name outside, that goes before anybody asks", async () => {
  await using watched = await watchedWorktree("outside", SETTLED);
  const { tree } = watched;
  const outside = `${tree.path}/../outside`;
  linkSync(tree.join("f"), outside);
  await settle();
  restart(watched);
  // The daemon asks itself for a while.
  await settle();
  watched.check();
  adoptToken(watched);
  writeFileSync(outside, "9876");
  unlinkSync(outside);
  await settle();
  await untilSnapshot(watched);
  restart(watched);
  watched.check();
}, 90_000);

test("S1 [U2] an index written between two restarts by who asked before both", async () => {
  await using watched = await watchedWorktree("late-index", SETTLED);
  const { tree, home } = watched;
  await settle();
  restart(watched);
  watched.check();
  adoptToken(watched);
  const pid = await home.daemonPid();
  const at = (name: string): string => `${tree.path}/../${name}`;
  const hook = at("hook");
  writeFileSync(
    hook,
    `#!/bin/sh
    ${builtHelper()} "$@" > "$0.answer"
    kill -9 ${pid}
    while kill -0 ${pid} 2>/dev/null; do :; done
    echo 1 > d/seen
    cat "$0.answer"
  `,
    { mode: 0o755 },
  );
  const filter = at("filter");
  writeFileSync(
    filter,
    `#!/bin/sh
    touch ${at("waiting")}
    while ! test -e ${at("go")}; do sleep 0.05; done
    cat
  `,
    { mode: 0o755 },
  );
  writeFileSync(`${tree.gitDir}/info/attributes`, "*.slow filter=slow\n");
  tree.write("z/new.slow", "more");
  const adding = Bun.spawn(
    [
      "git",
      "-c",
      `core.fsmonitor=${hook}`,
      "-c",
      `filter.slow.clean=${filter}`,
      "add",
      "d/seen",
      "z/new.slow",
    ],
    { cwd: tree.path, stdout: "inherit", stderr: "inherit" },
  );
  await eventually(() => existsSync(at("waiting")));
  unlinkSync(tree.join("d/seen"));
  await settle();
  actOnDaemon(home, tree.path, "start-and-wait");
  writeFileSync(at("go"), "");
  expect(await adding.exited).toBe(0);
  restart(watched, () => writeFileSync(tree.join("e/new"), ""));
  expect(watched.status()).toContain("AD d/seen");
}, 90_000);

test("S2 a git directory is copied back over the one in use", async () => {
  await using watched = await watchedWorktree("copied-back", SETTLED);
  const { tree } = watched;
  const backup = `${tree.path}/../backup`;
  watched.check();
  Bun.spawnSync(["cp", "-a", tree.gitDir, backup]);
  appendFileSync(tree.join("d/f"), "more");
  watched.check();
  // What is no file (the socket) is left out, and the times of directories are not kept.
  Bun.spawnSync(["sh", "-c", `cd ${backup} && rm *.ipc; cp -R . ${tree.gitDir}`]);
  expect(watched.status()).toContain("M d/f");
}, 90_000);

test("S2 only log and index are copied back", async () => {
  await using watched = await watchedWorktree("copied-back", SETTLED);
  const { tree } = watched;
  const backup = `${tree.path}/../backup`;
  watched.check();
  Bun.spawnSync(["cp", "-a", tree.gitDir, backup]);
  appendFileSync(tree.join("d/f"), "more");
  watched.check();
  cpSync(`${backup}/index`, `${tree.gitDir}/index`);
  Bun.spawnSync(["cp", "-a", `${backup}/gity/log`, `${tree.gitDir}/gity/log`]);
  expect(watched.status()).toContain("M d/f");
}, 90_000);

test("E7 S1 a repository below is finished while the daemon is down", async () => {
  await using watched = await watchedWorktree("half-made", {
    files: { ".gitignore": "*.o\n", "d/f": "1" },
  });
  const { tree } = watched;
  tree.write("sub/a.o", "");
  mkdirSync(tree.join("sub/.git"));
  watched.check();
  await settle();
  restart(watched);
  watched.check();
  await untilSnapshot(watched);
  await settle();
  watched.check();
  adoptToken(watched);
  restart(watched, () => {
    Bun.spawnSync(["git", "init", "--quiet", tree.join("sub")]);
  });
  watched.check();
}, 90_000);
