/** Which paths are those of files that were written to and not closed. */

import { expect, test } from "bun:test";

import type { BytePath } from "../../src/base/brands.ts";
import { HELD_OPEN_FILES_MAX } from "../../src/base/limits.ts";
import {
  IN_CLOSE_WRITE,
  IN_CREATE,
  IN_DELETE,
  IN_MODIFY,
  IN_MOVED_FROM,
  IN_MOVED_TO,
} from "../../src/ffi/inotify.ts";
import { HeldFiles } from "../../src/watch/held-files.ts";

const COOKIE = 7;

function hear(held: HeldFiles, path: string, mask: number, cookie = 0): void {
  held.hear(path as BytePath, mask, cookie);
}

function rename(held: HeldFiles, from: string, to: string, cookie = COOKIE): void {
  hear(held, from, IN_MOVED_FROM, cookie);
  hear(held, to, IN_MOVED_TO, cookie);
}

/** What is kept after a look at a disk that holds these paths. */
function look(held: HeldFiles, ...onDisk: string[]): string[] {
  held.look((path) => onDisk.includes(path));
  return [...held];
}

test("hear() keeps what was written to until it is closed or gone", () => {
  const held = new HeldFiles(["before" as BytePath]);
  for (const path of ["a", "b", "c"]) {
    hear(held, path, IN_CREATE);
    hear(held, path, IN_MODIFY);
  }
  hear(held, "a", IN_CLOSE_WRITE);
  hear(held, "b", IN_DELETE);
  expect([...held]).toEqual(["before", "c"] as BytePath[]);
  expect(held.has("c" as BytePath)).toBe(true);
});

test("hear() follows a rename, also one of which a look comes in the middle", () => {
  const held = new HeldFiles(["a" as BytePath]);
  rename(held, "a", "b");
  expect(look(held, "b")).toEqual(["b"]);
  hear(held, "b", IN_MOVED_FROM, COOKIE);
  expect(look(held, "c")).toEqual([]);
  hear(held, "c", IN_MOVED_TO, COOKIE);
  expect(look(held, "c")).toEqual(["c"]);
  hear(held, "d", IN_MOVED_TO, COOKIE);
  expect(look(held, "c", "d")).toEqual(["c"]);
});

test("hear() keeps both of two files that change places", () => {
  const held = new HeldFiles(["a" as BytePath]);
  rename(held, "a", "b", 1);
  rename(held, "b", "a", 2);
  expect(look(held, "a", "b")).toEqual(["a", "b"]);
});

test("directoryMoved() takes along what is below, and nothing of a namesake", () => {
  const held = new HeldFiles(["d/f", "d/e/g", "dd/f", "d"] as BytePath[]);
  held.directoryMoved("d" as BytePath, "x/y" as BytePath);
  expect(look(held, "x/y/f", "x/y/e/g", "dd/f", "d")).toEqual(["dd/f", "d", "x/y/f", "x/y/e/g"]);
});

test("directoryMoved() keeps both of two directories that change places", () => {
  const held = new HeldFiles(["a/f"] as BytePath[]);
  held.directoryMoved("b" as BytePath, "a" as BytePath);
  held.directoryMoved("a" as BytePath, "b" as BytePath);
  expect(look(held, "a/f", "b/f")).toEqual(["a/f", "b/f"]);
});

test("more files than are kept: the oldest go, and it is known that they did", () => {
  const paths = Array.from({ length: HELD_OPEN_FILES_MAX }, (_, i) => `d/${i}`);
  const held = new HeldFiles(paths as BytePath[]);
  held.directoryMoved("d" as BytePath, "e" as BytePath);
  const moved = paths.map((path) => path.replace("d/", "e/"));
  expect(look(held, ...moved)).toEqual(moved);
  expect(held.hasForgotten).toBe(false);
  hear(held, "new", IN_MODIFY);
  expect([...held]).toEqual([...moved.slice(1), "new"] as BytePath[]);
  expect(held.hasForgotten).toBe(true);
});
