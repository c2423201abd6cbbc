/**
 * Whether an index has entries below some directories, found out by reading it: git takes a process to say so, and who
 * asks has no time for one.
 *
 * An index of 100,000 entries takes some milliseconds, of which it was read a moment before by the git that asks now. In
 * doubt nothing is said.
 */

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

import type { BytePath } from "../base/brands.ts";
import { fileIdentity } from "../base/file-identity.ts";
import { INDEX_BYTES_CHECKED_MAX } from "../base/limits.ts";
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
  /** How many it has, everywhere. */
  readonly count: number;
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

/** One after the other is read, and never two at a time. */
const chunk = Buffer.alloc(CHUNK_BYTES);
const name = Buffer.alloc(ENTRY_BYTES_MAX);

/** Undefined when it is too large, cannot be read, or is not understood: then git has to be asked. */
export function readTrackedEntries(
  path: string,
  directories: Iterable<BytePath>,
): TrackedEntries | undefined {
  return withIndex(path, (index, identity) => {
    if (index.size > INDEX_BYTES_CHECKED_MAX) {
      return undefined;
    }
    const prefixes = [...directories].map((directory) => Buffer.from(`${directory}/`, "latin1"));
    prefixes.sort((one, other) => Buffer.compare(one, other));
    for (const hashBytes of HASH_BYTES) {
      const isAnyBelow = findBelow(index, hashBytes, prefixes);
      if (isAnyBelow !== undefined) {
        return { identity, count: index.count, isAnyBelow };
      }
    }
    return undefined;
  });
}

/** How many entries the index at `path` says it has; undefined as above. */
export function countTrackedEntries(path: string): number | undefined {
  return withIndex(path, ({ count }) => count);
}

function withIndex<Found>(
  path: string,
  use: (index: OpenIndex, identity: string) => Found | undefined,
): Found | undefined {
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

/** Undefined when there is something in it that is no entry, or that may stand for entries. */
function findBelow(
  index: OpenIndex,
  hashBytes: number,
  prefixes: readonly Buffer[],
): boolean | undefined {
  const { fd, version, count } = index;
  const end = index.size - hashBytes;
  const reader = new IndexEntryReader(version, hashBytes);
  const search = new PrefixSearch(prefixes);
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
      if (version !== 4) {
        search.add(piece, reader.nameFrom, reader.nameTo);
      } else {
        const kept = nameBytes - reader.dropped;
        nameBytes = kept + reader.nameTo - reader.nameFrom;
        if (kept < 0 || nameBytes > ENTRY_BYTES_MAX) {
          return undefined;
        }
        for (let i = reader.nameFrom, to = kept; i < reader.nameTo; i += 1, to += 1) {
          name[to] = piece[i] ?? 0;
        }
        search.add(name, 0, nameBytes);
      }
      if (search.found !== "none") {
        return search.found === "below" ? true : undefined;
      }
    }
    if (from === 0) {
      return undefined;
    }
    at += from;
  }
  return hasOnlyKnownExtensions(fd, at, end) ? false : undefined;
}

/** Goes through names in the order of the index, with directories in the same order. */
class PrefixSearch {
  /** "above": an entry that stands for everything in a directory, of a sparse index; one of ours may be in it. */
  found: "none" | "below" | "above" = "none";
  readonly #prefixes: readonly Buffer[];
  #next = 0;

  constructor(prefixes: readonly Buffer[]) {
    this.#prefixes = prefixes;
  }

  add(bytes: Buffer, from: number, to: number): void {
    for (;;) {
      const prefix = this.#prefixes[this.#next];
      if (prefix === undefined) {
        return;
      }
      let i = 0;
      const both = Math.min(prefix.length, to - from);
      while (i < both && bytes[from + i] === prefix[i]) {
        i += 1;
      }
      if (i === prefix.length) {
        this.found = "below";
        return;
      }
      if (i === both) {
        // The name ends where the directory's goes on.
        this.found = to > from && bytes[to - 1] === SLASH ? "above" : this.found;
        return;
      }
      if ((bytes[from + i] ?? 0) < (prefix[i] ?? 0)) {
        return;
      }
      this.#next += 1;
    }
  }
}

/** None but those that may be passed over, and the one of a sparse index; "link" says that entries are elsewhere. */
function hasOnlyKnownExtensions(fd: number, begin: number, end: number): boolean {
  const header = Buffer.alloc(EXTENSION_HEADER_BYTES);
  let at = begin;
  while (at + EXTENSION_HEADER_BYTES <= end) {
    readSync(fd, header, 0, EXTENSION_HEADER_BYTES, at);
    // gitformat-index(5): "If the first byte is 'A'..'Z' the extension is optional and can be ignored."
    if (!/^(?:[A-Z][A-Za-z]{3}|sdir)$/.test(header.toString("latin1", 0, 4))) {
      return false;
    }
    at += EXTENSION_HEADER_BYTES + header.readUInt32BE(4);
  }
  return at === end;
}
