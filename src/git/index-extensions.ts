/**
 * What git keeps in an index beside the entries, read without the entries' content (gitformat-index(5)).
 *
 * Never takes a file for what it is not: in doubt nothing is known of it. Extensions stand behind the entries, whose
 * sizes differ; only an index written with `index.threads` says where they end. Otherwise the entries are gone
 * through, some hundred thousand in a slice, and others have their turn in between.
 */

import { type FileHandle, open } from "node:fs/promises";

import { INDEX_BYTES_READ_MAX, INDEX_EXTENSION_BYTES_MAX } from "../base/limits.ts";
import {
  ENTRY_BYTES_MAX,
  ENTRY_STAT_BYTES,
  EXTENSION_HEADER_BYTES,
  HASH_BYTES,
  INDEX_HEADER_BYTES,
  INDEX_SIGNATURE,
  IndexEntryReader,
} from "../protocol/index-entry.ts";

export interface IndexExtensions {
  readonly version: number;
  readonly entries: number;
  /** Signatures, in the order of the file: `TREE`, `UNTR`, `FSMN`, … */
  readonly names: readonly string[];
  /** What git asks its monitor with. Undefined when there is none: git asks nobody, or has not yet. */
  readonly token: string | undefined;
}

/** `EOIE`: an offset, and a hash of the headers of the other extensions. */
const OFFSET_BYTES = 4;

const CHUNK_BYTES = 1 << 20;
/** Undefined when it cannot be read, is no index, or is one that is not understood. */
export async function readIndexExtensions(path: string): Promise<IndexExtensions | undefined> {
  try {
    await using file = await open(path, "r");
    return await readFrom(file);
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return undefined;
    }
    throw error;
  }
}

async function readFrom(file: FileHandle): Promise<IndexExtensions | undefined> {
  const { size } = await file.stat();
  const header = await readAt(file, 0, INDEX_HEADER_BYTES - EXTENSION_HEADER_BYTES);
  const version = header?.readUInt32BE(4) ?? 0;
  if (
    header?.toString("latin1", 0, 4) !== INDEX_SIGNATURE ||
    version < 2 ||
    version > 4 ||
    size > INDEX_BYTES_READ_MAX
  ) {
    return undefined;
  }
  const index = { file, size, version, entries: header.readUInt32BE(8) };
  for (const hashBytes of HASH_BYTES) {
    // oxlint-disable-next-line no-await-in-loop -- The second only if it is not the first.
    const found = await readWith(index, hashBytes);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

interface OpenIndex {
  readonly file: FileHandle;
  readonly size: number;
  readonly version: number;
  readonly entries: number;
}

/** The index does not say which hash it is made with. */
async function readWith(index: OpenIndex, hashBytes: number): Promise<IndexExtensions | undefined> {
  const begin = (await endByExtension(index, hashBytes)) ?? (await endByEntries(index, hashBytes));
  return begin === undefined ? undefined : readExtensions(index, begin, index.size - hashBytes);
}

/** Where the last extension, `EOIE`, says that the entries end. */
async function endByExtension(
  { file, size, entries }: OpenIndex,
  hashBytes: number,
): Promise<number | undefined> {
  const bodyBytes = OFFSET_BYTES + hashBytes;
  const last = await readAt(file, size - hashBytes - bodyBytes - EXTENSION_HEADER_BYTES, bodyBytes);
  if (last?.toString("latin1", 0, 4) !== "EOIE" || last.readUInt32BE(4) !== bodyBytes) {
    return undefined;
  }
  const end = last.readUInt32BE(EXTENSION_HEADER_BYTES);
  return end >= INDEX_HEADER_BYTES + entries * ENTRY_STAT_BYTES ? end : undefined;
}

/** Where they end when one has gone through them. */
async function endByEntries(index: OpenIndex, hashBytes: number): Promise<number | undefined> {
  const { file, size, entries } = index;
  const end = size - hashBytes;
  const chunk = Buffer.alloc(CHUNK_BYTES);
  const reader = new IndexEntryReader(index.version, hashBytes);
  let at = INDEX_HEADER_BYTES;
  for (let seen = 0; seen < entries;) {
    // oxlint-disable-next-line no-await-in-loop -- Each begins where the last one ended.
    const { bytesRead } = await file.read(chunk, 0, Math.min(CHUNK_BYTES, end - at), at);
    const isLast = at + bytesRead >= end;
    const part = skipEntries(chunk.subarray(0, bytesRead), isLast, entries - seen, reader);
    if (part === undefined || part.entries === 0) {
      return undefined;
    }
    seen += part.entries;
    at += part.bytes;
  }
  return at;
}

/** Whole ones from the beginning of a chunk. Undefined when something in it is no entry. */
function skipEntries(
  chunk: Buffer,
  isLast: boolean,
  entriesMax: number,
  reader: IndexEntryReader,
): { readonly entries: number; readonly bytes: number } | undefined {
  let entries = 0;
  let at = 0;
  // In any but the last chunk an entry may go on in the next.
  const lastAt = isLast ? chunk.length : chunk.length - ENTRY_BYTES_MAX;
  while (entries < entriesMax && at <= lastAt) {
    if (!reader.read(chunk, at)) {
      return undefined;
    }
    at = reader.end;
    entries += 1;
  }
  return { entries, bytes: at };
}

/** One after the other, up to the very end; in any other case it was not where they begin. */
async function readExtensions(
  { file, version, entries }: OpenIndex,
  begin: number,
  end: number,
): Promise<IndexExtensions | undefined> {
  const names: string[] = [];
  let token: string | undefined;
  let at = begin;
  while (at + EXTENSION_HEADER_BYTES <= end && names.length < EXTENSIONS_MAX) {
    // oxlint-disable-next-line no-await-in-loop -- Each says where the next one is.
    const header = await readAt(file, at, 0);
    const name = header?.toString("latin1", 0, 4) ?? "";
    const size = header?.readUInt32BE(4) ?? 0;
    if (!/^[A-Za-z]{4}$/.test(name)) {
      return undefined;
    }
    if (name === "FSMN") {
      // oxlint-disable-next-line no-await-in-loop
      token = tokenOf(await readAt(file, at, Math.min(size, INDEX_EXTENSION_BYTES_MAX)));
    }
    names.push(name);
    at += EXTENSION_HEADER_BYTES + size;
  }
  return at === end ? { version, entries, names, token } : undefined;
}

/** git knows a dozen. */
const EXTENSIONS_MAX = 64;

/** Version 2 holds the token as text; version 1 a time, which is nobody's token. */
function tokenOf(extension: Buffer | undefined): string {
  const tokenAt = EXTENSION_HEADER_BYTES + 4;
  if (extension?.readUInt32BE(EXTENSION_HEADER_BYTES) !== 2) {
    return "";
  }
  const end = extension.indexOf(0, tokenAt);
  return end === -1 ? "" : extension.toString("latin1", tokenAt, end);
}

/** The first eight bytes of something, which are the head of an extension, and so many more. Undefined when the file ends before. */
async function readAt(
  file: FileHandle,
  at: number,
  bodyBytes: number,
): Promise<Buffer | undefined> {
  if (at < 0) {
    return undefined;
  }
  const wanted = EXTENSION_HEADER_BYTES + bodyBytes;
  const buffer = Buffer.alloc(wanted);
  const { bytesRead } = await file.read(buffer, 0, wanted, at);
  return bytesRead === wanted ? buffer : undefined;
}
