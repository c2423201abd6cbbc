/** Counting names by path. */

import { expect, test } from "bun:test";
import { linkSync, writeFileSync } from "node:fs";

import { LINKS_UNKNOWN, NAME_IS_GONE } from "../../src/ffi/file-links.ts";
import { cString } from "../../src/ffi/libc.ts";
import { countLinksAt } from "../../src/watch/count-links.ts";
import { failCall } from "../support/faults.ts";
import { tempDir } from "../support/temp-dir.ts";

/** 6,000 bytes: no system call takes such a path. */
const FAR = Array.from({ length: 30 }, () => "d".repeat(200)).join("/");

test("countLinksAt() counts the names of a file", () => {
  using root = tempDir("count");
  writeFileSync(root.join("a"), "");
  linkSync(root.join("a"), root.join("b"));
  expect(countLinksAt(cString(root.join("b"), "utf8"))).toBe(2);
  expect(countLinksAt(cString(root.join("c"), "utf8"))).toBe(NAME_IS_GONE);
});

test("countLinksAt() finds a file beyond PATH_MAX", () => {
  using root = tempDir("count");
  // mkdir(1) and find(1) go there step by step.
  Bun.spawnSync(["mkdir", "-p", FAR], { cwd: root.path });
  const make = ': > "$1/a"; ln "$1/a" "$1/b"';
  const find = ["find", ".", "-type", "d", "-empty", "-execdir", "sh", "-c", make, "sh", "{}", ";"];
  Bun.spawnSync(find, { cwd: root.path });
  const at = (name: string): Buffer => cString(root.join(FAR, name), "utf8");
  expect(countLinksAt(at("a"))).toBe(2);
  expect(countLinksAt(at("c"))).toBe(NAME_IS_GONE);
  expect(countLinksAt(cString(root.join("none", FAR), "utf8"))).toBe(NAME_IS_GONE);
  using _fault = failCall("openat", "EMFILE");
  expect(countLinksAt(at("a"))).toBe(LINKS_UNKNOWN);
});
