/**
 * Files whose names are any bytes: paths are strings with one character per byte (latin1), and reach
 * the system as Buffers. Relative to one folder, and safe with names that are not UTF-8.
 */

import {
  chmodSync,
  lstatSync,
  readdirSync,
  rmdirSync,
  type BigIntStats,
  unlinkSync,
} from "node:fs";

/** Deeper directories are not looked into; the generator does not go there either. */
const DEPTH_MAX = 24;

export type EntryKind = "file" | "directory" | "link" | "repository";

export interface Entry {
  readonly path: string;
  /** `repository` is a directory with a `.git` in it. */
  readonly kind: EntryKind;
  readonly bytes: number;
  readonly links: number;
  readonly depth: number;
}

export function toBytes(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** The same path as Bun and other UTF-8 interfaces want it; undefined when it has no such form. */
export function toUtf8(path: string): string | undefined {
  const text = toBytes(path).toString("utf8");
  return Buffer.from(text).equals(toBytes(path)) ? text : undefined;
}

export function lookAt(path: string): BigIntStats | undefined {
  return lstatSync(toBytes(path), { bigint: true, throwIfNoEntry: false });
}

export function namesIn(folder: string): string[] {
  return readdirSync(toBytes(folder), { encoding: "buffer" })
    .map((name) => name.toString("latin1"))
    .toSorted();
}

/** Removes whatever is at this path; nothing there is fine. */
export function removeAll(path: string): void {
  const stat = lookAt(path);
  if (stat === undefined) {
    return;
  }
  if (!stat.isDirectory()) {
    unlinkSync(toBytes(path));
    return;
  }
  chmodSync(toBytes(path), 0o700);
  for (const name of namesIn(path)) {
    removeAll(`${path}/${name}`);
  }
  rmdirSync(toBytes(path));
}

/**
 * Everything below `folder`, parents first, with paths that begin with `prefix`. The insides of
 * `.git` are left out. Stops at `entriesMax`: a tree that large is to be cut down, not known.
 */
export function scan(folder: string, prefix: string, entriesMax: number): Entry[] {
  const found: Entry[] = [];
  const visit = (below: string, depth: number): void => {
    for (const name of namesIn(`${folder}/${below}`)) {
      const stat = found.length < entriesMax ? lookAt(`${folder}/${below}${name}`) : undefined;
      if (stat === undefined || name === ".git") {
        continue;
      }
      const kind = kindOf(stat, `${folder}/${below}${name}`);
      const { size: bytes, nlink: links } = stat;
      const path = `${prefix}${below}${name}`;
      found.push({ path, kind, bytes: Number(bytes), links: Number(links), depth });
      if ((kind === "directory" || kind === "repository") && depth < DEPTH_MAX) {
        visit(`${below}${name}/`, depth + 1);
      }
    }
  };
  visit("", 1);
  return found;
}

function kindOf(stat: BigIntStats, path: string): EntryKind {
  if (stat.isSymbolicLink()) {
    return "link";
  }
  if (!stat.isDirectory()) {
    return "file";
  }
  return lookAt(`${path}/.git`) === undefined ? "directory" : "repository";
}
