/** The list of directories that are not watched. */

import { expect, test } from "bun:test";

import type { BytePath } from "../../src/base/brands.ts";
import { ExcludedPaths } from "../../src/watch/excluded-paths.ts";

const paths = (...names: string[]): BytePath[] => names as BytePath[];

test("replace() tells what came and what went", () => {
  const excluded = new ExcludedPaths(paths("a", "b"));
  expect(excluded.replace(paths("b", "c"))).toEqual({ added: paths("c"), removed: paths("a") });
  expect([...excluded]).toEqual(paths("b", "c"));
  expect(excluded.has("a" as BytePath)).toBe(false);
});

test("dropBelow() takes what is below a directory, not the directory nor its namesakes", () => {
  const excluded = new ExcludedPaths(paths("a", "a/x", "a/b/y", "ab/z"));
  excluded.dropBelow("a" as BytePath);
  expect([...excluded]).toEqual(paths("a", "ab/z"));
  expect(excluded.size).toBe(2);
});
