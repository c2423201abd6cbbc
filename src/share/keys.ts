/**
 * The key of a directory that is made by a tool: the files that decide what belongs in it. Where they are the
 * same in two worktrees, what the tool made in one is what it would make in the other.
 */

import { createHash, type Hash } from "node:crypto";

import type { Fd } from "../base/brands.ts";
import { readAt } from "../ffi/descriptors.ts";
import { lookAtEntry, openFileEntry, readLinkEntry } from "../ffi/entries.ts";
import { found, lookAtOpen } from "../ffi/file-status.ts";
import { namesOn, openBelow, OpenEntry, openFolder } from "./open-below.ts";
import { matchesPattern } from "./paths.ts";

export interface KeyRule {
  /** The last names of the directory, or a pattern for all of its path. */
  readonly directory: string;
  readonly files: readonly string[];
  /** By the file of the key: what its tool writes into the directory last, where it writes anything. */
  readonly finishMarks: Readonly<Record<string, readonly string[]>>;
}

/** What usual tools go by. Where several are used beside each other, all of the files count. */
export const KEY_RULES: readonly KeyRule[] = [
  {
    directory: "node_modules",
    files: [
      "package-lock.json",
      "npm-shrinkwrap.json",
      "yarn.lock",
      "pnpm-lock.yaml",
      "bun.lock",
      "bun.lockb",
    ],
    finishMarks: {
      "package-lock.json": [".package-lock.json"],
      "npm-shrinkwrap.json": [".package-lock.json"],
      "yarn.lock": [".yarn-integrity", ".yarn-state.yml"],
      "pnpm-lock.yaml": [".modules.yaml"],
    },
  },
  rule("target", ["Cargo.lock", "rust-toolchain", "rust-toolchain.toml"]),
  rule(".venv", ["uv.lock", "poetry.lock", "Pipfile.lock", "requirements.txt"]),
  rule("venv", ["uv.lock", "poetry.lock", "Pipfile.lock", "requirements.txt"]),
  rule("vendor/bundle", ["Gemfile.lock"]),
  rule("vendor", ["composer.lock", "go.sum"]),
  rule("Pods", ["Podfile.lock"]),
  rule("deps", ["mix.lock"]),
  rule("_build", ["mix.lock"]),
  rule(".build", ["Package.resolved"]),
  rule(".gradle", ["gradle.lockfile", "gradle/wrapper/gradle-wrapper.properties"]),
  rule("elm-stuff", ["elm.json"]),
  rule(".stack-work", ["stack.yaml.lock"]),
  rule("dist-newstyle", ["cabal.project.freeze"]),
];

function rule(directory: string, files: readonly string[]): KeyRule {
  return { directory, files, finishMarks: {} };
}

/** `gity.shareKey`: `<path>=<file>,<file>`; undefined for what is not one. */
export function parseKeyRule(text: string): KeyRule | undefined {
  const at = text.lastIndexOf("=");
  const directory = text.slice(0, at).trim().replace(/\/+$/, "");
  const files = text
    .slice(at + 1)
    .split(",")
    .map((file) => file.trim())
    .filter((file) => file !== "");
  const isPlain = files.every((file) => !file.startsWith("/") && !file.split("/").includes(".."));
  return at > 0 && directory !== "" && files.length > 0 && isPlain
    ? rule(directory, files)
    : undefined;
}

/** The last of the user's rules for it; otherwise the table's. */
export function ruleFor(path: string, rules: readonly KeyRule[]): KeyRule | undefined {
  return (
    rules.findLast(({ directory }) => directory === path || matchesPattern(directory, path)) ??
    KEY_RULES.find(({ directory }) => path === directory || path.endsWith(`/${directory}`))
  );
}

export interface ShareKey {
  /** Undefined where there is none of the files. */
  readonly digest: string | undefined;
  /** Those there are, below the root. */
  readonly files: readonly string[];
  /** When one of them was changed last. */
  readonly modifiedAtMs: number;
}

/** Looks beside the directory, and in every folder above it up to the root. */
export function computeKey(root: string, path: string, files: readonly string[]): ShareKey {
  using folder = openFolder(root);
  const hash = createHash("sha256");
  const names: string[] = [];
  let modifiedAtMs = 0;
  for (const above of foldersAbove(path)) {
    for (const file of files) {
      const name = above === "" ? file : `${above}/${file}`;
      const changedAtMs = addFile(hash, folder.fd, name);
      if (changedAtMs !== undefined) {
        names.push(name);
        modifiedAtMs = Math.max(modifiedAtMs, changedAtMs);
      }
    }
  }
  return {
    digest: names.length === 0 ? undefined : hash.digest("hex"),
    files: names,
    modifiedAtMs,
  };
}

/** `a/b/c` as `a/b`, `a` and the root itself. */
function foldersAbove(path: string): readonly string[] {
  const names = path.split("/").slice(0, -1);
  return [...names.map((_, i) => names.slice(0, names.length - i).join("/")), ""];
}

const CHUNK_BYTES = 64 << 10;

/** Name, kind and content. Undefined where there is no file or link. */
function addFile(hash: Hash, root: Fd, path: string): number | undefined {
  const names = namesOn(path);
  const name = names.at(-1) ?? "";
  using folder = openBelow(root, names.slice(0, -1));
  if (folder === undefined || lookAtEntry(folder.fd, name) !== 0) {
    return undefined;
  }
  const modifiedAtMs = found.modifiedAtMs;
  if (found.isSymbolicLink) {
    // What it leads to is somebody else's file; where it leads is what git keeps of it.
    hash.update(`${path}\0link\0${String(readLinkEntry(folder.fd, name))}\0`);
    return modifiedAtMs;
  }
  const fd = found.isRegularFile ? openFileEntry(folder.fd, name) : -1;
  if (fd < 0) {
    return undefined;
  }
  using file = new OpenEntry(fd);
  if (lookAtOpen(file.fd) !== 0 || !found.isRegularFile) {
    return undefined;
  }
  hash.update(`${path}\0file\0`);
  const content = createHash("sha256");
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  for (let at = 0, count = 1; count > 0; at += count) {
    count = readAt(file.fd, chunk, at);
    content.update(chunk.subarray(0, Math.max(0, count)));
  }
  hash.update(content.digest());
  return modifiedAtMs;
}
