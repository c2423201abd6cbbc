/**
 * CHECKLIST E11 and E14: file systems that come and go inside, over and below a watched worktree.
 *
 * Goal: no mount makes `git status` wrong. Method: real mounts, compared with the oracle before,
 * during and after.
 */

import { expect } from "bun:test";
import { appendFileSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import { builtHelper } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { gityHome } from "../support/gity-home.ts";
import { fileSystemImage, mount, mountedAt, mountTest, run } from "../support/mounts.ts";
import { expectStatusMatchesOracle } from "../support/oracle.ts";
import { tempDir } from "../support/temp-dir.ts";
import { inotifyWatchesOf } from "../support/process-facts.ts";
import { openWorktree } from "../support/temp-worktree.ts";
import { watchedAt, type WatchedWorktree, watchedWorktree } from "../support/watched-worktree.ts";

const FILES = { "a/f": "1", "a/deep/er/f": "1", "b/f": "1", g: "1" };

/** Twice: the second status is the one that trusts what the first has stored. */
function checkTwice(watched: WatchedWorktree): void {
  watched.check();
  watched.check();
}

async function health(watched: WatchedWorktree): Promise<Record<string, unknown>> {
  return watched.home.gityJson("health", watched.tree.path);
}

/** Answered, once git was asked what it ignores, and right after a change in each of these directories. */
async function expectWatched(watched: WatchedWorktree, ...directories: string[]): Promise<void> {
  for (const directory of directories) {
    checkTwice(watched);
    // oxlint-disable-next-line no-await-in-loop
    await eventually(() => watched.isAnswered());
    writeFileSync(watched.tree.join(directory, "probe"), "");
    watched.check();
    appendFileSync(watched.tree.join(directory, "probe"), "more");
    rmSync(watched.tree.join(directory, "probe"));
    watched.check();
  }
}

mountTest("E11 a tmpfs mounted inside the tree, filled, and unmounted again", [], async () => {
  await using watched = await watchedWorktree("mount", { files: FILES });
  const { tree } = watched;
  for (const options of [[], ["--lazy"]]) {
    using inner = mount("-t", "tmpfs", "none", tree.join("a"));
    checkTwice(watched);
    expect(watched.status()).toBe(" D a/deep/er/f\n D a/f");
    await expectWatched(watched, "a", "b");
    mkdirSync(tree.join("a/new/deep"), { recursive: true });
    writeFileSync(tree.join("a/new/deep/f"), "");
    await expectWatched(watched, "a/new/deep");
    inner.unmount(...options);
    checkTwice(watched);
    expect(watched.status()).toBe("");
    await expectWatched(watched, "a", "a/deep/er", "b");
  }
  expect(await health(watched)).toMatchObject({
    state: "ready",
    resyncs: 0,
    watchedDirectories: 5,
  });
});

mountTest("E11 one mount follows the other at the same place", [], async () => {
  await using watched = await watchedWorktree("mount", { files: FILES });
  const { tree } = watched;
  for (let round = 0; round < 8; round += 1) {
    using inner = mount("-t", "tmpfs", "none", tree.join("a"));
    writeFileSync(tree.join("a", `only-${round}`), "");
    if (round % 2 === 0) {
      watched.check();
    }
    inner.unmount();
  }
  using _last = mount("-t", "tmpfs", "none", tree.join("a"));
  await expectWatched(watched, "a");
  // Stacked: only the upper one is visible.
  using upper = mount("-t", "tmpfs", "none", tree.join("a"));
  mkdirSync(tree.join("a/upper"));
  await expectWatched(watched, "a", "a/upper");
  upper.unmount();
  await expectWatched(watched, "a");
  expect(await health(watched)).toMatchObject({ state: "ready", resyncs: 0 });
});

mountTest(
  "E14 a loop device with ext4 inside the tree, busy while it is unmounted",
  ["mkfs.ext4"],
  async () => {
    using images = tempDir("image");
    fileSystemImage(images.join("disk"), "ext4");
    await using watched = await watchedWorktree("mount", { files: FILES });
    const { tree } = watched;
    using inner = mount("-o", "loop", images.join("disk"), tree.join("b"));
    for (let i = 0; i < 50; i += 1) {
      mkdirSync(tree.join(`b/d${i}/x`), { recursive: true });
    }
    await expectWatched(watched, "b", "b/d7/x");
    const guest = Bun.spawn(["sleep", "600"], { cwd: tree.join("b/d7") });
    inner.unmount("--lazy");
    await expectWatched(watched, "b");
    guest.kill();
    await guest.exited;
    await expectWatched(watched, "b", "a");
    using _again = mount("-o", "loop", images.join("disk"), tree.join("b"));
    await expectWatched(watched, "b", "b/d7/x");
  },
);

mountTest("E14 a bind mount from outside: events of the other side arrive", [], async () => {
  using outside = tempDir("outside");
  mkdirSync(outside.join("x/y"), { recursive: true });
  await using watched = await watchedWorktree("mount", { files: FILES });
  const { tree } = watched;
  using inner = mount("--bind", outside.path, tree.join("b"));
  await expectWatched(watched, "b", "b/x", "b/x/y");
  for (const path of ["f", "x/y/f", "new/f"]) {
    mkdirSync(outside.join("new"), { recursive: true });
    writeFileSync(outside.join(path), "1");
    watched.check();
    appendFileSync(outside.join(path), "2");
    checkTwice(watched);
  }
  renameSync(outside.join("x"), outside.join("moved"));
  writeFileSync(outside.join("moved/y/g"), "1");
  checkTwice(watched);
  inner.unmount();
  checkTwice(watched);
  expect(watched.status()).toBe("");
});

mountTest(
  "E14 a directory bound to a second place of the tree, or the root below itself",
  [],
  async () => {
    await using watched = await watchedWorktree("mount", { files: FILES });
    const { tree, home } = watched;
    for (const source of ["a", ""]) {
      using inner = mount("--bind", tree.join(source), tree.join("b"));
      // Events carry one of the two paths: nothing is answered but "/".
      for (const path of ["a/deep/er/f", source === "a" ? "b/deep/er/f" : "b/a/deep/er/f"]) {
        appendFileSync(tree.join(path), "more");
        checkTwice(watched);
        writeFileSync(tree.join(dirname(path), "new"), "");
        checkTwice(watched);
        expect(watched.isAnswered()).toBe(false);
        rmSync(tree.join(dirname(path), "new"));
        tree.git("checkout", "--quiet", "--", "a");
      }
      expect(await health(watched)).toMatchObject({
        state: "degraded",
        code: "UNSUPPORTED_FILE_SYSTEM",
      });
      // And the same when it was there before.
      await home.gity("unregister", tree.path);
      await home.gity("register", tree.path);
      checkTwice(watched);
      expect(watched.isAnswered()).toBe(false);
      inner.unmount();
      await eventually(async () => (await health(watched))["state"] === "ready");
      await expectWatched(watched, "a", "b", "a/deep/er", "");
      expect(watched.status()).toBe("");
    }
  },
);

mountTest("E14 a file bound over a file is reported with every answer", [], async () => {
  using outside = tempDir("outside");
  writeFileSync(outside.join("config"), "outside");
  await using watched = await watchedWorktree("mount", { files: FILES });
  const { tree } = watched;
  run("mount", "--bind", outside.join("config"), tree.join("b/f"));
  using inner = mountedAt(tree.join("b/f"));
  checkTwice(watched);
  expect(watched.status()).toBe(" M b/f");
  for (const content of ["1", "2", "1"]) {
    writeFileSync(outside.join("config"), content);
    watched.check();
  }
  inner.unmount();
  checkTwice(watched);
  expect(watched.status()).toBe("");
});

mountTest("E14 overlayfs: a lower file is copied up, a lower directory renamed", [], async () => {
  using layers = tempDir("layers");
  for (const name of ["lower/a/deep", "upper", "work"]) {
    mkdirSync(layers.join(name), { recursive: true });
  }
  writeFileSync(layers.join("lower/a/deep/f"), "lower");
  await using watched = await watchedWorktree("mount", { files: FILES });
  const { tree } = watched;
  const options = ["lower", "upper", "work"].map((name) => `${name}dir=${layers.join(name)}`);
  using inner = mount("-t", "overlay", "none", "-o", options.join(","), tree.join("b"));
  tree.git("add", "--all");
  tree.git("commit", "--quiet", "--message=overlay");
  await expectWatched(watched, "b");
  appendFileSync(tree.join("b/a/deep/f"), "changed");
  checkTwice(watched);
  expect(watched.status()).toBe(" M b/a/deep/f");
  run("mv", tree.join("b/a"), tree.join("b/moved"));
  await expectWatched(watched, "b/moved/deep", "b");
  inner.unmount();
  checkTwice(watched);
});

mountTest("E14 a worktree on overlayfs is watched", [], async () => {
  using layers = tempDir("layers");
  for (const name of ["lower/tree/a", "upper", "work", "merged"]) {
    mkdirSync(layers.join(name), { recursive: true });
  }
  writeFileSync(layers.join("lower/tree/a/f"), "lower");
  run("git", "-C", layers.join("lower/tree"), "init", "--quiet");
  run("git", "-C", layers.join("lower/tree"), "add", "--all");
  run("git", "-C", layers.join("lower/tree"), "commit", "--quiet", "--message=start");
  const options = ["lower", "upper", "work"].map((name) => `${name}dir=${layers.join(name)}`);
  using _overlay = mount("-t", "overlay", "none", "-o", options.join(","), layers.join("merged"));
  await using watched = await watchedAt(openWorktree(layers.join("merged/tree")));
  await expectWatched(watched, "a", "");
  appendFileSync(watched.tree.join("a/f"), "changed");
  watched.check();
});

mountTest(
  "E14 btrfs: a subvolume in the tree, made, snapshotted and deleted",
  ["mkfs.btrfs", "btrfs"],
  async () => {
    using images = tempDir("image");
    fileSystemImage(images.join("disk"), "btrfs");
    using _disk = mount("-o", "loop", images.join("disk"), images.join("mnt"));
    mkdirSync(images.join("mnt/tree"));
    run("git", "-C", images.join("mnt/tree"), "init", "--quiet");
    run(
      "git",
      "-C",
      images.join("mnt/tree"),
      "commit",
      "--quiet",
      "--allow-empty",
      "--message=start",
    );
    await using watched = await watchedAt(openWorktree(images.join("mnt/tree")));
    const { tree } = watched;
    run("btrfs", "-q", "subvolume", "create", tree.join("sub"));
    mkdirSync(tree.join("sub/x/y"), { recursive: true });
    await expectWatched(watched, "sub", "sub/x/y");
    writeFileSync(tree.join("sub/x/y/f"), "");
    run("btrfs", "-q", "subvolume", "snapshot", tree.join("sub"), tree.join("snap"));
    await expectWatched(watched, "snap", "snap/x/y", "");
    run("btrfs", "-q", "subvolume", "delete", tree.join("sub"));
    checkTwice(watched);
    expect(watched.status()).toBe("?? snap/");
  },
);

mountTest("E14 FUSE inside the tree: '/', unless git ignores the place", ["bindfs"], async () => {
  using outside = tempDir("outside");
  mkdirSync(outside.join("x/y"), { recursive: true });
  await using watched = await watchedWorktree("mount", {
    files: { ...FILES, ".gitignore": "ignored/\n" },
    directories: ["ignored/here"],
  });
  const { tree, home } = watched;
  const mountFuse = (place: string): void => {
    run("bindfs", "-o", "nonempty,attr_timeout=0,entry_timeout=0", outside.path, tree.join(place));
  };
  mountFuse("ignored/here");
  using ignored = mountedAt(tree.join("ignored/here"));
  await expectWatched(watched, "a", "b");
  mountFuse("b");
  using inner = mountedAt(tree.join("b"));
  checkTwice(watched);
  for (const path of ["x/y/f", "x/g", "h"]) {
    // Behind the kernel's back: no event tells of these.
    writeFileSync(outside.join(path), "1");
    checkTwice(watched);
  }
  expect(watched.isAnswered()).toBe(false);
  expect(await health(watched)).toMatchObject({
    state: "degraded",
    code: "UNSUPPORTED_FILE_SYSTEM",
    reason: `cannot watch '${tree.join("b")}': not every change on fuse can be seen from here`,
    cure: "unmount it, mount it elsewhere, or let git ignore it",
  });
  await home.gity("unregister", tree.path);
  expect((await home.gity("register", tree.path)).exitCode).toBe(7);
  inner.unmount();
  expect((await home.gity("register", tree.path)).exitCode).toBe(0);
  await expectWatched(watched, "a", "b");
  // No longer ignored, it is in the way.
  writeFileSync(tree.join(".gitignore"), "");
  checkTwice(watched);
  await eventually(async () => (await health(watched))["code"] === "UNSUPPORTED_FILE_SYSTEM");
  writeFileSync(outside.join("x/y/late"), "1");
  watched.check();
  ignored.unmount();
  await eventually(async () => (await health(watched))["state"] === "ready");
  // After "/" git trusts the times of directories, and an unmount changes none of the one above:
  // its untracked cache is wrong by itself, and put right by the next answer.
  watched.status();
  await expectWatched(watched, "ignored/here");
});

mountTest(
  "E14 a worktree on FUSE is refused, and not watched when its git asks",
  ["bindfs"],
  async () => {
    using outside = tempDir("outside");
    mkdirSync(outside.join("tree"));
    run("git", "-C", outside.join("tree"), "init", "--quiet");
    mkdirSync(outside.join("mnt"));
    run("bindfs", "-o", "attr_timeout=0,entry_timeout=0", outside.path, outside.join("mnt"));
    using _fuse = mountedAt(outside.join("mnt"));
    const root = outside.join("mnt/tree");
    await using home = await gityHome();
    const { exitCode, stderr } = await home.gity("register", root);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 7,
      stderr:
        `error: cannot watch '${root}': not every change on fuse can be seen from here\n` +
        "hint: keep the worktree on a local file system\n",
    });
    expect(await home.gityJson("list")).toEqual({ repositories: [] });
    run("git", "-C", root, "config", "core.fsmonitor", builtHelper());
    run("git", "-C", root, "config", "core.fsmonitorHookVersion", "2");
    const environment = { GITY_HOME: home.path };
    await eventually(async () => {
      expectStatusMatchesOracle(root, environment);
      return (await home.gityJson("daemon", "status"))["worktrees"] === 1;
    });
    for (const name of ["a", "b"]) {
      // Behind the kernel's back.
      writeFileSync(outside.join("tree", name), "");
      expectStatusMatchesOracle(root, environment);
    }
    expect(await home.gityJson("health", root)).toMatchObject({ code: "UNSUPPORTED_FILE_SYSTEM" });
    expect(inotifyWatchesOf((await home.daemonPid()) ?? 0)).toBe(0);
  },
);

mountTest("E11 a file system mounted over the root, and taken away", [], async () => {
  await using watched = await watchedWorktree("mount", { files: FILES });
  const { tree } = watched;
  for (const place of [tree.path, tree.join("..")]) {
    using over = mount("-t", "tmpfs", "none", place);
    expect(await health(watched)).toMatchObject({ state: "degraded", code: "WORKTREE_GONE" });
    over.unmount("--lazy");
    // oxlint-disable-next-line no-await-in-loop
    await eventually(async () => (await health(watched))["state"] === "ready");
    await expectWatched(watched, "a/deep", "");
  }
  using over = mount("-t", "tmpfs", "none", tree.join(".git"));
  expect(await health(watched)).not.toMatchObject({ state: "ready", resyncs: 0 });
  // Busy: the daemon listens in it.
  over.unmount("--lazy");
  await eventually(async () => {
    const { state } = await health(watched);
    return state === "ready" && watched.isAnswered();
  });
  await expectWatched(watched, "a/deep", "");
});

mountTest(
  "E11 the worktree's own file system is unmounted, and mounted again",
  ["mkfs.ext4"],
  async () => {
    using images = tempDir("image");
    fileSystemImage(images.join("disk"), "ext4");
    const mountDisk = () => mount("-o", "loop", images.join("disk"), images.join("mnt"));
    using disk = mountDisk();
    mkdirSync(images.join("mnt/tree/a"), { recursive: true });
    run("git", "-C", images.join("mnt/tree"), "init", "--quiet");
    run(
      "git",
      "-C",
      images.join("mnt/tree"),
      "commit",
      "--quiet",
      "--allow-empty",
      "--message=start",
    );
    await using watched = await watchedAt(openWorktree(images.join("mnt/tree")));
    await expectWatched(watched, "a");
    // The daemon has files open on it: the log, and its socket.
    disk.unmount("--lazy");
    await eventually(async () => (await health(watched))["code"] === "WORKTREE_GONE");
    using _again = mountDisk();
    await eventually(async () => (await health(watched))["state"] === "ready");
    await expectWatched(watched, "a", "");
  },
);

mountTest("E11 a full disk, with room again afterwards", [], async () => {
  using disk = tempDir("disk");
  using _small = mount("-t", "tmpfs", "-o", "size=2m", "none", disk.path);
  mkdirSync(disk.join("tree/a"), { recursive: true });
  run("git", "-C", disk.join("tree"), "init", "--quiet");
  writeFileSync(disk.join("tree/a/f"), "1");
  run("git", "-C", disk.join("tree"), "add", "--all");
  run("git", "-C", disk.join("tree"), "commit", "--quiet", "--message=start");
  await using watched = await watchedAt(openWorktree(disk.join("tree")));
  const { tree } = watched;
  await expectWatched(watched, "a");
  const checkReading = (): void => {
    // Without room for a new index git gives up, unless it is told not to write one.
    expectStatusMatchesOracle(tree.path, { GIT_OPTIONAL_LOCKS: "0" });
  };
  for (let round = 0; round < 2; round += 1) {
    const fill = Bun.spawnSync(["cp", "/dev/zero", disk.join("filler")], { stderr: "pipe" });
    expect(fill.stderr.toString()).toContain("No space left");
    for (let i = 0; i < 4; i += 1) {
      // No block is needed for any of these.
      mkdirSync(tree.join(`empty${round}${i}`));
      writeFileSync(tree.join(`a/new${round}${i}`), "");
      checkReading();
      renameSync(tree.join(`a/new${round}${i}`), tree.join(`empty${round}${i}/moved`));
      checkReading();
    }
    rmSync(disk.join("filler"));
    await expectWatched(watched, "a", `empty${round}3`);
  }
  expect(await health(watched)).toMatchObject({ state: "ready" });
});
