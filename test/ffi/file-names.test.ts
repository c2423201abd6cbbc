/** link(2), rename(2), unlink(2). */

import { expect, test } from "bun:test";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";

import { linkFile, removeFile, renameFile } from "../../src/ffi/file-names.ts";
import { cString, EEXIST, ENOENT } from "../../src/ffi/libc.ts";
import { tempDir } from "../support/temp-dir.ts";

test("linkFile(), renameFile() and removeFile() do what their system calls do", () => {
  using dir = tempDir("names");
  const [one, two] = [dir.join("one"), dir.join("two")];
  const [a, b] = [one, two].map((path) => cString(path, "utf8")) as [Buffer, Buffer];
  writeFileSync(one, "1");
  expect(linkFile(a, b)).toBe(0);
  expect(statSync(two).ino).toBe(statSync(one).ino);
  expect(linkFile(a, b)).toBe(-EEXIST);
  expect(removeFile(b)).toBe(0);
  expect(removeFile(b)).toBe(-ENOENT);
  writeFileSync(two, "2");
  expect(renameFile(a, b)).toBe(0);
  expect(existsSync(one)).toBe(false);
  expect(readFileSync(two, "utf8")).toBe("1");
  expect(renameFile(a, b)).toBe(-ENOENT);
});
