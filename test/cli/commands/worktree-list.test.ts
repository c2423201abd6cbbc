/** `gity worktree list`. */

import { expect, test } from "bun:test";
import { renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";

import { gityHome } from "../../support/gity-home.ts";
import { runGit } from "../../support/run-git.ts";
import { shareWorktrees } from "../../support/share-worktrees.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

const CLEAN = { staged: 0, unstaged: 0, untracked: 0, conflicts: 0 };

test("gity worktree list shows every state a worktree can be in", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("list", { files: { f: "1", g: "1", h: "1" } });
  const place = dirname(tree.path);
  const changed = tree.addLinked("changed");
  changed.write("f", "2");
  changed.git("add", "f");
  changed.write("g", "2");
  changed.write("new", "");
  const conflict = tree.addLinked("conflict");
  conflict.write("h", "theirs");
  conflict.git("commit", "--quiet", "--all", "--message=theirs");
  tree.write("h", "ours");
  tree.git("commit", "--quiet", "--all", "--message=ours");
  Bun.spawnSync(["git", "merge", "main"], { cwd: conflict.path });
  tree.git("worktree", "add", "--quiet", "--detach", `${place}/apart`, "main");
  tree.git("worktree", "lock", "--reason", "on a\tstick", `${place}/apart`);
  rmSync(tree.addLinked("gone").path, { recursive: true });
  changed.git("branch", "--quiet", "--set-upstream-to=main");
  const commit = tree.git("rev-parse", "--short=7", "main").toString().trim();

  const { exitCode, stdout, stderr } = await home.gity(
    "worktree",
    "list",
    "--no-size",
    changed.path,
  );

  expect([exitCode, stderr]).toEqual([
    0,
    "hint: run 'git worktree repair' in one that was moved; 'git worktree prune' forgets those that are gone\n",
  ]);
  expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["BRANCH", "STATUS", "UPSTREAM", "WORKTREE"],
    ["main", "clean", "-", tree.path],
    [`(detached ${commit})`, "clean", "-", `${place}/apart`, String.raw`(locked: on a\x09stick)`],
    ["changed", "+1 !1 ?1", "⇣1", `${place}/changed`],
    ["conflict", "✖1 merge", "-", `${place}/conflict`],
    ["gone", "gone", "-", `${place}/gone`],
    [""],
  ]);
  expect(await home.daemonPid()).toBeUndefined();
});

test("gity worktree list says how registered worktrees are watched, and what each takes on disk", async () => {
  await using home = await gityHome();
  using trees = shareWorktrees();
  const { main, linked } = trees;
  main.write("node_modules/large", Buffer.alloc(1 << 20, 1));
  await home.register(main.path);

  const { stdout } = await home.gity("worktree", "list", main.path);
  const list = await home.gityJson("worktree", "list", main.path);
  rmSync(linked.path, { recursive: true });
  const afterwards = await home.gity("worktree", "list", main.path);

  expect(stdout).toMatch(/^BRANCH +STATUS +UPSTREAM +WATCHED +SIZE +SHARED +WORKTREE\n/);
  expect(stdout).toMatch(/^main +clean +- +ready +1\.\d MiB +1\.\d MiB +/m);
  expect(list).toEqual({
    commonDir: main.gitDir,
    worktrees: [
      {
        root: main.path,
        branch: "main",
        commit: expect.any(String),
        isBare: false,
        isGone: false,
        isReplaced: false,
        lockReason: null,
        state: "ready",
        status: {
          upstream: null,
          ahead: null,
          behind: null,
          stash: 0,
          ...CLEAN,
          operation: null,
        },
        disk: { bytes: expect.any(Number), sharedBytes: expect.any(Number) },
      },
      expect.objectContaining({ root: linked.path, branch: "linked", state: "ready" }),
    ],
  });
  expect(afterwards.stdout).toMatch(/^linked +gone +- +- +- +- +/m);
});

test("gity worktree list shows no other repository's status for a worktree's", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("list", { files: { f: "1" } });
  using other = tempWorktree("other", { files: { g: "1" } });
  const [cloned, moved, standing] = ["cloned", "moved", "standing"].map((name) =>
    tree.addLinked(name),
  );
  await home.register(tree.path);
  for (const { path } of [cloned, moved].filter((each) => each !== undefined)) {
    rmSync(path, { recursive: true });
  }
  runGit(other.path, "clone", "--quiet", ".", cloned?.path ?? "");
  cloned?.write("mine", "");
  renameSync(standing?.path ?? "", moved?.path ?? "");

  const shown = await home.gity("worktree", "list", "--no-size", tree.path);
  const list = await home.gityJson("worktree", "list", tree.path);

  expect(shown).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^cloned +replaced +- +- +\//m),
    stderr: expect.stringContaining("hint: something else is where one was replaced"),
  });
  expect(list["worktrees"]).toMatchObject([
    { branch: "main", isGone: false, isReplaced: false },
    { branch: "cloned", isGone: true, isReplaced: true, status: null, disk: null },
    { branch: "moved", isGone: true, isReplaced: true, status: null },
    { branch: "standing", isGone: true, isReplaced: false, status: null },
  ]);
});

test("gity worktree list knows a bare repository, and names that are no text", async () => {
  await using home = await gityHome();
  using tree = tempWorktree("list", { files: { f: "1" } });
  const bare = tree.join("../bare");
  runGit(tree.path, "clone", "--quiet", "--bare", ".", bare);
  const script = `git -C "$1" worktree add --quiet -b new "$(printf '%s/../a\\377b' "$1")"`;
  Bun.spawnSync(["sh", "-c", script, "sh", bare]);

  expect(await home.gityJson("worktree", "list", bare)).toMatchObject({
    worktrees: [
      { root: bare, isBare: true, status: null, disk: null, state: null },
      {
        root: { base64: expect.any(String) },
        branch: "new",
        status: CLEAN,
        disk: { sharedBytes: 0 },
      },
    ],
  });
  expect((await home.gity("worktree", "list", bare)).stdout).toContain(String.raw`/a\377b"`);
});

test("gity worktree list fails outside of a repository", async () => {
  await using home = await gityHome();

  expect(await home.gity("worktree", "list", "/")).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining("error: '/' is not in a git repository"),
  });
});
