/**
 * Whether an index has entries below some directories, found out by reading it: git takes a process to say so, and who
 * asks has no time for one.
 *
 * An index of 100,000 entries takes some milliseconds; the git that asks has read it a moment before. In doubt nothing is
 * said: of an index that takes longer, of one that has its entries elsewhere, and of one that has ignore rules.
 */

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

import type { BytePath } from "../base/brands.ts";
import { fileIdentity } from "../base/file-identity.ts";
import { INDEX_CHECK_MS_MAX } from "../base/limits.ts";
import {
  ENTRY_BYTES_MAX,
  EXTENSION_HEADER_BYTES,
  HASH_BYTES,
  INDEX_HEADER_BYTES,
  INDEX_SIGNATURE,
  IndexEntryReader,
} from "../protocol/index-entry.ts";

export interface TrackedEntries {
  /** Of the file that was read; see base/file-identity.ts. */
  readonly identity: string;
  readonly isAnyBelow: boolean;
}

interface OpenIndex {
  readonly fd: number;
  readonly size: number;
  readonly version: number;
  readonly count: number;
}

const CHUNK_BYTES = 1 << 20;
const SLASH = 0x2f;
/** git knows a dozen. */
const EXTENSIONS_MAX = 64;
const RULES = ".gitignore";

/** One after the other is read, and never two at a time. */
const chunk = Buffer.alloc(CHUNK_BYTES);
const name = Buffer.alloc(ENTRY_BYTES_MAX);

/** Undefined when it takes longer than that, cannot be read, or is not understood: then git has to be asked. */
export function readTrackedEntries(
  path: string,
  directories: Iterable<BytePath>,
  msMax: number = INDEX_CHECK_MS_MAX,
): TrackedEntries | undefined {
  return withIndex(path, (index, identity) => {
    const wanted = new WantedDirectories(directories);
    const endMs = performance.now() + msMax;
    for (const hashBytes of HASH_BYTES) {
      const isAnyBelow = findBelow(index, hashBytes, wanted, endMs);
      if (isAnyBelow !== undefined) {
        return { identity, isAnyBelow };
      }
    }
    return undefined;
  });
}

function withIndex(
  path: string,
  use: (index: OpenIndex, identity: string) => TrackedEntries | undefined,
): TrackedEntries | undefined {
  try {
    // Something that is no file must not keep anybody waiting.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stat = fstatSync(fd, { bigint: true });
      const header = Buffer.alloc(INDEX_HEADER_BYTES);
      const isIndex =
        stat.isFile() &&
        readSync(fd, header, 0, INDEX_HEADER_BYTES, 0) === INDEX_HEADER_BYTES &&
        header.toString("latin1", 0, INDEX_SIGNATURE.length) === INDEX_SIGNATURE;
      const version = header.readUInt32BE(4);
      if (!isIndex || version < 2 || version > 4) {
        return undefined;
      }
      const index = { fd, size: Number(stat.size), version, count: header.readUInt32BE(8) };
      return use(index, fileIdentity(stat));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return undefined;
    }
    throw error;
  }
}

/** Undefined when there is something in it that is no entry, or that says nothing of what it stands for. */
function findBelow(
  index: OpenIndex,
  hashBytes: number,
  wanted: WantedDirectories,
  endMs: number,
): boolean | undefined {
  const { fd, version, count } = index;
  const end = index.size - hashBytes;
  const reader = new IndexEntryReader(version, hashBytes);
  wanted.begin();
  let at = INDEX_HEADER_BYTES;
  let nameBytes = 0;
  for (let seen = 0; seen < count;) {
    const bytes = readSync(fd, chunk, 0, Math.min(CHUNK_BYTES, end - at), at);
    // In any but the last chunk an entry may go on in the next.
    const lastAt = at + bytes >= end ? bytes - 1 : bytes - ENTRY_BYTES_MAX;
    const piece = chunk.subarray(0, bytes);
    let from = 0;
    for (; from <= lastAt && seen < count; from = reader.end) {
      if (!reader.read(piece, from)) {
        return undefined;
      }
      seen += 1;
      let found: Finding;
      if (version !== 4) {
        found = wanted.compare(piece, reader.nameFrom, reader.nameTo, reader);
      } else {
        const kept = nameBytes - reader.dropped;
        nameBytes = kept + reader.nameTo - reader.nameFrom;
        if (kept < 0 || nameBytes > ENTRY_BYTES_MAX) {
          return undefined;
        }
        for (let i = reader.nameFrom, to = kept; i < reader.nameTo; i += 1, to += 1) {
          name[to] = piece[i] ?? 0;
        }
        found = wanted.compare(name, 0, nameBytes, reader);
      }
      if (found !== "none") {
        return found === "below" ? true : undefined;
      }
    }
    if (from === 0 || performance.now() > endMs) {
      return undefined;
    }
    at += from;
  }
  return hasOnlyKnownExtensions(fd, at, end) ? false : undefined;
}

/** "unclear": an entry that stands for others, or for rules by which something wanted may be ignored no longer. */
type Finding = "none" | "below" | "unclear";

/** Goes through the names of an index, which are sorted, with directories sorted alike. */
class WantedDirectories {
  /** With a slash at the end. */
  readonly #prefixes: readonly Buffer[];
  readonly #paths: ReadonlySet<string>;
  /** Those that one of them is in, and the root, which is empty. */
  readonly #above: ReadonlySet<string>;
  #next = 0;

  constructor(directories: Iterable<BytePath>) {
    this.#paths = new Set(directories);
    this.#prefixes = [...this.#paths]
      .map((path) => Buffer.from(`${path}/`, "latin1"))
      .toSorted((one, other) => Buffer.compare(one, other));
    this.#above = new Set([...this.#paths].flatMap(directoriesAbove));
  }

  begin(): void {
    this.#next = 0;
  }

  compare(bytes: Buffer, from: number, to: number, entry: IndexEntryReader): Finding {
    if (entry.isGitlink || entry.isSkipped) {
      const finding = this.#compareSpecial(bytes.toString("latin1", from, to), entry);
      if (finding !== "none") {
        return finding;
      }
    }
    for (;;) {
      const prefix = this.#prefixes[this.#next];
      if (prefix === undefined) {
        return "none";
      }
      let i = 0;
      const both = Math.min(prefix.length, to - from);
      while (i < both && bytes[from + i] === prefix[i]) {
        i += 1;
      }
      if (i === prefix.length) {
        return "below";
      }
      if (i === both) {
        // The name ends where the directory's goes on: of a sparse index, it may stand for everything in one above.
        return to > from && bytes[to - 1] === SLASH ? "unclear" : "none";
      }
      if ((bytes[from + i] ?? 0) < (prefix[i] ?? 0)) {
        return "none";
      }
      this.#next += 1;
    }
  }

  /** What is in another repository is ignored by that one's rules; and rules may be in the index only (dir.c,
   *  read_skip_worktree_file_from_index()). */
  #compareSpecial(path: string, { isGitlink, isSkipped }: IndexEntryReader): Finding {
    if (isGitlink && (this.#paths.has(path) || this.#above.has(path))) {
      return "below";
    }
    const parent = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    const isRules = path === RULES || path.endsWith(`/${RULES}`);
    return isSkipped && isRules && this.#above.has(parent) ? "unclear" : "none";
  }
}

function directoriesAbove(path: string): string[] {
  const above = [""];
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
    above.push(path.slice(0, end));
  }
  return above;
}

/** None but those that may be passed over, and the one of a sparse index; "link" says that entries are elsewhere. */
function hasOnlyKnownExtensions(fd: number, begin: number, end: number): boolean {
  const header = Buffer.alloc(EXTENSION_HEADER_BYTES);
  let at = begin;
  for (let seen = 0; at + EXTENSION_HEADER_BYTES <= end; seen += 1) {
    const bytes = readSync(fd, header, 0, EXTENSION_HEADER_BYTES, at);
    // gitformat-index(5): "If the first byte is 'A'..'Z' the extension is optional and can be ignored."
    const isKnown = /^(?:[A-Z][A-Za-z]{3}|sdir)$/.test(header.toString("latin1", 0, 4));
    if (!isKnown || bytes < EXTENSION_HEADER_BYTES || seen === EXTENSIONS_MAX) {
      return false;
    }
    at += EXTENSION_HEADER_BYTES + header.readUInt32BE(4);
  }
  return at === end;
}
