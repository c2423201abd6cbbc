/** Counting the names of files. */

import { expect, test } from "bun:test";
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";

import type { Fd } from "../../src/base/brands.ts";
import {
  countLinks,
  lastLook,
  LINKS_UNKNOWN,
  NAME_IS_GONE,
  NO_LINKS,
} from "../../src/ffi/file-links.ts";
import { AT_FDCWD } from "../../src/ffi/file-status.ts";
import { cString } from "../../src/ffi/libc.ts";
import { failCall } from "../support/faults.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";

function count(root: TempDir, name: string): number {
  return countLinks(AT_FDCWD, cString(root.join(name), "utf8"));
}

test("countLinks() counts the names of a file, and of nothing else", () => {
  using root = tempDir("links");
  writeFileSync(root.join("one"), "");
  writeFileSync(root.join("a"), "");
  linkSync(root.join("a"), root.join("b"));
  linkSync(root.join("a"), root.join("c"));
  mkdirSync(root.join("d/e"), { recursive: true });
  symlinkSync("a", root.join("s"));
  linkSync(root.join("s"), root.join("t"));
  expect(["one", "a", "c", "d", "s", "none", "one/x"].map((name) => count(root, name))).toEqual([
    1,
    3,
    3,
    NO_LINKS,
    NO_LINKS,
    NAME_IS_GONE,
    NAME_IS_GONE,
  ]);
});

test("countLinks() takes a name in an open directory", () => {
  using root = tempDir("links");
  writeFileSync(root.join("a"), "");
  linkSync(root.join("a"), root.join("b"));
  const directory = openSync(root.path, "r");
  expect(countLinks(directory as Fd, cString("b", "latin1"))).toBe(2);
  closeSync(directory);
});

test.each([
  ["EIO", LINKS_UNKNOWN],
  ["ENOMEM", LINKS_UNKNOWN],
  ["EACCES", NO_LINKS],
] as const)("countLinks() that fails with %s returns %d", (errno, expected) => {
  using root = tempDir("links");
  writeFileSync(root.join("a"), "");
  using _fault = failCall("statx", errno);
  expect(count(root, "a")).toBe(expected);
});

test("lastLook() tells two files apart, and two names of one file not", () => {
  using root = tempDir("links");
  writeFileSync(root.join("a"), "");
  linkSync(root.join("a"), root.join("b"));
  writeFileSync(root.join("other"), "");
  const look = (name: string) => lastLook(count(root, name));
  expect(look("a")).toEqual(look("b"));
  expect(look("a").links).toBe(2);
  expect(look("other").identity).not.toBe(look("a").identity);
  expect(look("a").changedAtMs).toBeCloseTo(statSync(root.join("a")).ctimeMs, 0);
});
