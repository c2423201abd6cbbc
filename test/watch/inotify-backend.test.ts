/** What is special about inotify, beside the contract of every back end. */

import { expect, test } from "bun:test";
import {
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

import type { BytePath } from "../../src/base/brands.ts";
import { libc } from "../../src/ffi/libc.ts";
import { ExcludedPaths } from "../../src/watch/excluded-paths.ts";
import { InotifyBackend } from "../../src/watch/inotify-backend.ts";
import { InotifyPool } from "../../src/watch/inotify-instance.ts";
import { walk } from "../../src/watch/walk.ts";
import { countCalls, failCall } from "../support/faults.ts";
import { runGit } from "../support/run-git.ts";
import { exchange } from "../support/system-calls.ts";
import { mount, mountTest } from "../support/mounts.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";
import { watchBackendContract, type Watched, watchTree } from "./contract.ts";

function watch(prepare?: (root: TempDir) => void): Watched {
  return watchTree(
    (root, sink) =>
      new InotifyBackend(root, sink, { pool: new InotifyPool(), excluded: new ExcludedPaths() }),
    (backend, root) => backend.cover(walk(root, backend.fd).table),
    prepare,
  );
}

watchBackendContract("inotify", watch);

test("inotify: E5 two directories that swap names keep their own contents apart", () => {
  using tree = watch((root) => {
    mkdirSync(root.join("a/in-a"), { recursive: true });
    mkdirSync(root.join("b/in-b"), { recursive: true });
  });
  const at = (name: string): string => tree.root.join(name);
  renameSync(at("a"), at("t"));
  renameSync(at("b"), at("a"));
  renameSync(at("t"), at("b"));
  tree.changes();
  writeFileSync(at("a/in-b/f"), "");
  writeFileSync(at("b/in-a/f"), "");
  expect(tree.changes()).toEqual(["a/in-b/f", "b/in-a/f"]);
});

test.each([
  ["p", "q"],
  ["p", "q/y"],
  ["p/x", "q/y"],
  ["p", "file"],
  ["p/x", "p/file"],
])("inotify: E5 %s and %s exchanged in one step are both watched afterwards", (a, b) => {
  using tree = watch((root) => {
    mkdirSync(root.join("p/x"), { recursive: true });
    mkdirSync(root.join("q/y"), { recursive: true });
    writeFileSync(root.join("file"), "");
    writeFileSync(root.join("p/file"), "");
  });
  for (let round = 0; round < 3; round += 1) {
    exchange(tree.root.join(a), tree.root.join(b));
    tree.changes();
    for (const place of [a, b]) {
      if (statSync(tree.root.join(place)).isDirectory()) {
        writeFileSync(tree.root.join(place, `new${round}`), "");
        expect(tree.changes()).toEqual([`${place}/new${round}`]);
      }
    }
  }
});

test("inotify: E4 each of many new directories is listed once, whatever tells of it how often", () => {
  using tree = watch();
  const made: string[] = [];
  for (let i = 0; i < 30; i += 1) {
    made.push(`d/${i}`, `d/${i}/below`, `d/${i}/below/deep`);
  }
  using opened = countCalls("open");
  using listed = countCalls("getdents64");
  for (const path of made) {
    mkdirSync(tree.root.join(path), { recursive: true });
    tree.backend.drain();
    tree.backend.settle(0);
  }
  // As cp(1) and tar(1) do last, from the deepest to the top.
  for (const path of [...made, "d"].toReversed()) {
    utimesSync(tree.root.join(path), 1, 1);
    tree.backend.drain();
    tree.backend.settle(0);
  }
  expect(tree.changes()).toContain("list:d/29/below/deep");
  const directories = made.length + 1;
  expect(opened.calls).toBe(directories);
  // What is in it, and that there is no more.
  expect(listed.calls).toBeLessThanOrEqual(2 * directories);
});

test("inotify: E5 a directory made and renamed before anybody looks is watched all the same", () => {
  using tree = watch();
  mkdirSync(tree.root.join("a/b"), { recursive: true });
  renameSync(tree.root.join("a"), tree.root.join("c"));
  mkdirSync(tree.root.join("c/b/d"));
  renameSync(tree.root.join("c"), tree.root.join("e"));
  tree.changes();
  writeFileSync(tree.root.join("e/b/d/f"), "");
  expect(tree.changes()).toEqual(["e/b/d/f"]);
});

test("inotify: E12 a directory deleted and made again at once is watched again", () => {
  using tree = watch((root) => mkdirSync(root.join("a")));
  for (let i = 0; i < 20; i += 1) {
    rmSync(tree.root.join("a"), { recursive: true });
    mkdirSync(tree.root.join("a"));
  }
  tree.changes();
  writeFileSync(tree.root.join("a/f"), "");
  expect(tree.changes()).toEqual(["a/f"]);
  expect(tree.backend.watchedDirectories).toBe(2);
});

test("inotify: E2 a symbolic link to a directory is an entry, and is not followed", () => {
  using tree = watch((root) => mkdirSync(root.join("a")));
  symlinkSync(".", tree.root.join("loop"));
  symlinkSync("a", tree.root.join("link"));
  expect(tree.changes()).toEqual(["link", "loop"]);
  expect(tree.backend.watchedDirectories).toBe(2);
});

test("inotify: E7 a .git that appears in a directory puts the directory in doubt", () => {
  using tree = watch((root) => mkdirSync(root.join("sub/deep"), { recursive: true }));
  runGit("/", "init", "--quiet", tree.root.join("sub"));
  expect(tree.changes()).toEqual(["list:sub", "list:sub/deep", "sub", "sub/"]);
  writeFileSync(tree.root.join("sub/.git/objects/x"), "");
  writeFileSync(tree.root.join("sub/.git/HEAD"), "ref: refs/heads/other\n");
  expect(tree.changes()).toEqual([]);
});

test("inotify: E7 [W7] a .git that is still being made keeps its directory in doubt", () => {
  using tree = watch();
  // One is seen by its event, the other by the crawl of what came with it.
  mkdirSync(tree.root.join("a/.git"), { recursive: true });
  mkdirSync(tree.root.join("b"));
  tree.changes();
  mkdirSync(tree.root.join("b/.git"));
  const doubt = ["a", "a/", "b", "b/", "list:a", "list:b"];
  expect([tree.changes(), tree.changes()]).toEqual([doubt, doubt]);
  runGit("/", "init", "--quiet", tree.root.join("a"));
  runGit("/", "init", "--quiet", tree.root.join("b"));
  expect([tree.changes(), tree.changes()]).toEqual([doubt, []]);
});

test("inotify: a path of 4,000 bytes, and one beyond PATH_MAX, are watched", () => {
  using tree = watch();
  const name = "d".repeat(200);
  const relative = Array.from({ length: 30 }, () => name).join("/");
  // mkdir(1) goes there step by step, as git and tar do: no single path may exceed PATH_MAX.
  Bun.spawnSync(["mkdir", "-p", relative], { cwd: tree.root.path });
  const changes = tree.changes();
  expect(changes.includes(`list:${relative}`)).toBe(true);
  expect(tree.losses).toEqual([]);
  expect(tree.backend.watchedDirectories).toBe(31);
});

test("inotify: E9 an overflow of the kernel's queue is a loss", () => {
  using tree = watch();
  const limit = Number(
    Bun.spawnSync(["cat", "/proc/sys/fs/inotify/max_queued_events"]).stdout.toString(),
  );
  for (let i = 0; i <= limit / 3; i += 1) {
    writeFileSync(tree.root.join(`f${i}`), "x");
  }
  tree.changes();
  expect(tree.losses.map((loss) => loss.kind)).toEqual(["overflow"]);
});

test("inotify: E10 the watch limit is a loss with its own name", () => {
  using tree = watch();
  mkdirSync(tree.root.join("a"));
  using _fault = failCall("inotify_add_watch", "ENOSPC");
  tree.backend.drain();
  tree.backend.settle(1000);
  expect(tree.losses.map((loss) => loss.kind)).toEqual(["watch-limit"]);
});

test("inotify: E11 a directory that may not be read is reported with every answer", () => {
  using tree = watch();
  mkdirSync(tree.root.join("closed"));
  {
    using _fault = failCall("inotify_add_watch", "EACCES");
    expect(tree.changes()).toContain("closed");
  }
  const doubt = ["closed", "closed/", "list:closed"];
  expect(tree.changes()).toEqual(doubt);
  expect(tree.changes()).toEqual(doubt);
  Bun.spawnSync(["chmod", "700", tree.root.join("closed")]);
  tree.changes();
  expect(tree.changes()).toEqual([]);
});

test("inotify: E11 a directory made while a folder above the root has another name is not missed", () => {
  using parent = tempDir("parent");
  const root = parent.join("above/tree");
  mkdirSync(root, { recursive: true });
  using tree = watchTree(
    (_, sink) =>
      new InotifyBackend(root, sink, { pool: new InotifyPool(), excluded: new ExcludedPaths() }),
    (backend) => backend.cover(walk(root, backend.fd).table),
  );
  renameSync(parent.join("above"), parent.join("elsewhere"));
  mkdirSync(parent.join("elsewhere/tree/made"));
  tree.backend.drain();
  renameSync(parent.join("elsewhere"), parent.join("above"));
  tree.backend.settle(1000);
  expect(tree.losses.map(({ kind }) => kind)).toEqual(["root-gone"]);
});

test("inotify: E11 verifyRoot() notices another tree at the root's path", () => {
  using parent = tempDir("parent");
  const root = parent.join("above/tree");
  mkdirSync(root, { recursive: true });
  using tree = watchTree(
    (_, sink) =>
      new InotifyBackend(root, sink, { pool: new InotifyPool(), excluded: new ExcludedPaths() }),
    (backend) => backend.cover(walk(root, backend.fd).table),
  );
  tree.backend.verifyRoot();
  expect(tree.losses).toEqual([]);
  renameSync(parent.join("above"), parent.join("elsewhere"));
  mkdirSync(root, { recursive: true });
  tree.backend.verifyRoot();
  expect(tree.losses.map(({ kind }) => kind)).toEqual(["root-replaced"]);
});

mountTest("inotify: E11 remount() watches what is visible, and forgets what was", [], async () => {
  using tree = watch((root) => mkdirSync(root.join("a/under"), { recursive: true }));
  using mounted = mount("-t", "tmpfs", "none", tree.root.join("a"));
  mkdirSync(tree.root.join("a/over"));
  const a = "a" as BytePath;
  tree.backend.remount(new Set([a]), [a]);
  expect(tree.changes()).toEqual(["a", "a/", "list:a", "list:a/over", "list:a/under"]);
  writeFileSync(tree.root.join("a/over/f"), "");
  expect(tree.changes()).toEqual(["a/over/f"]);
  mounted.unmount();
  // IN_UNMOUNT alone is enough where it comes.
  expect(tree.changes()).toContain("list:a/under");
  writeFileSync(tree.root.join("a/under/f"), "");
  expect(tree.changes()).toEqual(["a/under/f"]);
  expect(tree.losses).toEqual([]);
  expect(tree.backend.watchedDirectories).toBe(3);
});

mountTest(
  "inotify: E14 the same directory at two places is a loss, found by walk and by event",
  [],
  async () => {
    using tree = watch((root) => {
      mkdirSync(root.join("a/in"), { recursive: true });
      mkdirSync(root.join("b"));
    });
    using _mounted = mount("--bind", tree.root.join("a"), tree.root.join("b"));
    const b = "b" as BytePath;
    tree.backend.remount(new Set([b]), [b]);
    expect(tree.losses.map(({ kind }) => kind)).toEqual(["unwatchable"]);
    using again = watchTree(
      (_, sink) =>
        new InotifyBackend(tree.root.path, sink, {
          pool: new InotifyPool(),
          excluded: new ExcludedPaths(),
          mounted: new Set([b]),
        }),
      (backend) => backend.cover(walk(tree.root.path, backend.fd).table),
    );
    expect(again.losses.map(({ kind }) => kind)).toEqual(["unwatchable"]);
  },
);

test("inotify: events during the walk are applied after it", () => {
  using tree = watchTree(
    (root, sink) =>
      new InotifyBackend(root, sink, { pool: new InotifyPool(), excluded: new ExcludedPaths() }),
    (backend, root) => {
      const table = walk(root, backend.fd).table;
      mkdirSync(join(root, "late/deep"), { recursive: true });
      renameSync(join(root, "a"), join(root, "b"));
      backend.drain();
      backend.cover(table);
    },
    (root) => mkdirSync(root.join("a/x"), { recursive: true }),
  );
  tree.changes();
  writeFileSync(tree.root.join("late/deep/f"), "");
  writeFileSync(tree.root.join("b/x/f"), "");
  expect(tree.changes()).toEqual(["b/x/f", "late/deep/f"]);
});

test("inotify: a root deleted during the walk is gone, though somebody still stands in it", () => {
  let child: Bun.Subprocess | undefined;
  using tree = watchTree(
    (root, sink) => {
      return new InotifyBackend(root, sink, {
        pool: new InotifyPool(),
        excluded: new ExcludedPaths(),
      });
    },
    (backend, root) => {
      child = Bun.spawn(["sleep", "60"], { cwd: root });
      const table = walk(root, backend.fd).table;
      rmSync(root, { recursive: true });
      backend.cover(table);
    },
  );
  expect(tree.losses.map(({ kind }) => kind)).toEqual(["root-gone"]);
  child?.kill();
});

test("inotify: exclusions that change during the walk hold after it", () => {
  const excluded = new ExcludedPaths(["was" as BytePath]);
  using tree = watchTree(
    (root, sink) => new InotifyBackend(root, sink, { pool: new InotifyPool(), excluded }),
    (backend, root) => {
      const { table } = walk(root, backend.fd, { excluded });
      backend.exclude(["is" as BytePath]);
      backend.cover(table);
    },
    (root) => {
      mkdirSync(root.join("was/x"), { recursive: true });
      mkdirSync(root.join("is/x"), { recursive: true });
    },
  );
  tree.changes();
  writeFileSync(tree.root.join("was/x/f"), "");
  writeFileSync(tree.root.join("is/x/f"), "");
  expect(tree.changes()).toEqual(["was/x/f"]);
});

test("inotify: a read that fails is a loss, and ends nothing else", () => {
  using tree = watch();
  const { read } = libc;
  using _fault = failCall("read", "EIO");
  tree.changes();
  expect(libc.read).not.toBe(read);
  expect(tree.losses.map((loss) => loss.kind)).toEqual(["unreadable"]);
});

test("inotify: an event that was cut off is a loss", () => {
  using tree = watch();
  const { read } = libc;
  libc.read = (_fd, bytes) => {
    libc.read = read;
    (bytes as Buffer).fill(0, 0, 16).writeUInt32LE(4096, 12);
    return 16;
  };
  tree.changes();
  expect(tree.losses.map((loss) => loss.kind)).toEqual(["unreadable"]);
});

test("inotify: E11 what was closed and is gone is reported with all that was in it", () => {
  using tree = watch();
  {
    using _fault = failCall("inotify_add_watch", "EACCES");
    mkdirSync(tree.root.join("closed/deep"), { recursive: true });
    tree.changes();
  }
  rmSync(tree.root.join("closed"), { recursive: true });
  // git before 2.37 takes a name without a slash for a file.
  expect(tree.changes()).toEqual(["closed", "closed/"]);
});
