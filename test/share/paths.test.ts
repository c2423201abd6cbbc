/** Declared paths and patterns. */

import { expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";

import {
  expandPath,
  isPattern,
  matchesPattern,
  normalizePath,
  whyNotDeclared,
} from "../../src/share/paths.ts";
import { tempDir } from "../support/temp-dir.ts";

test.each([
  ["", "it is empty"],
  ["/etc", "it is not below the worktree's root"],
  ["../x", "it leads out of the worktree"],
  ["a/../../x", "it leads out of the worktree"],
  ["a//b", "it is not a plain path below the worktree's root"],
  ["./a", "it is not a plain path below the worktree's root"],
  [".git", "'.git' is never shared"],
  ["a/.GIT/b", "'.git' is never shared"],
  ["a\nb", "it has a control character in it"],
])("whyNotDeclared(%j)", (path, reason) => {
  expect(whyNotDeclared(path)).toBe(reason);
});

test.each(["node_modules", "packages/*/node_modules", ".venv", ".gitty", "a b/ü"])(
  "%j can be declared",
  (path) => {
    expect(whyNotDeclared(path)).toBeUndefined();
  },
);

test("normalizePath() takes out what means nothing", () => {
  expect(["./a//b/", "a/./b", "a/c/../b"].map(normalizePath)).toEqual(["a/b", "a/b", "a/b"]);
});

test("patterns stand for anything in one name, and for nothing else", () => {
  expect(["a", "a*", "?"].map(isPattern)).toEqual([false, true, true]);
  expect(matchesPattern("packages/*/node_modules", "packages/a/node_modules")).toBe(true);
  expect(matchesPattern("packages/*/node_modules", "packages/a/b/node_modules")).toBe(false);
  expect(matchesPattern("a.b", "axb")).toBe(false);
  expect(matchesPattern("?", "ü")).toBe(true);
  expect(matchesPattern("(a|b)+", "(a|b)+")).toBe(true);
});

test("expandPath() finds directories, and goes through no link", () => {
  using dir = tempDir("paths");
  for (const path of ["p/b/n", "p/a/n", "p/c", ".git/n", "elsewhere/n"]) {
    mkdirSync(dir.join(path), { recursive: true });
  }
  symlinkSync("../elsewhere", dir.join("p/link"));
  writeFileSync(dir.join("p/file"), "");

  expect(expandPath(dir.path, "p/*/n")).toEqual(["p/a/n", "p/b/n"]);
  expect(expandPath(dir.path, "*/n")).toEqual(["elsewhere/n"]);
  expect(expandPath(dir.path, "none/*")).toEqual([]);
  expect(expandPath(dir.path, "plain/whatever")).toEqual(["plain/whatever"]);
});
