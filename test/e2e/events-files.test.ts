/** CHECKLIST E1: everything that can happen to one file. */

import { expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  copyFileSync,
  fstatSync,
  fsyncSync,
  linkSync,
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

import {
  allocate,
  copyRange,
  exchange,
  hasIoUring,
  linkTemporaryFile,
  mapFile,
  truncateByPath,
  writeThroughIoUring,
} from "../support/system-calls.ts";
import type { TempWorktree } from "../support/temp-worktree.ts";
import { watchedWorktree } from "../support/watched-worktree.ts";

const FILES = { "d/f": "0123456789", "d/g": "other", "d/exec": "#!/bin/sh\n" };

/** What one file sees, by the name it has in the checklist. `expected` is `git status --short`. */
const CASES: readonly (readonly [string, (tree: TempWorktree) => void, string])[] = [
  ["write and close", (tree) => writeFileSync(tree.join("d/f"), "x"), " M d/f"],
  ["truncate through a descriptor", (tree) => truncateSync(tree.join("d/f"), 3), " M d/f"],
  ["truncate(2)", (tree) => truncateByPath(tree.join("d/f"), 3), " M d/f"],
  [
    "O_TMPFILE and linkat",
    (tree) => linkTemporaryFile(tree.join("d"), tree.join("d/new"), "x"),
    "?? d/new",
  ],
  [
    "rename over",
    (tree) => {
      writeFileSync(tree.join("d/tmp"), "9876543210");
      renameSync(tree.join("d/tmp"), tree.join("d/f"));
    },
    " M d/f",
  ],
  ["chmod +x", (tree) => chmodSync(tree.join("d/exec"), 0o755), " M d/exec"],
  [
    "same size, same second, modification time set back",
    (tree) => {
      const { atime, mtime } = statSync(tree.join("d/f"));
      writeFileSync(tree.join("d/f"), "9876543210");
      utimesSync(tree.join("d/f"), atime, mtime);
    },
    " M d/f",
  ],
  [
    "fallocate",
    (tree) => {
      allocate(tree.join("d/f"), 4096);
    },
    " M d/f",
  ],
  [
    "copy_file_range",
    (tree) => {
      copyRange(tree.join("d/g"), tree.join("d/f"), 5);
    },
    " M d/f",
  ],
  [
    "a mapping written to, and given up",
    (tree) => {
      const mapping = mapFile(tree.join("d/f"), 10);
      mapping.store(2, "XY");
      mapping.unmap();
    },
    " M d/f",
  ],
  ["copyFile", (tree) => copyFileSync(tree.join("d/g"), tree.join("d/f")), " M d/f"],
  ["unlink", (tree) => unlinkSync(tree.join("d/f")), " D d/f"],
  ["a hard link made", (tree) => linkSync(tree.join("d/f"), tree.join("d/l")), "?? d/l"],
  [
    "file to symbolic link",
    (tree) => {
      unlinkSync(tree.join("d/f"));
      symlinkSync("g", tree.join("d/f"));
    },
    " T d/f",
  ],
];

test.each(CASES)("E1 %s", async (_, change, expected) => {
  await using watched = await watchedWorktree("file", { files: FILES });
  change(watched.tree);
  watched.check();
  expect(watched.status()).toBe(expected);
});

// Only root may give a file away.
test.skipIf(process.getuid?.() !== 0)("E1 chown", async () => {
  await using watched = await watchedWorktree("chown", { files: FILES });
  chownSync(watched.tree.join("d/f"), 1, 1);
  watched.check();
  const { token } = await watched.changedSince("");
  chownSync(watched.tree.join("d/f"), 0, 0);
  expect((await watched.changedSince(token)).paths).toEqual(["d/f"]);
});

test.skipIf(!hasIoUring())("E1 io_uring", async () => {
  await using watched = await watchedWorktree("uring", { files: FILES });
  writeThroughIoUring(watched.tree.join("d/f"), "uring");
  watched.check();
  expect(watched.status()).toBe(" M d/f");
});

test("E1 append while the file is held open, again and again", async () => {
  await using watched = await watchedWorktree("append", { files: FILES });
  const fd = openSync(watched.tree.join("d/f"), "a");
  for (let i = 0; i < 5; i += 1) {
    writeSync(fd, `${i}`);
    watched.check();
    watched.tree.git("add", "d/f");
    watched.check();
  }
  expect(watched.status()).toBe("M  d/f");
  closeSync(fd);
  watched.check();
});

test("E1 a file that is written, held open, and then changed through a mapping", async () => {
  await using watched = await watchedWorktree("mapped", { files: FILES });
  const { tree } = watched;
  const fd = openSync(tree.join("d/f"), "r+");
  writeSync(fd, "w");
  const mapping = mapFile(tree.join("d/f"), 10);
  watched.check();
  tree.git("add", "d/f");
  watched.check();
  const before = fstatSync(fd).mtimeMs;
  // The first store after the pages were written back changes the times, and causes no event.
  fsyncSync(fd);
  mapping.store(2, "XY");
  expect(fstatSync(fd).mtimeMs).toBeGreaterThan(before);
  watched.check();
  expect(watched.status()).toBe("MM d/f");
  mapping.unmap();
  closeSync(fd);
  watched.check();
});

test.each([
  ["the file is renamed", "d/f", "d/g"],
  ["the file is renamed to a place where another was", "d/f", "top"],
  ["its directory is renamed", "d", "e"],
  ["its directory is moved into another", "d", "other/d"],
])("E1 a file that is held open and changed through a mapping after %s", async (_, from, to) => {
  const files = { "d/f": "0123456789", "other/f": "other", top: "top" };
  await using watched = await watchedWorktree("moved", { files });
  const { tree } = watched;
  const fd = openSync(tree.join("d/f"), "r+");
  writeSync(fd, "w");
  const mapping = mapFile(tree.join("d/f"), 10);
  watched.check();
  renameSync(tree.join(from), tree.join(to));
  watched.check();
  tree.git("add", "--all");
  watched.check();
  const before = fstatSync(fd).mtimeMs;
  fsyncSync(fd);
  mapping.store(2, "XY");
  expect(fstatSync(fd).mtimeMs).toBeGreaterThan(before);
  watched.check();
  const now = from === "d/f" ? to : `${to}/f`;
  expect(watched.status()).toMatch(new RegExp(`M [^\n]*${now}$`, "m"));
  mapping.unmap();
  closeSync(fd);
  watched.check();
  const { token } = await watched.changedSince("");
  expect((await watched.changedSince(token)).paths).toEqual([]);
});

test("E1 two files that change places, one of them held open and changed through a mapping", async () => {
  await using watched = await watchedWorktree("exchanged", {
    files: { "d/f": "0123456789", "e/f": "other" },
  });
  const { tree } = watched;
  const fd = openSync(tree.join("d/f"), "r+");
  writeSync(fd, "w");
  const mapping = mapFile(tree.join("d/f"), 10);
  watched.check();
  exchange(tree.join("d/f"), tree.join("e/f"));
  tree.git("add", "--all");
  watched.check();
  fsyncSync(fd);
  mapping.store(2, "XY");
  watched.check();
  expect(watched.status()).toContain("MM e/f");
  exchange(tree.join("d"), tree.join("e"));
  tree.git("add", "--all");
  watched.check();
  fsyncSync(fd);
  mapping.store(2, "YX");
  watched.check();
  expect(watched.status()).toContain("M d/f");
  mapping.unmap();
  closeSync(fd);
  watched.check();
});

test("E1 same-size edits within one tick of the clock, many times", async () => {
  await using watched = await watchedWorktree("racy", { files: FILES });
  const { tree } = watched;
  for (let i = 0; i < 30; i += 1) {
    writeFileSync(tree.join("d/f"), `${i}`.padStart(10));
    tree.git("add", "d/f");
    writeFileSync(tree.join("d/f"), `${i + 1}`.padStart(10));
    watched.check();
    expect(watched.status()).toBe("MM d/f");
  }
});

test("a path written by nobody is in no answer", async () => {
  await using watched = await watchedWorktree("idle", { files: FILES });
  const { token } = await watched.changedSince("");
  watched.status();
  expect(await watched.changedSince(token)).toMatchObject({ kind: "changed", paths: [], token });
  appendFileSync(watched.tree.join("d/f"), "x");
  expect((await watched.changedSince(token)).paths).toEqual(["d/f"]);
});
