/** One watch, and what it means when there cannot be one. */

import { expect, test } from "bun:test";
import { symlinkSync, writeFileSync } from "node:fs";

import { closeDescriptor } from "../../src/ffi/descriptors.ts";
import { openInotify } from "../../src/ffi/inotify.ts";
import { cString, EACCES, EMFILE, ENOENT, ENOSPC, ENOTDIR } from "../../src/ffi/libc.ts";
import { DIRECTORY_MASK, refusalOf, watchDirectory } from "../../src/watch/watch-directory.ts";
import { tempDir } from "../support/temp-dir.ts";

test("watchDirectory() takes real directories only", () => {
  using dir = tempDir("watch");
  writeFileSync(dir.join("f"), "");
  symlinkSync(".", dir.join("link"));
  const fd = openInotify();
  const watch = (name: string): number =>
    watchDirectory(fd, cString(dir.join(name), "utf8"), DIRECTORY_MASK);
  expect(watch("")).toBeGreaterThan(0);
  expect(["f", "link", "missing"].map(watch)).toEqual([-ENOTDIR, -ENOTDIR, -ENOENT]);
  closeDescriptor(fd);
});

test("refusalOf() tells what is gone from what is closed and from what is wrong", () => {
  expect([ENOENT, ENOTDIR, EACCES, ENOSPC, EMFILE].map(refusalOf)).toEqual([
    "gone",
    "gone",
    "forbidden",
    "failure",
    "failure",
  ]);
});
