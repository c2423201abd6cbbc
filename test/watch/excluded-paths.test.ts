/** The list of directories that are not watched. */

import { expect, test } from "bun:test";

import type { BytePath } from "../../src/base/brands.ts";
import { TOUCHED_DIRECTORIES_MAX } from "../../src/base/limits.ts";
import { ExcludedPaths } from "../../src/watch/excluded-paths.ts";

const paths = (...names: string[]): BytePath[] => names as BytePath[];

test("replace() tells what came and what went", () => {
  const excluded = new ExcludedPaths(paths("a", "b"));
  expect(excluded.replace(paths("b", "c"))).toEqual({ added: paths("c"), removed: paths("a") });
  expect([...excluded]).toEqual(paths("b", "c"));
  expect(excluded.has("a" as BytePath)).toBe(false);
});

test("touch() takes what is below a directory, not the directory nor its namesakes", () => {
  const excluded = new ExcludedPaths(paths("a", "a/x", "a/b/y", "ab/z"));
  excluded.touch("a" as BytePath);
  expect([...excluded]).toEqual(paths("a", "ab/z"));
  expect(excluded.size).toBe(2);
});

test("[X1] trusted() leaves out what is below a directory that came or went meanwhile", () => {
  const excluded = new ExcludedPaths();
  const list = paths("a", "a/x", "b/c/y", "bc/z");
  excluded.touch("b" as BytePath);
  excluded.beginRequest();
  excluded.touch("a" as BytePath);
  expect(excluded.trusted(list)).toEqual(paths("a", "b/c/y", "bc/z"));
  excluded.beginRequest();
  excluded.touch("b" as BytePath);
  excluded.touch("bc/z" as BytePath);
  expect(excluded.trusted(list)).toEqual(paths("a", "a/x", "bc/z"));
  // A list that nobody asked for: the first one, made before anything was watched.
  expect(excluded.trusted(list)).toEqual(list);
});

test("trusted() gives up when more came and went than can be remembered", () => {
  const excluded = new ExcludedPaths();
  excluded.beginRequest();
  for (let i = 0; i <= TOUCHED_DIRECTORIES_MAX; i += 1) {
    excluded.touch(`d${i}` as BytePath);
  }
  expect(excluded.trusted(paths("a/x"))).toEqual([]);
});

test("[X1] doubt() leaves out what is below a directory that may have been closed, and takes nothing back", () => {
  const excluded = new ExcludedPaths(paths("a/x"));
  excluded.beginRequest();
  excluded.doubt("a" as BytePath);
  expect([...excluded]).toEqual(paths("a/x"));
  expect(excluded.trusted(paths("a/x", "b/y"))).toEqual(paths("b/y"));
});
