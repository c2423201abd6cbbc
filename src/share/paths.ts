/**
 * Declared paths: below a worktree's root, with `*` and `?` for what is in one name. Text, as git's configuration has
 * them: a directory whose own name is not UTF-8 cannot be declared; names below it may be anything.
 */

import { posix } from "node:path";

import type { Fd } from "../base/brands.ts";
import { openDirectoryEntry } from "../ffi/entries.ts";
import { namesIn, namesOn, openBelow, OpenEntry, openFolder } from "./open-below.ts";

/** What is wrong with a path that somebody wants to declare; undefined for a good one. */
export function whyNotDeclared(path: string): string | undefined {
  if (path === "") {
    return "it is empty";
  }
  if (path.startsWith("/")) {
    return "it is not below the worktree's root";
  }
  // oxlint-disable-next-line no-control-regex -- Control characters are what this is about.
  if (/[\u0000-\u001F\u007F]/.test(path)) {
    return "it has a control character in it";
  }
  const names = path.split("/");
  if (names.some((name) => name === "" || name === "." || name === "..")) {
    return names.includes("..")
      ? "it leads out of the worktree"
      : "it is not a plain path below the worktree's root";
  }
  // git takes the one for the other where the file system does.
  return names.some((name) => name.toLowerCase() === ".git") ? "'.git' is never shared" : undefined;
}

/** `./a//b/` as `a/b`. */
export function normalizePath(path: string): string {
  return posix.normalize(path).replace(/\/+$/, "");
}

export function isPattern(path: string): boolean {
  return /[*?]/.test(path);
}

/** `*` and `?` stand for anything in one name. */
export function matchesPattern(pattern: string, path: string): boolean {
  const patternNames = pattern.split("/");
  const names = path.split("/");
  return (
    names.length === patternNames.length &&
    names.every((name, i) => nameMatcher(patternNames[i] ?? "").test(name))
  );
}

function nameMatcher(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "su");
}

/** The directories below the root that a pattern names now, and a plain path whatever is there. */
export function expandPath(root: string, pattern: string): readonly string[] {
  if (!isPattern(pattern)) {
    return [pattern];
  }
  using folder = openFolder(root);
  return expandIn(folder.fd, "", pattern.split("/")).toSorted();
}

function expandIn(directory: Fd, prefix: string, names: readonly string[]): readonly string[] {
  const [name, ...rest] = names;
  if (name === undefined) {
    return [prefix];
  }
  const found = isPattern(name) ? matchesIn(directory, name) : [name];
  return found.flatMap((each) => {
    using below = openBelow(directory, namesOn(each));
    return below === undefined
      ? []
      : expandIn(below.fd, prefix === "" ? each : `${prefix}/${each}`, rest);
  });
}

/** Entries of any kind: what is no directory cannot be opened as one. */
function matchesIn(directory: Fd, pattern: string): readonly string[] {
  const matcher = nameMatcher(pattern);
  const fd = openDirectoryEntry(directory, ".");
  if (fd < 0) {
    return [];
  }
  using listed = new OpenEntry(fd);
  return namesIn(listed.fd)
    .map((name) => Buffer.from(name, "latin1").toString("utf8"))
    .filter((name) => matcher.test(name) && whyNotDeclared(name) === undefined);
}
