/** Sharing between real worktrees of real repositories. */

import { expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";

import type { PullEntry, PullOptions, PullReport } from "../../src/protocol/share.ts";
import { shareEngine } from "../../src/share/engine.ts";
import { rejection } from "../support/rejection.ts";
import { runGit } from "../support/run-git.ts";
import { tempDir } from "../support/temp-dir.ts";
import { type TempWorktree, tempWorktree } from "../support/temp-worktree.ts";
import { wholeTree } from "../support/whole-tree.ts";

const IGNORED = "node_modules/\ntarget\n/build\n";

/** With `node_modules` in it, and a linked worktree without. */
function pair(): { main: TempWorktree; linked: TempWorktree } & Disposable {
  const main = tempWorktree("share", {
    files: { ".gitignore": IGNORED, "package-lock.json": "{}", "packages/a/x": "", "src/y": "" },
  });
  main.write("node_modules/k/index.js", "k");
  main.write("node_modules/.package-lock.json", "{}");
  main.write("packages/a/node_modules/v", "v");
  const linked = main.addLinked("linked");
  return {
    main,
    linked,
    [Symbol.dispose]: () => {
      main[Symbol.dispose]();
    },
  };
}

async function pull(
  path: string,
  options: Partial<PullOptions> = {},
  onProgress: () => void = () => undefined,
): Promise<PullReport> {
  return shareEngine.pull(
    {
      path,
      from: undefined,
      isClone: false,
      isDryRun: false,
      isReplacing: false,
      isAnyKey: false,
      hasHardLinks: false,
      ...options,
    },
    onProgress,
    new AbortController().signal,
  );
}

/** Of each directory. */
function outcomes({ entries }: PullReport): Readonly<Record<string, PullEntry["outcome"]>> {
  return Object.fromEntries(entries.map(({ path, outcome }) => [path, outcome]));
}

test.each([
  ["src", "it holds files that git tracks"],
  ["unignored", "git does not ignore it"],
  [".git/hooks", "'.git' is never shared"],
  ["../elsewhere", "it leads out of the worktree"],
  [".", "it is the whole worktree"],
  ["pack*", "it holds files that git tracks"],
  ["link", "a file or a link is in its place"],
])("add() refuses %j, and writes nothing", async (path, reason) => {
  using worktrees = pair();
  const { main } = worktrees;
  symlinkSync("node_modules", main.join("link"));
  mkdirSync(main.join("unignored"));

  const failure = await rejection(shareEngine.add(main.path, ["node_modules", path]));

  expect(failure).toMatchObject({
    code: "INVALID_REQUEST",
    message: expect.stringContaining(reason),
  });
  expect(await shareEngine.list(main.path)).toMatchObject({ declarations: [] });
});

test("add() and remove() write what is below the current folder, once", async () => {
  using worktrees = pair();
  const { main, linked } = worktrees;

  const first = await shareEngine.add(main.join("packages"), ["*/node_modules/"]);
  const second = await shareEngine.add(linked.path, ["packages/*/node_modules", "./target"]);
  const userFile = `${process.env["HOME"] ?? ""}/.gitconfig`;
  writeFileSync(userFile, "[gity]\n\tshare = build\n");
  const list = await shareEngine.list(linked.path);
  rmSync(userFile);
  const removed = await shareEngine.remove(main.join("packages"), ["*/node_modules", "none"]);

  expect(first).toEqual([{ root: main.path, path: "packages/*/node_modules", hasChanged: true }]);
  expect(second.map(({ path, hasChanged }) => [path, hasChanged])).toEqual([
    ["packages/*/node_modules", false],
    ["target", true],
  ]);
  expect(list.declarations).toEqual([
    { path: "build", scope: "user", directories: [], refusal: null },
    { path: "packages/*/node_modules", scope: "repository", directories: [], refusal: null },
    { path: "target", scope: "repository", directories: [], refusal: null },
  ]);
  expect(removed.map(({ hasChanged }) => hasChanged)).toEqual([true, false]);
  expect(main.git("config", "--get-all", "gity.share").toString()).toBe("target\n");
});

test("pull() mirrors what is declared, and git sees nothing of it", async () => {
  using worktrees = pair();
  const { main, linked } = worktrees;
  await shareEngine.add(main.path, ["node_modules", "packages/*/node_modules", "target"]);

  const planned = await pull(linked.path, { isDryRun: true });
  const wasThere = existsSync(linked.join("node_modules"));
  const report = await pull(linked.path);
  const again = await pull(linked.join("src"));

  expect(outcomes(planned)).toEqual({
    node_modules: "planned",
    "packages/a/node_modules": "planned",
    target: "nowhere",
  });
  expect(planned.entries[0]).toMatchObject({ from: main.path, size: { files: 2, bytes: 3 } });
  expect(wasThere).toBe(false);
  expect(outcomes(report)).toMatchObject({
    node_modules: "pulled",
    "packages/a/node_modules": "pulled",
  });
  expect(outcomes(again)).toMatchObject({ node_modules: "present" });
  expect(wholeTree(linked.join("node_modules"))).toEqual(wholeTree(main.join("node_modules")));
  expect(linked.git("status", "--porcelain").toString()).toBe("");
  expect(existsSync(`${linked.gitDir}/gity`)).toBe(false);
});

test("pull() takes only what was made from the same files, unless any will do", async () => {
  using worktrees = pair();
  const { main, linked } = worktrees;
  await shareEngine.add(main.path, ["node_modules"]);
  linked.write("package-lock.json", "{ }");

  const refused = await pull(linked.path);
  const taken = await pull(linked.path, { isAnyKey: true });

  expect(refused.entries[0]).toMatchObject({
    outcome: "unavailable",
    message: expect.stringContaining("package-lock.json says something else"),
    hint: expect.stringContaining("--any"),
  });
  expect(outcomes(taken)).toEqual({ node_modules: "pulled" });
});

test("pull() needs a file that decides, which gity.shareKey may name", async () => {
  using worktrees = pair();
  const { main, linked } = worktrees;
  main.write("build/out", "1");
  await shareEngine.add(main.path, ["build"]);

  const without = await pull(linked.path);
  main.git("config", "gity.shareKey", "build=src/y");
  const withKey = await pull(linked.path);

  expect(without.entries[0]).toMatchObject({
    outcome: "unavailable",
    hint: expect.stringContaining("gity.shareKey"),
  });
  expect(outcomes(withKey)).toEqual({ build: "pulled" });
});

test("pull() prefers the newest of those that were finished", async () => {
  using worktrees = pair();
  const { main, linked } = worktrees;
  await shareEngine.add(main.path, ["node_modules"]);
  const others = ["newer", "unfinished"].map((name) => {
    const other = main.addLinked(name);
    other.write("node_modules/x", name);
    return other;
  });
  const [newer, unfinished] = others;
  newer?.write("node_modules/.package-lock.json", "{}");
  const time = Date.now() / 1000 + 50;
  utimesSync(newer?.join("node_modules") ?? "", time, time);
  utimesSync(unfinished?.join("node_modules") ?? "", time + 50, time + 50);

  const status = await shareEngine.status(linked.path);
  const report = await pull(linked.path);

  expect(status.entries[0]?.best).toBe(newer?.path ?? "");
  expect(status.entries[0]?.elsewhere.map(({ isFinished }) => isFinished)).toEqual([
    true,
    true,
    false,
  ]);
  expect(report.entries[0]?.from).toBe(newer?.path ?? "");
});

test("pull() takes what its tool has not finished only when told, and says so", async () => {
  using worktrees = pair();
  const { main, linked } = worktrees;
  await shareEngine.add(main.path, ["node_modules"]);
  rmSync(main.join("node_modules/.package-lock.json"));

  const refused = await pull(linked.path);
  const status = await shareEngine.status(linked.path);
  const planned = await pull(linked.path, { isAnyKey: true, isDryRun: true });
  const named = await pull(linked.path, { from: main.path });

  expect(refused.entries).toMatchObject([
    {
      outcome: "unavailable",
      message: "where it is, its tool has not finished it",
      hint: expect.stringContaining("--from"),
    },
  ]);
  expect(status.entries[0]?.best).toBeNull();
  const message = "its tool had not finished it where it comes from";
  expect(planned.entries).toMatchObject([{ outcome: "planned", message }]);
  expect(named.entries).toMatchObject([{ outcome: "pulled", message }]);
});

test("pull() says of what is older than its lock file that it is", async () => {
  using worktrees = pair();
  const { main, linked } = worktrees;
  await shareEngine.add(main.path, ["node_modules"]);
  const time = Date.now() / 1000 + 100;
  utimesSync(main.join("package-lock.json"), time, time);

  expect((await pull(linked.path)).entries).toMatchObject([
    {
      outcome: "pulled",
      message: "where it comes from, package-lock.json has been changed since it was made",
    },
  ]);
});

test("pull() replaces on demand what is older", async () => {
  using worktrees = pair();
  const { main, linked } = worktrees;
  await shareEngine.add(main.path, ["node_modules"]);
  linked.write("node_modules/old", "old");
  utimesSync(linked.join("node_modules/old"), 1000, 1000);
  utimesSync(linked.join("node_modules"), 1000, 1000);

  expect(outcomes(await pull(linked.path))).toEqual({ node_modules: "present" });
  expect(outcomes(await pull(linked.path, { isReplacing: true }))).toEqual({
    node_modules: "pulled",
  });
  expect(wholeTree(linked.join("node_modules"))).toEqual(wholeTree(main.join("node_modules")));
});

test("pull() refuses what git would see, here and there", async () => {
  using worktrees = pair();
  const { main, linked } = worktrees;
  await shareEngine.add(main.path, ["node_modules", "target"]);
  main.write("target/out", "1");
  linked.write(".gitignore", "node_modules/\n");
  const here = await pull(linked.path, { isAnyKey: true });
  linked.git("checkout", "--quiet", ".gitignore");
  main.write(".gitignore", "node_modules/\n");
  const there = await pull(linked.path, { isAnyKey: true });

  expect(here.entries[1]).toMatchObject({ outcome: "refused", message: "git does not ignore it" });
  expect(there.entries[1]).toMatchObject({
    outcome: "unavailable",
    message: expect.stringContaining("which git does not ignore there"),
  });
});

test("pull() neither copies nor replaces a folder with a worktree in it", async () => {
  using worktrees = pair();
  const { main, linked } = worktrees;
  main.write("target/out", "1");
  linked.write("target/out", "1");
  await shareEngine.add(main.path, ["target"]);
  main.git("worktree", "add", "--quiet", "--detach", main.join("target/inner"));
  const from = await pull(linked.path, { isAnyKey: true, isReplacing: true });
  const into = await pull(main.path, { isAnyKey: true, isReplacing: true });

  expect(from.entries[0]).toMatchObject({
    outcome: "unavailable",
    message: `'${main.path}' cannot be copied from: '${main.join("target/inner")}' is in it`,
  });
  expect(into.entries[0]).toMatchObject({
    outcome: "refused",
    message: `'${main.join("target/inner")}' is in it`,
  });
  expect(existsSync(main.join("target/inner/src/y"))).toBe(true);
});

test("pull() makes no folder that git would see", async () => {
  using worktrees = pair();
  const { main, linked } = worktrees;
  await shareEngine.add(main.path, ["packages/*/node_modules"]);
  rmSync(linked.join("packages"), { recursive: true });

  expect((await pull(linked.path)).entries[0]).toMatchObject({
    outcome: "refused",
    message: "the folder it belongs in is missing",
  });
  expect(existsSync(linked.join("packages"))).toBe(false);
});

test("pull() takes from another clone only when told, and only from a clone", async () => {
  using worktrees = pair();
  using elsewhere = tempDir("clone");
  using stranger = tempWorktree("stranger");
  const { main } = worktrees;
  runGit(elsewhere.path, "clone", "--quiet", main.path, "clone");
  const clone = realpathSync(elsewhere.join("clone"));
  runGit(clone, "config", "gity.share", "node_modules");

  expect(await rejection(pull(clone, { from: main.path }))).toMatchObject({
    code: "INVALID_REQUEST",
    hint: expect.stringContaining("--clone"),
  });
  expect(await rejection(pull(clone, { from: stranger.path, isClone: true }))).toMatchObject({
    message: expect.stringContaining("no first commit in common"),
  });
  expect(await rejection(pull(clone, { from: clone }))).toMatchObject({ code: "INVALID_REQUEST" });
  expect(outcomes(await pull(clone, { from: main.path, isClone: true }))).toEqual({
    node_modules: "pulled",
  });
});

test("pull() without a declaration says how to make one; a wrong one is left out", async () => {
  using worktrees = pair();
  const { main, linked } = worktrees;

  expect(await rejection(pull(linked.path))).toMatchObject({
    hint: expect.stringContaining("gity share add"),
  });
  main.git("config", "--add", "gity.share", "../outside");
  main.git("config", "--add", "gity.share", ".git/hooks");
  expect(await pull(linked.path)).toMatchObject({ entries: [] });
  expect((await shareEngine.list(linked.path)).declarations.map(({ refusal }) => refusal)).toEqual([
    "it leads out of the worktree",
    "'.git' is never shared",
  ]);
});

test("a failure of one directory does not keep the others from being mirrored", async () => {
  using worktrees = pair();
  const { main, linked } = worktrees;
  await shareEngine.add(main.path, ["node_modules", "packages/*/node_modules"]);
  writeFileSync(`${main.gitDir}/gity`, "in the way");

  const report = await pull(linked.path);

  expect(outcomes(report)).toEqual({
    node_modules: "failed",
    "packages/a/node_modules": "failed",
  });
  rmSync(`${main.gitDir}/gity`);
  expect(outcomes(await pull(linked.path))).toMatchObject({ node_modules: "pulled" });
});

const CHANGED = "what decides what belongs in it has changed meanwhile";

test.each<[string, string, (worktrees: ReturnType<typeof pair>) => void]>([
  ["the lock file", CHANGED, ({ linked }) => linked.write("package-lock.json", "{ }")],
  ["the source's lock file", CHANGED, ({ main }) => main.write("package-lock.json", "{ }")],
  ["what is ignored", "git does not ignore it", ({ linked }) => linked.write(".gitignore", "")],
  [
    "the worktree",
    "is not the same worktree any more",
    ({ main, linked }) => {
      const other = main.addLinked("other");
      writeFileSync(linked.join(".git"), readFileSync(other.join(".git")));
    },
  ],
])("pull() puts nothing in place when %s changes meanwhile", async (_, message, change) => {
  using worktrees = pair();
  const { main, linked } = worktrees;
  await shareEngine.add(main.path, ["node_modules"]);
  let hasChanged = false;

  const report = await pull(linked.path, {}, () => {
    if (!hasChanged) {
      hasChanged = true;
      change(worktrees);
    }
  });

  expect(hasChanged).toBe(true);
  expect(report.entries).toMatchObject([
    { outcome: "refused", message: expect.stringContaining(message) },
  ]);
  expect(existsSync(linked.join("node_modules"))).toBe(false);
  expect(existsSync(`${main.gitDir}/gity`)).toBe(false);
});
