/** The first crawl of a tree. */

import { expect, test } from "bun:test";
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import type { Fd } from "../../src/base/brands.ts";
import { LINKED_ENTRIES_MAX } from "../../src/base/limits.ts";
import { closeDescriptor } from "../../src/ffi/descriptors.ts";
import { openInotify } from "../../src/ffi/inotify.ts";
import { SystemCallError } from "../../src/ffi/libc.ts";
import type { DirectoryTable } from "../../src/watch/directory-table.ts";
import { walk } from "../../src/watch/walk.ts";
import { failCall } from "../support/faults.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";

function walkTree(root: TempDir): DirectoryTable {
  const fd: Fd = openInotify();
  try {
    return walk(root.path, fd).table;
  } finally {
    closeDescriptor(fd);
  }
}

/** The paths that the table's rows stand for. */
function pathsOf(table: DirectoryTable): string[] {
  const names = Buffer.from(table.names);
  const paths: string[] = [];
  for (let row = 0; row < table.count; row += 1) {
    const name = names.toString("latin1", table.nameEnds[row - 1] ?? 0, table.nameEnds[row]);
    const parent = row === 0 ? "" : paths[table.parents[row]!]!;
    paths.push(parent === "" ? name : `${parent}/${name}`);
  }
  return paths.toSorted();
}

test("walk() finds every directory but .git, and follows no link", () => {
  using root = tempDir("walk");
  mkdirSync(root.join("a/b/c"), { recursive: true });
  mkdirSync(root.join(".git/objects"), { recursive: true });
  mkdirSync(root.join("a/.git"));
  writeFileSync(root.join("a/file"), "");
  symlinkSync("..", root.join("a/up"));
  const table = walkTree(root);
  expect(pathsOf(table)).toEqual(["", "a", "a/b", "a/b/c"]);
  expect(new Set(table.watchDescriptors).size).toBe(4);
});

test("walk() keeps names that are not UTF-8", () => {
  using root = tempDir("walk");
  Bun.spawnSync(["sh", "-c", "mkdir \"$(printf 'a\\377b')\""], { cwd: root.path });
  expect(pathsOf(walkTree(root))).toEqual(["", "a\xffb"]);
});

test("walk() lists a directory of 20,000 entries whole", () => {
  using root = tempDir("walk");
  for (let i = 0; i < 20_000; i += 1) {
    mkdirSync(root.join(`d${i}`));
  }
  expect(walkTree(root).count).toBe(20_001);
});

test("E3 walk() finds the files with several names, but none in .git", () => {
  using root = tempDir("walk");
  using outside = tempDir("outside");
  mkdirSync(root.join("a/.git"), { recursive: true });
  writeFileSync(root.join("a/one"), "");
  writeFileSync(root.join("a/x"), "");
  linkSync(root.join("a/x"), root.join("y"));
  linkSync(root.join("a/x"), root.join("a/.git/hidden"));
  writeFileSync(root.join("z"), "");
  linkSync(root.join("z"), outside.join("z"));
  writeFileSync(root.join("b"), "gitdir: elsewhere");
  linkSync(root.join("b"), root.join(".git"));
  const { links } = walkTree(root);
  const found = links.map(({ row, name, file }) => `${row} ${name} ${file.links}`);
  expect(found.toSorted()).toEqual(["0 b 2", "0 y 3", "0 z 2", "1 x 3"]);
  const identities = new Map(links.map(({ name, file }) => [name, file.identity]));
  expect(identities.get("x")).toBe(identities.get("y"));
  // All of them were made a moment ago, perhaps after another name was looked at.
  expect(links.every(({ isRecent }) => isRecent)).toBe(true);
});

test("E3 walk() stops collecting names when there are more than are kept", () => {
  using root = tempDir("walk");
  writeFileSync(root.join("f"), "");
  for (let i = 0; i < LINKED_ENTRIES_MAX + 100; i += 1) {
    linkSync(root.join("f"), root.join(`f${i}`));
  }
  expect(walkTree(root).links.length).toBe(LINKED_ENTRIES_MAX + 1);
});

test.each([
  ["inotify_add_watch", "ENOSPC"],
  ["inotify_add_watch", "ENOMEM"],
  ["open", "EMFILE"],
  ["getdents64", "EIO"],
] as const)("walk() reports %s: %s instead of a tree with a hole", (call, errno) => {
  using root = tempDir("walk");
  using _fault = failCall(call, errno);
  expect(() => walkTree(root)).toThrow(SystemCallError);
});

test("walk() reports a root that is not there", () => {
  using root = tempDir("walk");
  const fd = openInotify();
  expect(() => walk(root.join("missing"), fd)).toThrow("ENOENT");
  closeDescriptor(fd);
});

test.each(["a/file", "a/.git/HEAD"])("E11 walk() says so when it may not look at %s", (path) => {
  using root = tempDir("walk");
  mkdirSync(dirname(root.join(path)), { recursive: true });
  writeFileSync(root.join(path), "");
  expect(walkTree(root).hasRefused).toBe(false);
  using _fault = failCall("statx", "EACCES");
  expect(walkTree(root).hasRefused).toBe(true);
});
