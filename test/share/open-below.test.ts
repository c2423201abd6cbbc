/** Down from a folder, and never elsewhere. */

import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";

import { ENOENT, ENOTDIR } from "../../src/ffi/libc.ts";
import {
  findBelow,
  makeBelow,
  namesIn,
  namesOn,
  openBelow,
  openFolder,
} from "../../src/share/open-below.ts";
import { tempDir } from "../support/temp-dir.ts";

test("openBelow() finds directories, and none behind a link or a file", () => {
  using dir = tempDir("below");
  mkdirSync(dir.join("a/ü"), { recursive: true });
  writeFileSync(dir.join("a/ü/file"), "");
  symlinkSync("a", dir.join("link"));
  using folder = openFolder(dir.path);

  using found = openBelow(folder.fd, namesOn("a/ü"));
  expect(found === undefined ? [] : namesIn(found.fd)).toEqual(["file"]);
  expect(openBelow(folder.fd, namesOn("link/ü"))).toBeUndefined();
  expect(findBelow(folder.fd, namesOn("a/none/x"))).toBe(-ENOENT);
  expect(findBelow(folder.fd, namesOn("link"))).toBe(-ENOTDIR);
  expect(findBelow(folder.fd, namesOn("a/ü/file/x"))).toBe(-ENOTDIR);
});

test("makeBelow() makes what is missing", () => {
  using dir = tempDir("below");
  using folder = openFolder(dir.path);

  using made = makeBelow(folder.fd, ["x", "y"], 0o700);

  expect(namesIn(made.fd)).toEqual([]);
  expect(statSync(dir.join("x/y")).mode & 0o777).toBe(0o700);
  expect(readdirSync(dir.path)).toEqual(["x"]);
});

test("makeBelow() and openFolder() say what is in the way", () => {
  using dir = tempDir("below");
  writeFileSync(dir.join("x"), "");
  using folder = openFolder(dir.path);

  expect(() => makeBelow(folder.fd, ["x", "y"], 0o700)).toThrow("cannot make 'x/y': ENOTDIR");
  expect(() => openFolder(dir.join("none"))).toThrow(`cannot open '${dir.join("none")}': ENOENT`);
});
