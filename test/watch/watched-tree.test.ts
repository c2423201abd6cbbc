/** The tree under watch, with a kernel that only counts. */

import { expect, test } from "bun:test";
import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";

import type { BytePath, WatchDescriptor } from "../../src/base/brands.ts";
import { EACCES, ENOENT, ENOSPC } from "../../src/ffi/libc.ts";
import type { ChangeSink, Loss } from "../../src/watch/backend.ts";
import type { DirectoryTable } from "../../src/watch/directory-table.ts";
import { ExcludedPaths } from "../../src/watch/excluded-paths.ts";
import { WatchedTree } from "../../src/watch/watched-tree.ts";
import { failCall } from "../support/faults.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";

const ROOT_ONLY: DirectoryTable = {
  count: 1,
  parents: Int32Array.of(0),
  watchDescriptors: Int32Array.of(1),
  nameEnds: Int32Array.of(0),
  names: new Uint8Array(0),
  links: [],
  nested: [],
  unfinished: [],
  hasRefused: false,
  walkMs: 0,
  watchMs: 0,
};

interface Fixture extends Disposable {
  readonly root: TempDir;
  readonly watched: WatchedTree;
  readonly excluded: ExcludedPaths;
  readonly reported: Set<string>;
  readonly losses: Loss[];
  readonly released: WatchDescriptor[];
  /** Renames of directories, each as `from>to`. */
  readonly moves: string[];
  /** What watching the next directories returns: an errno, or 0 for a new descriptor. */
  errno: number;
  paths(): string[];
}

function fixture(excluded: readonly string[] = []): Fixture {
  const root = tempDir("tree");
  const reported = new Set<string>();
  const losses: Loss[] = [];
  const released: WatchDescriptor[] = [];
  const moves: string[] = [];
  const sink = {
    entryChanged: (path: string) => reported.add(path),
    listingChanged: (path: string) => reported.add(`list:${path}`),
    coneChanged: (path: string) => reported.add(`${path}/`),
    ignoreRulesChanged: () => reported.add("rules"),
  } as unknown as ChangeSink;
  let last = 1;
  const state = { errno: 0 };
  // As the kernel has it: a directory that is watched has one descriptor, by whatever path.
  const byInode = new Map<number, number>();
  const excludedPaths = new ExcludedPaths(excluded as BytePath[]);
  const watched = new WatchedTree(ROOT_ONLY, {
    root: root.path,
    sink,
    excluded: excludedPaths,
    watch: (path) => {
      const known = byInode.get(inodeAt(path));
      if (state.errno !== 0 || known !== undefined) {
        return state.errno === 0 ? (known ?? 0) : -state.errno;
      }
      last += 1;
      byInode.set(inodeAt(path), last);
      return last;
    },
    release: (wd) => released.push(wd),
    isReserved: () => false,
    isMountPoint: () => false,
    verifyRoot: () => {},
    moved: (from, to) => moves.push(`${from}>${to}`),
    lose: (loss) => losses.push(loss),
  });
  return {
    root,
    watched,
    excluded: excludedPaths,
    reported,
    losses,
    released,
    moves,
    get errno() {
      return state.errno;
    },
    set errno(value) {
      state.errno = value;
    },
    paths: () => {
      const found: string[] = [];
      const { tree } = watched;
      tree.forEachBelow(tree.root, (node) => found.push(tree.path(node)));
      return found.toSorted();
    },
    [Symbol.dispose]: () => {
      root[Symbol.dispose]();
    },
  };
}

const never = (): boolean => false;

/** One step lists a directory, or watches one that is in it. */
function afterSteps(count: number): () => boolean {
  let steps = 0;
  return () => {
    steps += 1;
    return steps > count;
  };
}

/** Of what is not there, 0 or less: another one each time. */
function inodeAt(path: Uint8Array): number {
  const name = Buffer.from(path.subarray(0, path.indexOf(0)));
  return statSync(name, { throwIfNoEntry: false })?.ino ?? -performance.now();
}

test("crawl() watches what is there, passes over what is excluded, and tells of ignore rules", () => {
  using it = fixture(["a/skip"]);
  mkdirSync(it.root.join("a/b/c"), { recursive: true });
  mkdirSync(it.root.join("a/skip/deep"), { recursive: true });
  mkdirSync(it.root.join("a/.git"));
  writeFileSync(it.root.join("a/b/.gitignore"), "");
  it.watched.arrive({ parent: it.watched.tree.root, name: "a" }, "moved");
  expect(it.watched.crawl(1000, never)).toBe(true);
  expect(it.paths()).toEqual(["", "a", "a/b", "a/b/c"]);
  expect([...it.reported].toSorted()).toEqual(["list:a", "list:a/b", "list:a/b/c", "rules"]);
  expect(it.watched.crawl(1000, never)).toBe(false);
});

test("crawl() stops when its budget is used up, and goes on from there", () => {
  using it = fixture();
  for (let i = 0; i < 40; i += 1) {
    mkdirSync(it.root.join(`a/${i}`), { recursive: true });
  }
  it.watched.arrive({ parent: it.watched.tree.root, name: "a" }, "moved");
  it.watched.crawl(-1, never);
  expect(it.watched.hasWork).toBe(true);
  it.watched.crawl(1000, never);
  expect(it.watched.hasWork).toBe(false);
  expect(it.paths().length).toBe(42);
});

test("P6 crawl() stops in the middle of a directory of many, and what happens to it meanwhile counts", () => {
  using it = fixture();
  const { watched } = it;
  const { root } = watched.tree;
  for (let i = 0; i < 40; i += 1) {
    mkdirSync(it.root.join(`a/b/${i}`), { recursive: true });
  }
  watched.arrive({ parent: root, name: "a" }, "moved");
  watched.crawl(1000, afterSteps(10));
  expect(it.paths().length).toBe(10);
  watched.applyExclusions({ added: ["a/b" as BytePath], removed: [] });
  watched.crawl(1000, never);
  expect(watched.hasWork).toBe(false);
  expect(it.paths()).toEqual(["", "a"]);
});

test("W6 crawl() does not enter what is excluded after its name was read", () => {
  using it = fixture();
  const { watched } = it;
  mkdirSync(it.root.join("a/b/c"), { recursive: true });
  mkdirSync(it.root.join("a/d"));
  watched.arrive({ parent: watched.tree.root, name: "a" }, "moved");
  watched.crawl(1000, afterSteps(1));
  it.excluded.replace(["a/b" as BytePath]);
  watched.crawl(1000, never);
  expect(it.paths()).toEqual(["", "a", "a/d"]);
});

test("crawl() finds what is in a directory that was moved while it was crawled", () => {
  using it = fixture();
  const { watched } = it;
  const { root } = watched.tree;
  for (let i = 0; i < 40; i += 1) {
    mkdirSync(it.root.join(`a/${i}`), { recursive: true });
  }
  watched.arrive({ parent: root, name: "a" }, "created");
  watched.crawl(1000, afterSteps(10));
  renameSync(it.root.join("a"), it.root.join("z"));
  watched.moveAway({ parent: root, name: "a" }, 7);
  watched.crawl(1000, afterSteps(10));
  watched.moveIn({ parent: root, name: "z" }, 7);
  watched.drained();
  watched.crawl(1000, never);
  expect(it.paths().length).toBe(42);
  expect(it.paths()).toContain("z/39");
});

test("applyExclusions() lets go of what is excluded, and takes back what no longer is", () => {
  using it = fixture();
  mkdirSync(it.root.join("a/b/c"), { recursive: true });
  it.watched.arrive({ parent: it.watched.tree.root, name: "a" }, "moved");
  it.watched.crawl(1000, never);
  it.watched.applyExclusions({ added: ["a/b" as BytePath], removed: [] });
  expect(it.paths()).toEqual(["", "a"]);
  expect(it.released.length).toBe(2);
  it.reported.clear();
  it.watched.applyExclusions({ added: [], removed: ["a/b", "gone/x"] as BytePath[] });
  it.watched.crawl(1000, never);
  expect(it.paths()).toEqual(["", "a", "a/b", "a/b/c"]);
  expect([...it.reported].toSorted()).toEqual(["a/b", "a/b/", "list:a/b", "list:a/b/c"]);
});

test("moveAway() and moveIn() carry a directory over, and dropMovedAway() what went outside", () => {
  using it = fixture();
  const { root } = it.watched.tree;
  mkdirSync(it.root.join("a/b"), { recursive: true });
  it.watched.arrive({ parent: root, name: "a" }, "moved");
  it.watched.crawl(1000, never);
  it.errno = ENOENT;
  it.watched.moveAway({ parent: root, name: "a" }, 7);
  expect(it.paths()).toEqual([""]);
  expect(it.released).toEqual([]);
  it.watched.drained();
  expect(it.released.length).toBe(2);
  expect(it.moves).toEqual([]);
});

test("moveIn() tells from where to where a directory was moved", () => {
  using it = fixture();
  const { root } = it.watched.tree;
  mkdirSync(it.root.join("a/b"), { recursive: true });
  mkdirSync(it.root.join("c"));
  it.watched.arrive({ parent: root, name: "a" }, "moved");
  it.watched.arrive({ parent: root, name: "c" }, "moved");
  it.watched.crawl(1000, never);
  const c = it.watched.tree.find("c" as BytePath) ?? root;
  it.errno = ENOENT;
  it.watched.moveAway({ parent: root, name: "a" }, 7);
  it.watched.moveIn({ parent: c, name: "d" }, 7);
  expect(it.moves).toEqual(["a>c/d"]);
  it.watched.moveIn({ parent: root, name: "unknown" }, 8);
  expect(it.moves.length).toBe(1);
});

test("a directory that may not be read is reported until it goes, others' trouble is a loss", () => {
  using it = fixture();
  const { root } = it.watched.tree;
  it.errno = EACCES;
  it.watched.arrive({ parent: root, name: "closed" }, "created");
  it.watched.reportDoubts();
  expect([...it.reported].toSorted()).toEqual(["closed", "closed/", "list:closed"]);
  it.reported.clear();
  it.watched.forgetEntry({ parent: root, name: "closed" });
  // What happened in it since the last answer.
  expect([...it.reported]).toEqual(["closed/"]);
  it.reported.clear();
  it.watched.reportDoubts();
  expect([...it.reported]).toEqual([]);
  it.errno = ENOSPC;
  it.watched.arrive({ parent: root, name: "x" }, "created");
  expect(it.losses.map(({ kind }) => kind)).toEqual(["watch-limit"]);
});

test("arrive() has a new directory crawled once, however many events name it or those above", () => {
  using it = fixture();
  const { watched } = it;
  const { root } = watched.tree;
  mkdirSync(it.root.join("a/b/c"), { recursive: true });
  writeFileSync(it.root.join("a/b/c/file"), "");
  watched.arrive({ parent: root, name: "a" }, "created");
  watched.arrive({ parent: root, name: "a" }, "created");
  watched.crawl(1000, never);
  expect([...it.reported]).toEqual([
    "list:a",
    "a/b",
    "list:a/b",
    "a/b/c",
    "list:a/b/c",
    "a/b/c/file",
  ]);

  it.reported.clear();
  const a = watched.tree.find("a" as BytePath) ?? root;
  watched.arrive({ parent: root, name: "a" }, "created");
  watched.arrive({ parent: a, name: "b" }, "created");
  expect(watched.hasWork).toBe(false);
  expect([...it.reported]).toEqual([]);
});

test("arrive() has another directory at the same place crawled entry by entry", () => {
  using it = fixture();
  const { watched } = it;
  const place = { parent: watched.tree.root, name: "a" };
  mkdirSync(it.root.join("a"));
  watched.arrive(place, "created");
  watched.crawl(1000, never);
  mkdirSync(it.root.join("other"));
  writeFileSync(it.root.join("other/file"), "");
  rmSync(it.root.join("a"), { recursive: true });
  renameSync(it.root.join("other"), it.root.join("a"));
  it.reported.clear();
  watched.arrive(place, "created");
  watched.crawl(1000, never);
  expect([...it.reported]).toEqual(["list:a", "a/file"]);
});

test("arrive() reports each entry also of what was found first in a directory that was moved", () => {
  using it = fixture();
  const { watched } = it;
  mkdirSync(it.root.join("a/b"), { recursive: true });
  writeFileSync(it.root.join("a/b/file"), "");
  watched.arrive({ parent: watched.tree.root, name: "a" }, "moved");
  watched.crawl(1000, never);
  it.reported.clear();
  const a = watched.tree.find("a" as BytePath) ?? watched.tree.root;
  watched.arrive({ parent: a, name: "b" }, "created");
  watched.crawl(1000, never);
  expect([...it.reported]).toEqual(["list:a/b", "a/b/file"]);
});

test("arrive() crawls all that is known below a directory that was moved, though it waits for a crawl", () => {
  using it = fixture();
  const { watched } = it;
  const place = { parent: watched.tree.root, name: "a" };
  mkdirSync(it.root.join("a/b/c"), { recursive: true });
  watched.arrive(place, "created");
  watched.crawl(1000, never);
  it.reported.clear();
  watched.arrive(place, "created");
  watched.arrive(place, "moved");
  watched.arrive(place, "moved");
  watched.crawl(1000, never);
  expect([...it.reported]).toEqual(["list:a", "list:a/b", "list:a/b/c"]);
});

test("E11 change() reports the listings of all that is below, each once, and crawls nothing", () => {
  using it = fixture();
  const { watched } = it;
  const place = { parent: watched.tree.root, name: "a" };
  mkdirSync(it.root.join("a/b/c"), { recursive: true });
  watched.arrive(place, "created");
  watched.crawl(1000, never);
  it.reported.clear();
  const a = watched.tree.find("a" as BytePath) ?? watched.tree.root;
  watched.change({ parent: a, name: "b" });
  watched.change(place);
  expect(watched.hasWork).toBe(false);
  watched.drained();
  expect([...it.reported]).toEqual(["list:a", "list:a/b", "list:a/b/c"]);
  it.reported.clear();
  watched.drained();
  expect([...it.reported]).toEqual([]);
});

test("E11 change() crawls all that is below where something was closed", () => {
  using it = fixture();
  const { watched } = it;
  const place = { parent: watched.tree.root, name: "a" };
  mkdirSync(it.root.join("a/b"), { recursive: true });
  it.errno = EACCES;
  watched.arrive(place, "created");
  expect(it.paths()).toEqual([""]);
  it.errno = 0;
  watched.change(place);
  watched.crawl(1000, never);
  expect(it.paths()).toEqual(["", "a", "a/b"]);
});

test("E11 change() crawls all that is below where a file could not be looked at", () => {
  using it = fixture();
  const { watched } = it;
  const place = { parent: watched.tree.root, name: "a" };
  mkdirSync(it.root.join("a/b"), { recursive: true });
  writeFileSync(it.root.join("a/file"), "");
  {
    using _ = failCall("statx", "EACCES");
    watched.arrive(place, "created");
    watched.crawl(1000, never);
  }
  it.reported.clear();
  watched.change(place);
  watched.crawl(1000, never);
  expect([...it.reported]).toEqual(["list:a", "list:a/b"]);
});

test("E11 change() crawls a directory that can be watched and listed, and not entered, and again when it can", () => {
  using it = fixture();
  const { watched } = it;
  const place = { parent: watched.tree.root, name: "a" };
  mkdirSync(it.root.join("a/b"), { recursive: true });
  watched.arrive(place, "created");
  watched.crawl(1000, never);
  {
    using _ = failCall("statx", "EACCES");
    watched.change(place);
  }
  expect(watched.hasWork).toBe(true);
  watched.crawl(1000, never);
  watched.change(place);
  expect(watched.hasWork).toBe(true);
});

test("crawl() that is cut goes on with what waits, and crawls again what moved meanwhile", () => {
  using it = fixture();
  const { watched } = it;
  const { root } = watched.tree;
  const names = Array.from({ length: 40 }, (_, i) => `d${i}`);
  for (const name of names) {
    mkdirSync(it.root.join(name, "below"), { recursive: true });
    watched.arrive({ parent: root, name }, "created");
  }
  watched.crawl(1000, afterSteps(32));
  it.reported.clear();
  watched.arrive({ parent: root, name: "d0" }, "moved");
  watched.arrive({ parent: root, name: "d39" }, "moved");
  watched.crawl(1000, never);
  expect(watched.hasWork).toBe(false);
  const listed = names.slice(16).flatMap((name) => [`list:${name}`, `list:${name}/below`]);
  expect([...it.reported]).toEqual(
    expect.arrayContaining([...listed, "list:d0", "list:d0/below", "list:d15/below"]),
  );
});
