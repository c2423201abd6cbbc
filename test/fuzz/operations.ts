/**
 * One change of a worktree as a plain value, and the function that makes it happen.
 *
 * Paths are latin1 strings, one character per byte, relative to the worktree; `../outside/` is a
 * folder beside it. An operation that no longer applies (because those before it were left out of
 * a replay) does nothing, or as much as it can: replays are for finding out what matters.
 */

import {
  appendFileSync,
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  futimesSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path/posix";

import type { DaemonAction } from "../support/daemon-sync.ts";
import { GIT } from "../support/run-git.ts";
import { exchange, mapFile } from "../support/system-calls.ts";
import { isIgnored, quote, runBytes, runScript } from "./byte-commands.ts";
import { lookAt, removeAll, toBytes, toUtf8 } from "./byte-files.ts";

export type Operation =
  /** Created, or overwritten in place. */
  | { readonly kind: "write"; readonly path: string; readonly content: string }
  | { readonly kind: "append"; readonly path: string; readonly content: string }
  | { readonly kind: "truncate"; readonly path: string; readonly bytes: number }
  /** As many bytes as before, all of them `fill`. */
  | { readonly kind: "rewrite"; readonly path: string; readonly fill: string; keepsTime: boolean }
  | { readonly kind: "map-write"; readonly path: string; readonly content: string }
  /** Written to and left open; `write-held` writes to what was opened `index` holds ago. */
  | { readonly kind: "hold"; readonly path: string; readonly content: string }
  | { readonly kind: "write-held"; readonly index: number; readonly content: string }
  | { readonly kind: "release-held" }
  | { readonly kind: "touch"; readonly path: string; readonly seconds: number }
  | { readonly kind: "chmod"; readonly path: string; readonly mode: number }
  | { readonly kind: "rename"; readonly from: string; readonly to: string }
  | { readonly kind: "exchange"; readonly a: string; readonly b: string }
  /** By three renames. */
  | { readonly kind: "swap"; readonly a: string; readonly b: string; readonly third: string }
  | { readonly kind: "empty-in-place"; readonly path: string; readonly aside: string }
  | { readonly kind: "remove"; readonly path: string }
  | { readonly kind: "make-directory"; readonly path: string }
  /** Directories as needed, and then at once files in them. */
  | { readonly kind: "make-files"; readonly paths: readonly string[] }
  | { readonly kind: "symlink"; readonly path: string; readonly target: string }
  | { readonly kind: "link"; readonly from: string; readonly to: string }
  /** What was there goes, and one of these comes, with nothing in between. */
  | { readonly kind: "replace"; readonly path: string; readonly by: "file" | "directory" | "link" }
  | { readonly kind: "copy"; readonly from: string; readonly to: string }
  | { readonly kind: "untar"; readonly from: string; readonly to: string }
  | { readonly kind: "git"; readonly arguments: readonly string[] }
  /** Shell scripts that run at the same time. */
  | { readonly kind: "parallel"; readonly scripts: readonly string[] }
  /** Not of the worktree: the daemon ends, or comes back. */
  | { readonly kind: "daemon"; readonly action: DaemonAction }
  | { readonly kind: "check" };

export interface OperationPlace {
  readonly root: string;
  /** Open descriptors, newest last. */
  readonly held: number[];
  /** Added to the environment of every command. */
  readonly environment: Readonly<Record<string, string>>;
}

const HELD_FILES_MAX = 4;

/** What the system says when an operation no longer applies. */
const NOT_APPLICABLE =
  /^(?:ENOENT|EEXIST|ENOTDIR|EISDIR|ENOTEMPTY|EINVAL|ELOOP|EBUSY|ENAMETOOLONG|EXDEV|EPERM|ENXIO)$/;

export function applyOperation(operation: Operation, place: OperationPlace): void {
  try {
    apply(operation, place);
  } catch (error) {
    if (!isNotApplicable(error)) {
      throw error;
    }
  }
}

/** system-calls.ts does not tell why an exchange failed. */
function isNotApplicable(error: unknown): boolean {
  return (
    error instanceof Error &&
    (("code" in error && NOT_APPLICABLE.test(String(error.code))) ||
      error.message === "renameat2 failed")
  );
}

function apply(operation: Operation, place: OperationPlace): void {
  const at = (path: string): Buffer => toBytes(`${place.root}/${path}`);
  switch (operation.kind) {
    case "write":
    case "append":
    case "truncate":
    case "rewrite":
    case "map-write":
    case "hold":
    case "touch":
    case "chmod":
      changeFile(operation, place);
      return;
    case "write-held":
      writeHeld(place, operation);
      return;
    case "release-held":
      closeHeld(place);
      return;
    case "rename":
      renameSync(at(operation.from), at(operation.to));
      return;
    case "exchange": {
      const [a, b] = [toUtf8(operation.a), toUtf8(operation.b)];
      if (a !== undefined && b !== undefined && exists(place, a) && exists(place, b)) {
        attemptExchange(`${place.root}/${a}`, `${place.root}/${b}`);
      }
      return;
    }
    case "swap":
      renameSync(at(operation.a), at(operation.third));
      renameSync(at(operation.b), at(operation.a));
      renameSync(at(operation.third), at(operation.b));
      return;
    case "empty-in-place":
      renameSync(at(operation.path), at(operation.aside));
      mkdirSync(at(operation.path));
      return;
    case "remove":
      removeAll(`${place.root}/${operation.path}`);
      return;
    case "make-directory":
      mkdirSync(at(operation.path), { recursive: true });
      return;
    case "make-files":
      for (const path of operation.paths) {
        mkdirSync(at(dirname(path)), { recursive: true });
        writeFileSync(at(path), "made");
      }
      return;
    case "symlink":
      symlinkSync(toBytes(operation.target), at(operation.path));
      return;
    case "link":
      // A name in an ignored directory is what gity cannot notice (README, "Limits").
      if (!isIgnored(place, dirname(operation.to))) {
        linkSync(at(operation.from), at(operation.to));
      }
      return;
    case "replace":
      replace(operation, place);
      return;
    case "copy":
      runBytes(place, ["cp", "-a", "--", operation.from, operation.to]);
      return;
    case "untar":
      mkdirSync(at(operation.to), { recursive: true });
      runScript(
        place,
        `tar cf - -C ${quote(`./${operation.from}`)} . | tar xf - -C ${quote(`./${operation.to}`)}`,
      );
      return;
    case "git":
      runBytes(place, [GIT, ...operation.arguments]);
      removeLockOfTheDead(place);
      return;
    case "parallel":
      runScript(place, `${operation.scripts.map((script) => `(${script}\n) &\n`).join("")}wait`);
      removeLockOfTheDead(place);
      return;
    case "check":
    case "daemon":
      throw new Error("the caller checks");
  }
}

type FileChange = Extract<
  Operation,
  { kind: "write" | "append" | "truncate" | "rewrite" | "map-write" | "hold" | "touch" | "chmod" }
>;

function changeFile(operation: FileChange, place: OperationPlace): void {
  const path = toBytes(`${place.root}/${operation.path}`);
  switch (operation.kind) {
    case "write":
      writeFileSync(path, toBytes(operation.content));
      return;
    case "append":
      appendFileSync(path, toBytes(operation.content));
      return;
    case "truncate":
      truncateSync(path, operation.bytes);
      return;
    case "rewrite":
      rewrite(path, operation);
      return;
    case "map-write":
      mapWrite(path, operation.content);
      return;
    case "hold":
      hold(place, path, operation.content);
      return;
    case "touch":
      utimesSync(path, operation.seconds, operation.seconds);
      return;
    case "chmod":
      chmodSync(path, operation.mode);
  }
}

/** In place, with the modification time as it was if wanted, as an archive program does. */
function rewrite(path: Buffer, how: { readonly fill: string; readonly keepsTime: boolean }): void {
  const bytes = readFileSync(path).length;
  const fd = openSync(path, constants.O_WRONLY);
  try {
    const { atime, mtime } = fstatSync(fd);
    writeSync(fd, Buffer.alloc(bytes, how.fill, "latin1"));
    if (how.keepsTime) {
      futimesSync(fd, atime, mtime);
    }
  } finally {
    closeSync(fd);
  }
}

/** The descriptor's own path: mapFile() takes no bytes that are not UTF-8. */
function mapWrite(path: Buffer, content: string): void {
  const fd = openSync(path, constants.O_RDONLY);
  try {
    const bytes = Math.min(fstatSync(fd).size, content.length);
    if (bytes > 0) {
      const mapping = mapFile(`/proc/self/fd/${fd}`, bytes);
      mapping.store(0, content.slice(0, bytes));
      mapping.unmap();
    }
  } finally {
    closeSync(fd);
  }
}

function hold(place: OperationPlace, path: Buffer, content: string): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT, 0o644);
  place.held.push(fd);
  writeSync(fd, toBytes(content));
  if (place.held.length > HELD_FILES_MAX) {
    closeSync(place.held.shift() ?? fd);
  }
}

function writeHeld(
  place: OperationPlace,
  write: { readonly index: number; readonly content: string },
): void {
  const fd = place.held.at(-1 - write.index);
  if (fd !== undefined) {
    writeSync(fd, toBytes(write.content));
  }
}

export function closeHeld(place: OperationPlace): void {
  for (const fd of place.held.splice(0)) {
    closeSync(fd);
  }
}

/**
 * `git stash pop` can end by an assertion of its own (2.39: process_renames() in merge-ort.c), and leaves its lock
 * behind, still empty. With it no git after it writes an index, nor takes a new token: git tells people to remove it.
 * All commands have ended by now, and gity's own take no lock.
 */
function removeLockOfTheDead({ root }: OperationPlace): void {
  const lock = `${root}/.git/index.lock`;
  if (lookAt(lock)?.size === 0n) {
    removeAll(lock);
  }
}

function exists(place: OperationPlace, path: string): boolean {
  return lookAt(`${place.root}/${path}`) !== undefined;
}

/** Of a directory and something in it there is no exchange. */
function attemptExchange(a: string, b: string): void {
  if (!`${a}/`.startsWith(`${b}/`) && !`${b}/`.startsWith(`${a}/`)) {
    exchange(a, b);
  }
}

function replace(
  { path, by }: Extract<Operation, { kind: "replace" }>,
  place: OperationPlace,
): void {
  const bytes = toBytes(`${place.root}/${path}`);
  removeAll(`${place.root}/${path}`);
  switch (by) {
    case "file":
      writeFileSync(bytes, "was something else");
      return;
    case "directory":
      mkdirSync(bytes);
      writeFileSync(toBytes(`${place.root}/${path}/f`), "");
      return;
    case "link":
      symlinkSync("..", bytes);
  }
}
