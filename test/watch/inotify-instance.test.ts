/** Sharing inotify instances: who gets which, and whose event is whose. */

import { expect, test } from "bun:test";
import { mkdirSync, renameSync, rmdirSync, writeFileSync } from "node:fs";

import type { BytePath } from "../../src/base/brands.ts";
import type { ChangeSink, Loss } from "../../src/watch/backend.ts";
import { ExcludedPaths } from "../../src/watch/excluded-paths.ts";
import { InotifyBackend } from "../../src/watch/inotify-backend.ts";
import { InotifyPool } from "../../src/watch/inotify-instance.ts";
import { walk } from "../../src/watch/walk.ts";
import { failCall } from "../support/faults.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";

interface Member extends Disposable {
  readonly root: TempDir;
  readonly backend: InotifyBackend;
  readonly losses: Loss[];
  cover(): void;
  changes(): string[];
}

function member(pool: InotifyPool, prepare: (root: TempDir) => void = () => {}): Member {
  const root = tempDir("member");
  prepare(root);
  const reported = new Set<string>();
  const losses: Loss[] = [];
  const sink: ChangeSink = {
    entryChanged: (path) => reported.add(path),
    listingChanged: (path) => reported.add(`list:${path}`),
    coneChanged: (path) => reported.add(`${path}/`),
    cookieSeen: () => {},
    cookiesLost: () => {},
    everythingChanged: () => reported.add("everything"),
    ignoreRulesChanged: () => {},
    lost: (loss) => losses.push(loss),
  };
  const backend = new InotifyBackend(root.path, sink, { pool, excluded: new ExcludedPaths() });
  return {
    root,
    backend,
    losses,
    cover: () => backend.cover(walk(root.path, backend.fd).table),
    changes() {
      backend.drain();
      backend.settle(10_000);
      const changes = [...reported].toSorted();
      reported.clear();
      return changes;
    },
    [Symbol.dispose]() {
      backend[Symbol.dispose]();
      root[Symbol.dispose]();
    },
  };
}

test("InotifyPool gives each worktree its own instance, then has them share", () => {
  const pool = new InotifyPool(2);
  using a = member(pool);
  using b = member(pool);
  using c = member(pool);
  expect(pool.size).toBe(2);
  expect(new Set([a.backend.fd, b.backend.fd, c.backend.fd]).size).toBe(2);
});

test("InotifyPool shares when the user has no instance left, and fails when nobody can", () => {
  const pool = new InotifyPool();
  using _fault = failCall("inotify_init1", "EMFILE");
  expect(() => member(pool)).toThrow("EMFILE");
});

test("members of one instance each hear of their own tree, whoever drains", () => {
  const pool = new InotifyPool(1);
  using a = member(pool, (root) => mkdirSync(root.join("d")));
  using b = member(pool, (root) => mkdirSync(root.join("d")));
  a.cover();
  b.cover();
  writeFileSync(a.root.join("d/of-a"), "");
  writeFileSync(b.root.join("d/of-b"), "");
  expect(a.changes()).toEqual(["d/of-a"]);
  expect(b.changes()).toEqual(["d/of-b"]);
});

test("events that come while one member is being walked wait for it", () => {
  const pool = new InotifyPool(1);
  using a = member(pool);
  a.cover();
  using b = member(pool, (root) => mkdirSync(root.join("d")));
  const table = walk(b.root.path, b.backend.fd).table;
  writeFileSync(b.root.join("d/early"), "");
  writeFileSync(a.root.join("f"), "");
  expect(a.changes()).toEqual(["f"]);
  b.backend.cover(table);
  expect(b.changes()).toEqual(["d/early"]);
});

test("a directory that moves from one member to another is the other's from then on", () => {
  const pool = new InotifyPool(1);
  using a = member(pool, (root) => mkdirSync(root.join("d/deep"), { recursive: true }));
  using b = member(pool);
  a.cover();
  b.cover();
  renameSync(a.root.join("d"), b.root.join("d"));
  expect(b.changes()).toContain("d/");
  expect(a.changes()).toContain("d/");
  writeFileSync(b.root.join("d/deep/f"), "");
  expect(a.changes()).toEqual([]);
  expect(b.changes()).toEqual(["d/deep/f"]);
  expect([a.backend.watchedDirectories, b.backend.watchedDirectories]).toEqual([1, 3]);
});

test("a member that leaves takes its watches along, and the others stay", () => {
  const pool = new InotifyPool(1);
  using a = member(pool);
  a.cover();
  {
    using b = member(pool, (root) => mkdirSync(root.join("d")));
    b.cover();
    expect(b.changes()).toEqual([]);
  }
  writeFileSync(a.root.join("f"), "");
  expect(a.changes()).toEqual(["f"]);
  expect(pool.size).toBe(1);
});

test("worktrees of which one lies in the other never share", () => {
  const pool = new InotifyPool(1);
  using a = member(pool);
  mkdirSync(a.root.join("inner"));
  const sink = { lost: () => {} } as unknown as ChangeSink;
  using inner = new InotifyBackend(a.root.join("inner"), sink, {
    pool,
    excluded: new ExcludedPaths(),
  });
  expect(inner.fd).not.toBe(a.backend.fd);
});

test("a worktree with mounts in it never shares: they may show another's directories", () => {
  const pool = new InotifyPool(1);
  const sink = { lost: () => {} } as unknown as ChangeSink;
  using dir = tempDir("alone");
  const mounted = new Set(["m" as BytePath]);
  using alone = new InotifyBackend(dir.path, sink, {
    pool,
    excluded: new ExcludedPaths(),
    mounted,
  });
  using a = member(pool);
  using b = member(pool);
  expect(a.backend.fd).not.toBe(alone.fd);
  expect(b.backend.fd).toBe(a.backend.fd);
  a.cover();
  b.backend.remount(mounted, mounted);
  expect(b.losses.map(({ kind }) => kind)).toEqual(["root-replaced"]);
  expect(a.losses).toEqual([]);
});

test("an overflow of a shared instance is everybody's loss", () => {
  const pool = new InotifyPool(1);
  using a = member(pool);
  using b = member(pool);
  a.cover();
  b.cover();
  a.backend.overflowed();
  expect([a.losses.length, b.losses.length]).toEqual([1, 0]);
  const limit = 17_000;
  for (let i = 0; i < limit / 2; i += 1) {
    writeFileSync(b.root.join(`f${i}`), "x");
  }
  b.changes();
  expect(b.losses.map(({ kind }) => kind)).toEqual(["overflow"]);
});

test("what fails for one member while another drains concerns it alone", () => {
  const pool = new InotifyPool(1);
  using a = member(pool);
  using b = member(pool);
  a.cover();
  b.cover();
  // It is gone when it is looked at, and whether the root is in place cannot be found out.
  mkdirSync(b.root.join("short"));
  rmdirSync(b.root.join("short"));
  writeFileSync(a.root.join("f"), "");
  {
    using _fault = failCall("statx", "EACCES");
    expect(a.changes()).toEqual(["f"]);
  }
  expect([a.losses.length, b.losses.length]).toEqual([0, 1]);
});
