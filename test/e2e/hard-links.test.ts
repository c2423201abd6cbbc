/** CHECKLIST E3: files with several names, inside the tree and outside. */

import { expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";

import { eventually } from "../support/eventually.ts";
import { mapFile } from "../support/system-calls.ts";
import type { TempWorktree } from "../support/temp-worktree.ts";
import { watchedWorktree } from "../support/watched-worktree.ts";

const FILES = { "a/f": "0123456789", "b/g": "other", top: "t" };

/** Beside the tree, on the same file system. */
function outside(tree: TempWorktree, name: string): string {
  return tree.join("..", name);
}

/** One byte longer, and no younger: git itself misses an edit of the same size and second. */
function grow(path: string): void {
  const { atime, mtime } = statSync(path);
  appendFileSync(path, "x");
  utimesSync(path, atime, mtime);
}

const CHANGES: readonly (readonly [string, (path: string) => void])[] = [
  ["appended to", (path) => appendFileSync(path, "x")],
  ["grown, its times kept", grow],
  ["made executable", (path) => chmodSync(path, 0o755)],
  [
    "stored into through a mapping",
    (path) => {
      const mapping = mapFile(path, 10);
      mapping.store(2, "XY");
      mapping.unmap();
    },
  ],
];

test.each(CHANGES)(
  "E3 a file is %s through a name outside that was there before gity",
  async (_, change) => {
    await using watched = await watchedWorktree("link", {
      files: FILES,
      prepare: (tree) => linkSync(tree.join("a/f"), outside(tree, "alias")),
    });
    change(outside(watched.tree, "alias"));
    watched.check();
    expect(watched.status()).toBe(" M a/f");
    watched.tree.git("add", "--all");
    watched.check();
    grow(outside(watched.tree, "alias"));
    watched.check();
    expect(watched.status()).toBe("MM a/f");
  },
);

test.each(CHANGES)("E3 a file is %s through one of two names in the tree", async (_, change) => {
  await using watched = await watchedWorktree("link", {
    files: FILES,
    prepare: (tree) => {
      linkSync(tree.join("a/f"), tree.join("b/alias"));
      tree.git("add", "--all");
      tree.git("commit", "--quiet", "--message=two names");
    },
  });
  change(watched.tree.join("b/alias"));
  watched.check();
  expect(watched.status()).toBe(" M a/f\n M b/alias");
  await eventually(() => watched.isAnswered());
});

test.each(CHANGES)("E3 a file is %s through a name made while gity watches", async (_, change) => {
  await using watched = await watchedWorktree("link", { files: FILES });
  const { tree } = watched;
  linkSync(tree.join("a/f"), tree.join("b/alias"));
  watched.check();
  tree.git("add", "--all");
  tree.git("commit", "--quiet", "--message=two names");
  watched.check();
  change(tree.join("b/alias"));
  watched.check();
  expect(watched.status()).toBe(" M a/f\n M b/alias");
  tree.git("add", "--all");
  watched.check();
  grow(tree.join("a/f"));
  watched.check();
  expect(watched.status()).toBe("MM a/f\nMM b/alias");
  // By now both names are known.
  await eventually(() => watched.isAnswered());
});

test("E3 a name made, written through and removed in one go", async () => {
  await using watched = await watchedWorktree("link", { files: FILES });
  const { tree } = watched;
  for (let i = 0; i < 10; i += 1) {
    linkSync(tree.join("a/f"), tree.join("b/alias"));
    grow(tree.join("b/alias"));
    unlinkSync(tree.join("b/alias"));
    watched.check();
    expect(watched.status()).toBe(i === 0 ? " M a/f" : "MM a/f");
    tree.git("add", "--all");
    watched.check();
  }
});

test("E3 a descriptor is written to after its name was removed, and the file has another", async () => {
  await using watched = await watchedWorktree("link", { files: FILES });
  const { tree } = watched;
  linkSync(tree.join("a/f"), tree.join("b/alias"));
  const fd = openSync(tree.join("b/alias"), "a");
  unlinkSync(tree.join("b/alias"));
  watched.check();
  writeSync(fd, "more");
  watched.check();
  expect(watched.status()).toBe(" M a/f");
  closeSync(fd);
});

test("E3 a file is moved in that is a name of one in the tree, written to outside", async () => {
  await using watched = await watchedWorktree("link", {
    files: FILES,
    prepare: (tree) => linkSync(tree.join("a/f"), outside(tree, "alias")),
  });
  const { tree } = watched;
  grow(outside(tree, "alias"));
  renameSync(outside(tree, "alias"), tree.join("b/alias"));
  watched.check();
  expect(watched.status()).toBe(" M a/f\n?? b/alias");
});

test("E3 a name made while gity watches, and not closed after a change, is in doubt for a moment only", async () => {
  await using watched = await watchedWorktree("link", { files: FILES });
  const { tree } = watched;
  linkSync(tree.join("a/f"), tree.join("b/alias"));
  watched.check();
  // truncate(2): nobody has it open, and nobody says so.
  truncateSync(tree.join("b/alias"), 1);
  watched.check();
  await eventually(() => watched.isAnswered());
  const { reason, resyncs, linkedEntries } = await watched.home.gityJson("health", tree.path);
  expect({ reason, resyncs, linkedEntries }).toEqual({
    reason: null,
    resyncs: 1,
    linkedEntries: 2,
  });
  appendFileSync(tree.join("b/alias"), "x");
  watched.check();
  expect(watched.status()).toBe(" M a/f\n?? b/alias");
});

test("E3 a name made while gity watches, and its file stored into through a mapping later", async () => {
  await using watched = await watchedWorktree("link", { files: FILES });
  const { tree } = watched;
  linkSync(tree.join("a/f"), tree.join("b/alias"));
  const fd = openSync(tree.join("b/alias"), "r+");
  writeSync(fd, "w");
  const mapping = mapFile(tree.join("b/alias"), 10);
  watched.check();
  tree.git("add", "a/f");
  await eventually(() => watched.isAnswered());
  fsyncSync(fd);
  mapping.store(2, "XY");
  watched.check();
  expect(watched.status()).toBe("MM a/f\n?? b/alias");
  mapping.unmap();
  closeSync(fd);
  watched.check();
});

test("E3 a name that leaves the tree is written to outside", async () => {
  await using watched = await watchedWorktree("link", { files: FILES });
  const { tree } = watched;
  linkSync(tree.join("a/f"), tree.join("b/alias"));
  watched.check();
  renameSync(tree.join("b/alias"), outside(tree, "alias"));
  watched.check();
  await eventually(() => watched.isAnswered(), { what: "the tree to be covered anew" });
  grow(outside(tree, "alias"));
  watched.check();
  expect(watched.status()).toBe(" M a/f");
  grow(outside(tree, "alias"));
  watched.check();
});

test("E3 a tree of links is copied, moved, and changed by either name", async () => {
  await using watched = await watchedWorktree("link", {
    files: FILES,
    prepare: (tree) => Bun.spawnSync(["cp", "-al", "a", "twin"], { cwd: tree.path }),
  });
  const { tree } = watched;
  renameSync(tree.join("twin"), tree.join("b/twin"));
  watched.check();
  grow(tree.join("a/f"));
  watched.check();
  tree.git("add", "--all");
  watched.check();
  renameSync(tree.join("b/twin"), outside(tree, "twin"));
  watched.check();
  grow(outside(tree, "twin/f"));
  watched.check();
  renameSync(outside(tree, "twin"), tree.join("twin"));
  watched.check();
  expect(watched.status()).toContain("MM a/f");
  Bun.spawnSync(["cp", "-al", "twin", "third"], { cwd: tree.path });
  grow(tree.join("third/f"));
  watched.check();
});

test("E3 names of one symbolic link, made, replaced and removed", async () => {
  await using watched = await watchedWorktree("link", {
    files: FILES,
    prepare: (tree) => {
      symlinkSync("f", tree.join("a/s"));
      linkSync(tree.join("a/s"), tree.join("b/s"));
      tree.git("add", "--all");
      tree.git("commit", "--quiet", "--message=links");
    },
  });
  const { tree } = watched;
  linkSync(tree.join("a/s"), tree.join("third"));
  watched.check();
  unlinkSync(tree.join("a/s"));
  symlinkSync("nowhere", tree.join("a/s"));
  watched.check();
  renameSync(tree.join("a/s"), tree.join("b/s"));
  watched.check();
  expect(watched.status()).toBe(" D a/s\n M b/s\n?? third");
});

test("E3 an ignore file is changed through a name outside", async () => {
  await using watched = await watchedWorktree("link", {
    files: { ...FILES, ".gitignore": "", "a/.gitignore": "" },
    prepare: (tree) => {
      linkSync(tree.join(".gitignore"), outside(tree, "rules"));
      linkSync(tree.join("a/.gitignore"), outside(tree, "more rules"));
      tree.write("a/new/x.o", "");
      tree.write("b/x.o", "");
    },
  });
  const { tree } = watched;
  appendFileSync(outside(tree, "rules"), "b/x.o\n");
  watched.check();
  appendFileSync(outside(tree, "more rules"), "new\n");
  watched.check();
  expect(watched.status()).toBe(" M .gitignore\n M a/.gitignore");
  writeFileSync(outside(tree, "rules"), "");
  watched.check();
});

test("E3 files with several names cost an answer their names, and not more", async () => {
  await using watched = await watchedWorktree("link", {
    files: FILES,
    prepare: (tree) => {
      mkdirSync(tree.join("deep"));
      linkSync(tree.join("a/f"), tree.join("deep/alias"));
    },
  });
  const { token } = await watched.changedSince("");
  const { kind, paths } = await watched.changedSince(token);
  expect(kind).toBe("changed");
  expect(new Set(paths)).toEqual(new Set(["a/f", "deep/alias"]));
  await eventually(() => watched.isAnswered());
});
