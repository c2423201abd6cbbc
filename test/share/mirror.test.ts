/** Mirrors on real file systems: in their place as a whole, or not there at all. */

import { expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import { errnoForTest, libc } from "../../src/ffi/libc.ts";
import { Aside, removeLeftovers } from "../../src/share/aside.ts";
import { type MirrorOutcome, type MirrorProgress, standingBelow } from "../../src/share/mirror.ts";
import { eventually } from "../support/eventually.ts";
import { fileSystemImage, mount, mountTest, run } from "../support/mounts.ts";
import { rejection } from "../support/rejection.ts";
import { tempDir } from "../support/temp-dir.ts";
import { wholeTree } from "../support/whole-tree.ts";
import { tallyOf, type Worktrees, worktrees } from "./mirror-fixture.ts";

test("mirror() takes the place of nothing, and of an empty directory", async () => {
  using trees = worktrees("mirror");
  trees.write("a", "1");

  tallyOf(await trees.mirror());
  rmSync(trees.target(), { recursive: true });
  mkdirSync(trees.target());
  tallyOf(await trees.mirror());

  expect(wholeTree(trees.target())).toEqual(wholeTree(trees.source()));
});

test("mirror() never touches what is there", async () => {
  using trees = worktrees("mirror");
  trees.write("a", "1");
  mkdirSync(trees.target());
  writeFileSync(trees.target("mine"), "mine");
  const before = wholeTree(trees.target());

  expect(await trees.mirror()).toEqual({ kind: "present", reason: "it is there already" });
  expect(wholeTree(trees.target())).toEqual(before);
  rmSync(trees.target(), { recursive: true });
  writeFileSync(trees.target(), "a file");
  expect(await trees.mirror({ isReplacing: true })).toMatchObject({ kind: "present" });
  rmSync(trees.target());
  symlinkSync(`${trees.root}/elsewhere`, trees.target());
  mkdirSync(`${trees.root}/elsewhere`);
  expect(await trees.mirror({ isReplacing: true })).toMatchObject({ kind: "present" });
  expect(readdirSync(`${trees.root}/elsewhere`)).toEqual([]);
});

test("mirror() replaces on demand what is not newer, and nothing is left of it", async () => {
  using trees = worktrees("mirror");
  trees.write("a", "1");
  mkdirSync(trees.target("closed"), { recursive: true });
  writeFileSync(trees.target("closed/old"), "old");
  chmodSync(trees.target("closed"), 0o555);
  for (const path of ["closed/old", "closed", ""]) {
    utimesSync(trees.target(path), 1000, 1000);
  }

  tallyOf(await trees.mirror({ isReplacing: true }));

  expect(wholeTree(trees.target())).toEqual(wholeTree(trees.source()));
  expect(existsSync(trees.aside)).toBe(false);
});

test("mirror() never goes on with what it has replaced", async () => {
  using trees = worktrees("mirror");
  trees.write("a", "new");
  mkdirSync(trees.target());
  writeFileSync(trees.target("a"), "old");
  for (const path of [trees.target("a"), trees.target(), trees.source("a"), trees.source()]) {
    utimesSync(path, 1000, 1000);
  }
  const share = join(trees.aside, "share");
  const real = libc.renameat2;
  using _restored = { [Symbol.dispose]: () => void (libc.renameat2 = real) };
  const left: string[] = [];
  libc.renameat2 = (...args) => {
    left.push(...readdirSync(share, { recursive: true, encoding: "utf8" }));
    return real(...args);
  };

  tallyOf(await trees.mirror({ isReplacing: true }));

  expect(left.some((name) => name.endsWith("tree/a"))).toBe(true);
  expect(left.filter((name) => name.endsWith("record"))).toEqual([]);
  expect(readFileSync(trees.target("a"), "utf8")).toBe("new");
});

test("mirror() does not replace a repository, however old", async () => {
  using trees = worktrees("mirror");
  trees.write("a", "1");
  mkdirSync(trees.target("src/clone/.git"), { recursive: true });
  for (const path of ["src/clone/.git", "src/clone", "src", ""]) {
    utimesSync(trees.target(path), 1000, 1000);
  }

  expect(await trees.mirror({ isReplacing: true })).toEqual({
    kind: "present",
    reason: "what is there holds a repository, in 'src/clone'",
  });
});

test("mirror() does not replace what is newer, nor what becomes newer in the last moment", async () => {
  using trees = worktrees("mirror");
  trees.write("a", "1");
  utimesSync(trees.source("a"), 2000, 2000);
  utimesSync(trees.source(), 2000, 2000);
  mkdirSync(trees.target());
  writeFileSync(trees.target("mine"), "mine");

  expect(await trees.mirror({ isReplacing: true })).toMatchObject({
    reason: "what is there is newer",
  });
  utimesSync(trees.target("mine"), 1000, 1000);
  utimesSync(trees.target(), 1000, 1000);
  const real = libc.renameat2;
  libc.renameat2 = (...args) => {
    libc.renameat2 = real;
    writeFileSync(trees.target("mine"), "newer");
    return real(...args);
  };
  expect(await trees.mirror({ isReplacing: true })).toMatchObject({ kind: "present" });

  expect(readFileSync(trees.target("mine"), "utf8")).toBe("newer");
  expect(existsSync(trees.aside)).toBe(false);
});

test("mirror() leaves alone what appears in its place meanwhile", async () => {
  using trees = worktrees("mirror");
  trees.write("a", "1");

  const outcome = await trees.mirror({
    onProgress: () => {
      mkdirSync(trees.target(), { recursive: true });
      writeFileSync(trees.target("mine"), "mine");
    },
  });

  expect(outcome).toEqual({ kind: "present", reason: "it appeared meanwhile" });
  expect(readdirSync(trees.target())).toEqual(["mine"]);
});

test("mirror() leaves nothing in a worktree that git removes meanwhile", async () => {
  using trees = worktrees("mirror");
  trees.write("a", "1");
  const targetGitDir = join(trees.root, "git");
  const link = join(trees.root, "target/.git");
  mkdirSync(targetGitDir);
  rmSync(link, { recursive: true });
  writeFileSync(link, "gitdir: ../git");

  const onProgress = (): void => {
    rmSync(link, { force: true });
  };
  expect(await rejection(trees.mirror({ targetGitDir, onProgress }))).toMatchObject({
    code: "SHARE_FAILED",
  });
  expect(readdirSync(join(trees.root, "target"))).toEqual([]);
});

test.each(["gity", "gity/share/lock", "ID/tree", "ID/tree/d", "ID/tree/d/b"])(
  "mirror() puts nothing in place once somebody has removed %s",
  async (removed) => {
    using trees = worktrees("mirror");
    trees.write("a", "1");
    trees.write("d/b", "1");
    const share = join(trees.aside, "share");
    let checks = 0;
    const onProgress = ({ phase }: MirrorProgress): void => {
      checks += phase === "checking" ? 1 : 0;
      // Each time: what was made a moment ago is copied once more.
      if (checks > 0 && existsSync(share)) {
        const [id = ""] = readdirSync(share).filter((name) => name !== "lock");
        const path = removed.replace("ID", `gity/share/${id}`);
        rmSync(join(trees.aside, "..", path), { recursive: true, force: true });
      }
    };

    expect(await rejection(trees.mirror({ onProgress }))).toMatchObject({ code: "SHARE_FAILED" });

    expect(checks).toBeGreaterThan(0);
    expect(existsSync(trees.target())).toBe(false);
  },
);

test("mirror() does without renameat2(2) where there is none", async () => {
  using trees = worktrees("mirror");
  trees.write("a", "1");
  const real = libc.renameat2;
  using _restored = { [Symbol.dispose]: () => void (libc.renameat2 = real) };
  libc.renameat2 = () => {
    errnoForTest.value = 22;
    queueMicrotask(() => void (errnoForTest.value = 0));
    return -1;
  };

  // The errno of the test stays until the end of the turn: only failures read it.
  tallyOf(await trees.mirror());

  expect(readdirSync(trees.target())).toEqual(["a"]);
});

test("mirror() follows no link on the way to either place", async () => {
  using trees = worktrees("mirror");
  mkdirSync(`${trees.root}/outside/sub`, { recursive: true });
  writeFileSync(`${trees.root}/outside/sub/stolen`, "x");
  symlinkSync(`${trees.root}/outside`, `${trees.root}/source/link`);
  mkdirSync(`${trees.root}/source/way/sub`, { recursive: true });
  writeFileSync(`${trees.root}/source/way/sub/file`, "x");
  symlinkSync(`${trees.root}/outside`, `${trees.root}/target/way`);

  expect(await rejection(trees.mirror({ path: "link/sub" }))).toMatchObject({
    code: "SHARE_FAILED",
  });
  expect(await trees.mirror({ path: "way/sub" })).toMatchObject({ kind: "present" });
  expect(standingBelow(`${trees.root}/target`, "way/sub")).toBe("blocked");
  expect(readdirSync(`${trees.root}/outside/sub`)).toEqual(["stolen"]);
});

test("mirror() makes the folders above it", async () => {
  using trees = worktrees("mirror");
  mkdirSync(`${trees.root}/source/vendor/bundle`, { recursive: true });
  writeFileSync(`${trees.root}/source/vendor/bundle/gem`, "x");

  tallyOf(await trees.mirror({ path: "vendor/bundle" }));

  expect(readFileSync(`${trees.root}/target/vendor/bundle/gem`, "utf8")).toBe("x");
});

test("mirror() lets one mirror into a worktree at a time, and goes on when that one is gone", async () => {
  using trees = worktrees("mirror");
  trees.write("a", "1");
  {
    using _other = Aside.open(`${trees.root}/target/.git`);
    expect(await rejection(trees.mirror({ turnMsMax: 100 }))).toMatchObject({
      code: "SHARE_FAILED",
      message: expect.stringContaining("another 'gity share' is at work"),
    });
    const aborted = AbortSignal.abort();
    expect(await rejection(trees.mirror({ signal: aborted }))).toMatchObject({
      code: "INTERRUPTED",
    });
  }
  const both = await Promise.all([trees.mirror(), trees.mirror()]);

  expect(both.map(({ kind }) => kind).toSorted()).toEqual(["present", "pulled"]);
  expect(wholeTree(trees.target())).toEqual(wholeTree(trees.source()));
});

test("mirror() goes on after a process that was killed in the middle", async () => {
  using trees = worktrees("mirror");
  for (let i = 0; i < 4000; i += 1) {
    trees.write(`d${i % 40}/f${i}`, `content ${i}`);
  }
  const command = [
    process.execPath,
    join(import.meta.dir, "mirror-process.ts"),
    `${trees.root}/source`,
    `${trees.root}/target`,
    `${trees.root}/target/.git`,
    "cache",
  ];
  await using child = Bun.spawn(command, { stderr: "inherit" });
  const share = join(trees.aside, "share");
  await eventually(
    () => existsSync(share) && readdirSync(share, { recursive: true }).length > 500,
    { what: "a part of the mirror" },
  );
  child.kill("SIGKILL");
  await child.exited;
  const wasKilled = child.signalCode === "SIGKILL";

  const isThere = existsSync(trees.target());
  const outcome = await trees.mirror();

  expect({ wasKilled, isThere, kind: outcome.kind }).toEqual({
    wasKilled: true,
    isThere: false,
    kind: "pulled",
  });
  expect(wholeTree(trees.target())).toEqual(wholeTree(trees.source()));
  expect(existsSync(trees.aside)).toBe(false);
});

test("mirror() has what it copied on the disk before it is in its place", async () => {
  using trees = worktrees("mirror");
  trees.write("a", "1");
  const { syncfs } = libc;
  using _restored = { [Symbol.dispose]: () => void (libc.syncfs = syncfs) };
  const wasThere: boolean[] = [];
  libc.syncfs = (...args) => {
    wasThere.push(existsSync(trees.target()));
    return syncfs(...args);
  };

  const first = tallyOf(await trees.mirror());
  rmSync(trees.target(), { recursive: true });
  const linked = tallyOf(await trees.mirror({ hasHardLinks: true }));

  expect(wasThere).toEqual([first, linked].filter((each) => each.copiedBytes > 0).map(() => false));
});

test("mirror() never removes what it was replacing when it was killed", async () => {
  using trees = worktrees("mirror");
  trees.write("a", "1");
  writeOld(trees);
  const command = [
    process.execPath,
    join(import.meta.dir, "mirror-process.ts"),
    `${trees.root}/source`,
    `${trees.root}/target`,
    `${trees.root}/target/.git`,
    "cache",
    "exchange",
  ];
  await using child = Bun.spawn(command, { stderr: "inherit" });
  await child.exited;
  expect(child.signalCode).toBe("SIGKILL");
  expect(readdirSync(trees.target())).toEqual(["a"]);

  // Another mirror sweeps, and so does who unregisters.
  mkdirSync(`${trees.root}/source/other`);
  writeFileSync(`${trees.root}/source/other/x`, "x");
  tallyOf(await trees.mirror({ path: "other" }));
  expect(removeLeftovers(`${trees.root}/target/.git`)).toEqual([
    expect.stringMatching(/target\/.git\/gity\/share\/[0-9a-f]{16}\/tree$/),
  ]);
  expect(keptIn(trees)).toEqual(["old"]);
  utimesSync(trees.target("a"), 1000, 1000);
  utimesSync(trees.target(), 1000, 1000);
  expect(await rejection(trees.mirror({ isReplacing: true }))).toMatchObject({
    code: "SHARE_FAILED",
    message: expect.stringContaining("what was there is in"),
  });
  expect(keptIn(trees)).toEqual(["old"]);
});

test("mirror() that replaces loses nothing when any call fails", async () => {
  const calls = Object.keys(libc).filter((name) => name !== "close") as (keyof typeof libc)[];
  for (const call of calls) {
    for (let when = 1; when < 200; when = Math.ceil(when * 1.3) + 1) {
      using trees = worktrees("faults");
      trees.write("a", "1");
      writeOld(trees);
      const real = libc[call];
      let count = 0;
      libc[call] = (...args) => {
        count += 1;
        errnoForTest.value = count === when ? 5 : 0;
        return count === when ? -1 : real(...args);
      };
      let failure: unknown;
      let outcome: MirrorOutcome | undefined;
      try {
        // oxlint-disable-next-line no-await-in-loop
        outcome = await trees.mirror({ isReplacing: true });
      } catch (error) {
        failure = error;
      } finally {
        libc[call] = real;
        errnoForTest.value = 0;
      }
      if (count < when) {
        break;
      }

      const place = `${call} ${when}`;
      if (outcome?.kind === "pulled") {
        expect([place, wholeTree(trees.target())]).toEqual([place, wholeTree(trees.source())]);
        continue;
      }
      const isInPlace = existsSync(trees.target("old"));
      expect([place, isInPlace ? ["old"] : keptIn(trees)]).toEqual([place, ["old"]]);
      if (outcome === undefined) {
        const message = isInPlace ? "" : "what was there is in";
        expect({ place, failure }).toMatchObject({
          failure: { code: "SHARE_FAILED", message: expect.stringContaining(message) },
        });
      }
    }
  }
});

/** In the mirror's place, older than the source. */
function writeOld(trees: Worktrees): void {
  mkdirSync(trees.target());
  writeFileSync(trees.target("old"), "mine");
  utimesSync(trees.target("old"), 1000, 1000);
  utimesSync(trees.target(), 1000, 1000);
}

/** What is kept of what was replaced. */
function keptIn(trees: Worktrees): readonly string[] {
  const share = join(trees.aside, "share");
  const ids = existsSync(share) ? readdirSync(share) : [];
  return ids.flatMap((id) => {
    const tree = join(share, id, "tree");
    return existsSync(tree) ? readdirSync(tree) : [];
  });
}

test("mirror() puts nothing in place when any call fails, and is right when it succeeds all the same", async () => {
  const calls = Object.keys(libc).filter((name) => name !== "close") as (keyof typeof libc)[];
  for (const call of calls) {
    for (let when = 1; when < 60; when = when * 2 + 1) {
      using trees = worktrees("faults");
      trees.write("a/b", "1");
      trees.write("a/c", "2");
      symlinkSync("a", trees.source("link"));
      const real = libc[call];
      let count = 0;
      libc[call] = (...args) => {
        count += 1;
        errnoForTest.value = count === when ? 5 : 0;
        return count === when ? -1 : real(...args);
      };
      let failure: unknown;
      let outcome: MirrorOutcome | undefined;
      try {
        // oxlint-disable-next-line no-await-in-loop
        outcome = await trees.mirror();
      } catch (error) {
        failure = error;
      } finally {
        libc[call] = real;
        errnoForTest.value = 0;
      }
      if (count < when) {
        break;
      }

      const place = `${call} ${when}`;
      if (outcome?.kind === "pulled") {
        expect([place, wholeTree(trees.target())]).toEqual([place, wholeTree(trees.source())]);
      } else if (outcome === undefined) {
        expect({ place, failure }).toMatchObject({ failure: { code: "SHARE_FAILED" } });
      } else {
        expect([place, existsSync(trees.target())]).toEqual([place, false]);
      }
    }
  }
});

mountTest(
  "mirror() shares content on btrfs, and takes next to no room for it",
  ["mkfs.btrfs"],
  async () => {
    using folder = tempDir("btrfs");
    fileSystemImage(folder.join("image"), "btrfs");
    using _mount = mount("--options", "loop", folder.join("image"), folder.join("disk"));
    using trees = worktrees("btrfs", folder.join("disk"));
    trees.write("large", Buffer.alloc(30 << 20, "content"));
    trees.write("small", "inline");
    run("sync", "-f", folder.join("disk"));
    const before = usedBytes(folder.join("disk"));

    const tally = tallyOf(await trees.mirror());

    run("sync", "-f", folder.join("disk"));
    expect(tally).toMatchObject({ sharedBytes: (30 << 20) + 6, copiedBytes: 0 });
    expect(wholeTree(trees.target())).toEqual(wholeTree(trees.source()));
    expect(usedBytes(folder.join("disk")) - before).toBeLessThan(8 << 20);
    // Shared, not the same.
    writeFileSync(trees.target("small"), "changed");
    expect(readFileSync(trees.source("small"), "utf8")).toBe("inline");
  },
);

mountTest(
  "mirror() refuses a worktree on another file system than its git directory",
  [],
  async () => {
    using folder = tempDir("mirror-mount");
    mkdirSync(folder.join("target/.git"), { recursive: true });
    using _mount = mount("-t", "tmpfs", "none", folder.join("target/.git"));
    using trees = worktrees("mirror-mount", folder.path);
    trees.write("a", "1");

    expect(await rejection(trees.mirror())).toMatchObject({
      code: "SHARE_FAILED",
      message: expect.stringContaining("different file systems"),
    });
    expect(existsSync(trees.target())).toBe(false);
  },
);

mountTest("mirror() does not replace what something is mounted in", [], async () => {
  for (const options of [
    ["--bind", "outside"],
    ["-t", "tmpfs", "none"],
  ]) {
    using trees = worktrees("mirror-mount");
    trees.write("a", "1");
    mkdirSync(trees.target("data"), { recursive: true });
    mkdirSync(join(trees.root, "outside"));
    const way = options.map((each) => (each === "outside" ? join(trees.root, each) : each));
    using _mount = mount(...way, trees.target("data"));
    writeFileSync(trees.target("data/mine"), "mine");
    for (const path of ["data/mine", "data", ""]) {
      utimesSync(trees.target(path), 1000, 1000);
    }

    // oxlint-disable-next-line no-await-in-loop
    expect(await trees.mirror({ isReplacing: true })).toEqual({
      kind: "present",
      reason: `a file system is mounted there, at '${trees.target("data")}'`,
    });
    expect(readFileSync(trees.target("data/mine"), "utf8")).toBe("mine");
  }
});

mountTest(
  "mirror() does not replace what something is mounted in at the last moment",
  [],
  async () => {
    using trees = worktrees("mirror-mount");
    trees.write("a", "1");
    mkdirSync(trees.target("data"), { recursive: true });
    utimesSync(trees.target("data"), 1000, 1000);
    utimesSync(trees.target(), 1000, 1000);
    using stack = new DisposableStack();
    const real = libc.renameat2;
    libc.renameat2 = (...args) => {
      libc.renameat2 = real;
      stack.use(mount("-t", "tmpfs", "none", trees.target("data")));
      writeFileSync(trees.target("data/mine"), "mine");
      return real(...args);
    };

    await trees.mirror({ isReplacing: true });

    // It went where the directory went: nothing in it was removed.
    const left = readdirSync(trees.root, { recursive: true, encoding: "utf8" });
    expect(left.filter((name) => name.endsWith("data/mine"))).toHaveLength(1);
    for (const name of left.filter((each) => each.endsWith("data/mine"))) {
      run("umount", join(trees.root, name, ".."));
    }
  },
);

mountTest("mirror() on a full disk says what to do, and leaves nothing", [], async () => {
  using folder = tempDir("full");
  using _mount = mount("-t", "tmpfs", "-o", "size=3m", "none", folder.join("disk/target"));
  using trees = worktrees("full", folder.join("disk"));
  for (let i = 0; i < 8; i += 1) {
    trees.write(`d${i}/file`, Buffer.alloc(1 << 20, "x"));
  }
  mkdirSync(trees.target());

  expect(await rejection(trees.mirror())).toMatchObject({
    code: "SHARE_FAILED",
    message: expect.stringContaining("no space left on device"),
    hint: expect.stringContaining("make room"),
  });
  expect(readdirSync(trees.target())).toEqual([]);
  expect(existsSync(trees.aside)).toBe(false);
});

mountTest("mirror() copies from another file system, holes and all", [], async () => {
  using folder = tempDir("across");
  using _mount = mount("-t", "tmpfs", "-o", "size=20m", "none", folder.join("disk/source"));
  using trees = worktrees("across", folder.join("disk"));
  trees.write("a", "1");
  trees.write("large", Buffer.alloc(9 << 20, "abc"));
  trees.write("sparse", "");
  truncateSync(trees.source("sparse"), 50 << 20);

  const tally = tallyOf(await trees.mirror());

  expect(wholeTree(trees.target())).toEqual(wholeTree(trees.source()));
  expect(tally.sharedBytes).toBe(0);
  // What was made a moment ago is copied twice: see [M3].
  expect(tally.copiedBytes).toBeGreaterThan(9 << 20);
  expect(statSync(trees.target("sparse")).blocks).toBe(0);
});

function usedBytes(disk: string): number {
  const { stdout } = Bun.spawnSync(["df", "--block-size=1", "--output=used", disk]);
  return Number(stdout.toString().split("\n")[1]);
}
