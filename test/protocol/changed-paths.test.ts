/** The three kinds of path in an answer, and what people are shown for them. */

import { expect, test } from "bun:test";

import type { BytePath } from "../../src/base/brands.ts";
import { conePath, listingPath, withoutListingName } from "../../src/protocol/changed-paths.ts";

function bytePath(text: string): BytePath {
  return text as BytePath;
}

test.each([
  ["a", "a/"],
  ["a/b", "a/b/"],
  ["caf\xe9", "caf\xe9/"],
])("conePath(%p) is %p", (directory, expected) => {
  expect(conePath(bytePath(directory))).toBe(bytePath(expected));
});

// P2: the root's listing must not become the empty path, which aborts git.
test.each([
  ["", ".gity"],
  ["a", "a/.gity"],
  ["a/b", "a/b/.gity"],
])("listingPath(%p) is %p", (directory, expected) => {
  expect(listingPath(bytePath(directory))).toBe(bytePath(expected));
});

test.each([
  [".gity", "./"],
  ["a/.gity", "a/"],
  ["a/b/.gity", "a/b/"],
  ["a/b", "a/b"],
  ["a/b/", "a/b/"],
  ["a.gity", "a.gity"],
  ["a/x.gity", "a/x.gity"],
  [".gity/a", ".gity/a"],
])("withoutListingName(%p) is %p", (path, expected) => {
  expect(withoutListingName(bytePath(path))).toBe(bytePath(expected));
});
