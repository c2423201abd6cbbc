/** How much there is. */

import { expect, test } from "bun:test";
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";

import { findRepository, measureTree } from "../../src/share/measure-tree.ts";
import { openFolder } from "../../src/share/open-below.ts";
import { tempDir } from "../support/temp-dir.ts";

test("measureTree() counts everything below, and finds the newest", () => {
  using dir = tempDir("measure");
  mkdirSync(dir.join("tree/a/b"), { recursive: true });
  writeFileSync(dir.join("tree/a/b/file"), "12345");
  writeFileSync(dir.join("tree/other"), "123");
  symlinkSync("/", dir.join("tree/link"));
  const newest = Math.ceil(Date.now() / 1000) + 100;
  utimesSync(dir.join("tree/a/b/file"), newest, newest);
  using tree = openFolder(dir.join("tree"));

  expect(measureTree(tree.fd)).toEqual({
    files: 3,
    directories: 2,
    bytes: 8,
    newestMs: newest * 1000,
  });
});

test("findRepository() finds the first, a worktree's file as well", () => {
  using dir = tempDir("measure");
  mkdirSync(dir.join("tree/a/b/c"), { recursive: true });
  symlinkSync("/", dir.join("tree/link"));
  const find = (): string | undefined => {
    using tree = openFolder(dir.join("tree"));
    return findRepository(tree.fd);
  };

  expect(find()).toBeUndefined();
  writeFileSync(dir.join("tree/a/b/.git"), "gitdir: elsewhere");
  expect(find()).toBe("a/b");
  mkdirSync(dir.join("tree/.git"));
  expect(find()).toBe(".");
});
