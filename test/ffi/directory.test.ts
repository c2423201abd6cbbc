/** getdents64(2) on real folders. */

import { expect, test } from "bun:test";
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";

import type { Fd } from "../../src/base/brands.ts";
import { closeDescriptor } from "../../src/ffi/descriptors.ts";
import { listDirectory, openDirectory } from "../../src/ffi/directory.ts";
import { cString, ENOENT, ENOTDIR } from "../../src/ffi/libc.ts";
import { tempDir } from "../support/temp-dir.ts";

function list(path: string): string[] {
  const fd = openDirectory(cString(path, "utf8")) as Fd;
  const found: string[] = [];
  listDirectory(fd, { visit: (name, kind) => found.push(`${kind} ${name}`) });
  closeDescriptor(fd);
  return found.toSorted();
}

test("listDirectory() tells directories from the rest, without . and ..", () => {
  using dir = tempDir("list");
  mkdirSync(dir.join("d"));
  mkdirSync(dir.join("..d"));
  writeFileSync(dir.join("f"), "");
  writeFileSync(dir.join(".f"), "");
  symlinkSync("d", dir.join("link"));
  expect(list(dir.path)).toEqual([
    "directory ..d",
    "directory d",
    "other .f",
    "other f",
    "other link",
  ]);
});

test("listDirectory() gives every one of 3,000 entries once", () => {
  using dir = tempDir("list");
  const names = Array.from({ length: 3_000 }, (_, i) => `a-rather-long-name-${i}`);
  for (const name of names) {
    writeFileSync(dir.join(name), "");
  }
  expect(list(dir.path)).toEqual(names.map((name) => `other ${name}`).toSorted());
});

test("openDirectory() refuses a link, a file and nothing", () => {
  using dir = tempDir("list");
  writeFileSync(dir.join("f"), "");
  symlinkSync(".", dir.join("link"));
  const outcome = (name: string): number => openDirectory(cString(dir.join(name), "utf8"));
  expect(["f", "link", "missing"].map(outcome)).toEqual([-ENOTDIR, -ENOTDIR, -ENOENT]);
});

test("listDirectory() tells of files with several names, until that is no longer wanted", () => {
  using dir = tempDir("list");
  mkdirSync(dir.join("d"));
  writeFileSync(dir.join("single"), "");
  writeFileSync(dir.join("f"), "");
  linkSync(dir.join("f"), dir.join("g"));
  linkSync(dir.join("f"), dir.join("h"));
  const found: string[] = [];
  for (const namesMax of [3, 1]) {
    const fd = openDirectory(cString(dir.path, "utf8")) as Fd;
    listDirectory(fd, {
      visit: () => {},
      visitLinked: (name, { links }) => found.push(`${name} ${links}`) % 3 < namesMax,
    });
    closeDescriptor(fd);
  }
  expect(found.slice(0, 3).toSorted()).toEqual(["f 3", "g 3", "h 3"]);
  expect(found.length).toBe(4);
});
