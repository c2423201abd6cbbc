/** CHECKLIST E3: files with several names, as inotify shows them. */

import { expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";

import { LINKED_ENTRIES_MAX } from "../../src/base/limits.ts";
import { ExcludedPaths } from "../../src/watch/excluded-paths.ts";
import { InotifyBackend } from "../../src/watch/inotify-backend.ts";
import { InotifyPool } from "../../src/watch/inotify-instance.ts";
import { walk } from "../../src/watch/walk.ts";
import { failCall } from "../support/faults.ts";
import { exchange, mapFile } from "../support/system-calls.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";
import { type Watched, watchTree } from "./contract.ts";

function watch(
  prepare?: (root: TempDir) => void,
  duringWalk: (root: string) => void = () => {},
): Watched {
  return watchTree(
    (root, sink) =>
      new InotifyBackend(root, sink, { pool: new InotifyPool(), excluded: new ExcludedPaths() }),
    (backend, root) => {
      const table = walk(root, backend.fd).table;
      duringWalk(root);
      backend.drain();
      backend.cover(table);
    },
    prepare,
  );
}

/** `a/old`, with one name. */
function withFile(root: TempDir): void {
  mkdirSync(root.join("a"));
  mkdirSync(root.join("b"));
  writeFileSync(root.join("a/old"), "1");
}

/** `a/old` and `b/new`, two names of one file. */
function withLink(root: TempDir): void {
  withFile(root);
  linkSync(root.join("a/old"), root.join("b/new"));
}

test("E3 every name of a file that has two is reported each time", () => {
  using tree = watch(withLink);
  expect(tree.changes()).toEqual(["a/old", "b/new"]);
  expect(tree.changes()).toEqual(["a/old", "b/new"]);
  expect(tree.backend.linkedEntries).toBe(2);
});

test("E3 a file that is given a second name: the new one is reported from then on", () => {
  using tree = watch(withFile);
  linkSync(tree.root.join("a/old"), tree.root.join("b/new"));
  expect(tree.changes()).toEqual(["b/new"]);
  appendFileSync(tree.root.join("a/old"), "2");
  expect(tree.changes()).toEqual(["a/old", "b/new"]);
  // By now both are known.
  appendFileSync(tree.root.join("b/new"), "3");
  expect(tree.changes()).toEqual(["a/old", "b/new"]);
});

test.each([
  ["written to", (path: string) => appendFileSync(path, "2")],
  ["given other permissions", (path: string) => chmodSync(path, 0o755)],
  [
    "stored into through a mapping",
    (path: string) => {
      const mapping = mapFile(path, 1);
      mapping.store(0, "2");
      mapping.unmap();
    },
  ],
])("E3 a file that is %s through a name made later puts everything in doubt", (_, change) => {
  using tree = watch(withFile);
  linkSync(tree.root.join("a/old"), tree.root.join("b/new"));
  tree.changes();
  change(tree.root.join("b/new"));
  expect(tree.changes()).toContain("everything");
  expect(tree.changes()).toEqual(["b/new"]);
});

test("E3 a link made, written through and removed before anybody looks puts everything in doubt", () => {
  using tree = watch(withFile);
  linkSync(tree.root.join("a/old"), tree.root.join("b/new"));
  appendFileSync(tree.root.join("b/new"), "2");
  unlinkSync(tree.root.join("b/new"));
  expect(tree.changes()).toContain("everything");
  expect(tree.backend.linkedEntries).toBe(0);
});

test("E3 a link made, written through and renamed before anybody looks puts everything in doubt", () => {
  using tree = watch(withFile);
  linkSync(tree.root.join("a/old"), tree.root.join("b/new"));
  appendFileSync(tree.root.join("b/new"), "2");
  renameSync(tree.root.join("b/new"), tree.root.join("b/newer"));
  expect(tree.changes()).toContain("everything");
  expect(tree.changes()).toEqual(["b/newer"]);
});

test("E3 a write through a descriptor whose name was removed puts everything in doubt", () => {
  using tree = watch(withFile);
  linkSync(tree.root.join("a/old"), tree.root.join("b/new"));
  tree.changes();
  const fd = openSync(tree.root.join("b/new"), "a");
  unlinkSync(tree.root.join("b/new"));
  expect(tree.changes()).toEqual(["b/new"]);
  writeSync(fd, "2");
  expect(tree.changes()).toContain("everything");
  closeSync(fd);
});

test("E3 files that come and go, and are renamed into place, put nothing in doubt", () => {
  using tree = watch(withFile);
  const at = (name: string): string => tree.root.join(name);
  for (let i = 0; i < 50; i += 1) {
    writeFileSync(at("a/tmp"), `${i}`);
    renameSync(at("a/tmp"), at("a/old"));
    // What an editor does to find out whether it may write here.
    closeSync(openSync(at("a/4913"), "wx"));
    chmodSync(at("a/4913"), 0o600);
    unlinkSync(at("a/4913"));
    expect(tree.changes()).toEqual(["a/4913", "a/old", "a/tmp"]);
  }
  expect(tree.backend.linkedEntries).toBe(0);
});

test("E3 a name that is removed, renamed or replaced is no longer reported by the old name", () => {
  using tree = watch(withLink);
  const at = (name: string): string => tree.root.join(name);
  renameSync(at("b/new"), at("b/newer"));
  tree.changes();
  expect(tree.changes()).toEqual(["a/old", "b/newer"]);
  writeFileSync(at("b/tmp"), "x");
  renameSync(at("b/tmp"), at("b/newer"));
  tree.changes();
  expect(tree.changes()).toEqual(["a/old"]);
  // Its last name, as anything that happens to it shows.
  chmodSync(at("a/old"), 0o600);
  tree.changes();
  expect(tree.changes()).toEqual([]);
  expect(tree.backend.linkedEntries).toBe(0);
});

test("E3 a rename of one name puts nothing in doubt", () => {
  using outside = tempDir("outside");
  using _clock = tenSecondsLater();
  using tree = watch((root) => {
    withFile(root);
    linkSync(root.join("a/old"), outside.join("alias"));
  });
  renameSync(tree.root.join("a/old"), tree.root.join("b/there"));
  expect(tree.changes()).toEqual(["a/old", "b/there"]);
  appendFileSync(tree.root.join("b/there"), "2");
  expect(tree.changes()).toEqual(["b/there"]);
});

/** As if everything that is done now had been done long before the walk. */
function tenSecondsLater(): Disposable {
  const { now } = Date;
  Date.now = () => now() + 10_000;
  return {
    [Symbol.dispose]: () => {
      Date.now = now;
    },
  };
}

test("E3 two names that are exchanged are both still reported", () => {
  using tree = watch((root) => {
    withLink(root);
    writeFileSync(root.join("a/single"), "s");
  });
  exchange(tree.root.join("a/single"), tree.root.join("b/new"));
  tree.changes();
  expect(tree.changes()).toEqual(["a/old", "a/single"]);
});

test("E3 the names in a directory follow it when it is renamed, and go with it", () => {
  using tree = watch(withLink);
  const at = (name: string): string => tree.root.join(name);
  renameSync(at("b"), at("c"));
  tree.changes();
  expect(tree.changes()).toEqual(["a/old", "c/new"]);
  renameSync(at("c"), at("a/c"));
  tree.changes();
  expect(tree.changes()).toEqual(["a/c/new", "a/old"]);
  rmSync(at("a/c"), { recursive: true });
  tree.changes();
  expect(tree.changes()).toEqual(["a/old"]);
  expect(tree.losses).toEqual([]);
});

test("E3 a directory of links that is moved in is in doubt with everything, and then reported", () => {
  using outside = tempDir("outside");
  using tree = watch(withFile);
  mkdirSync(outside.join("d"));
  linkSync(tree.root.join("a/old"), outside.join("d/new"));
  appendFileSync(outside.join("d/new"), "2");
  renameSync(outside.join("d"), tree.root.join("d"));
  expect(tree.changes()).toContain("everything");
  expect(tree.changes()).toEqual(["d/new"]);
});

test("E3 a name that leaves the tree while others in it are unknown: the tree is looked at anew", () => {
  using outside = tempDir("outside");
  using tree = watch(withFile);
  linkSync(tree.root.join("a/old"), tree.root.join("b/new"));
  tree.changes();
  renameSync(tree.root.join("b/new"), outside.join("new"));
  tree.changes();
  expect(tree.losses.map(({ kind }) => kind)).toEqual(["names-lost"]);
});

test("E3 a name that leaves the tree while all others are known is just gone", () => {
  using outside = tempDir("outside");
  using tree = watch(withLink);
  renameSync(tree.root.join("b"), outside.join("b"));
  tree.changes();
  expect(tree.changes()).toEqual(["a/old"]);
  expect(tree.losses).toEqual([]);
});

test("E3 a link made during the walk, after the old name was looked at, is not trusted", () => {
  using tree = watch(withFile, (root) => {
    linkSync(`${root}/a/old`, `${root}/b/new`);
  });
  tree.changes();
  appendFileSync(tree.root.join("b/new"), "2");
  expect(tree.changes()).toContain("everything");
});

test("E3 a file held open through a name made later keeps everything in doubt", () => {
  using tree = watch(withFile);
  linkSync(tree.root.join("a/old"), tree.root.join("b/new"));
  const fd = openSync(tree.root.join("b/new"), "a");
  writeSync(fd, "2");
  tree.changes();
  expect(tree.changes()).toContain("everything");
  closeSync(fd);
  tree.changes();
  expect(tree.changes()).toEqual(["b/new"]);
});

test("E3 ignore rules changed through a name outside are noticed", () => {
  using outside = tempDir("outside");
  using tree = watch((root) => {
    writeFileSync(root.join(".gitignore"), "");
    linkSync(root.join(".gitignore"), outside.join("rules"));
  });
  expect(tree.changes()).toEqual([".gitignore"]);
  appendFileSync(outside.join("rules"), "*.o\n");
  expect(tree.changes()).toEqual([".gitignore", "rules"]);
  expect(tree.changes()).toEqual([".gitignore"]);
});

test("E3 names of a symbolic link are of no interest: what it holds cannot change", () => {
  using tree = watch((root) => {
    symlinkSync("x", root.join("s"));
    linkSync(root.join("s"), root.join("t"));
  });
  linkSync(tree.root.join("s"), tree.root.join("u"));
  expect(tree.changes()).toEqual(["u"]);
  expect(tree.changes()).toEqual([]);
});

test("E3 a file that cannot be looked at is reported each time, until it can", () => {
  using tree = watch(withFile);
  {
    using _fault = failCall("statx", "EIO");
    appendFileSync(tree.root.join("a/old"), "2");
    expect(tree.changes()).toEqual(["a/old", "everything"]);
  }
  expect(tree.changes()).toEqual(["a/old"]);
  appendFileSync(tree.root.join("a/old"), "3");
  tree.changes();
  expect(tree.changes()).toEqual([]);
});

test("E3 more names than are kept are a loss with its own name, at the walk and after it", () => {
  using outside = tempDir("outside");
  const names = Array.from({ length: LINKED_ENTRIES_MAX }, (_, i) => `f${i}`);
  const link = (root: TempDir, folder: string, name: string): void => {
    linkSync(outside.join("file"), root.join(folder, name));
  };
  writeFileSync(outside.join("file"), "");
  using tree = watch((root) => {
    mkdirSync(root.join("d"));
    names.forEach((name) => {
      link(root, "d", name);
    });
  });
  expect(tree.losses).toEqual([]);
  expect(tree.backend.linkedEntries).toBe(LINKED_ENTRIES_MAX);
  link(tree.root, ".", "one more");
  tree.changes();
  expect(tree.losses.map(({ kind }) => kind)).toEqual(["too-many-links"]);
  using second = watch((root) => {
    renameSync(tree.root.join("d"), root.join("d"));
    link(root, ".", "one more");
  });
  expect(second.losses.map(({ kind }) => kind)).toEqual(["too-many-links"]);
});
