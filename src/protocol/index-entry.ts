/**
 * One entry of an index file, as it lies there: where it ends, and where its name is. gitformat-index(5), "Index entry".
 *
 * An index does not say which hash it is made with, so whoever reads it tries; nothing that is no entry is taken for one.
 */

/** The kinds of object ids there are, in bytes. */
export const HASH_BYTES = [20, 32] as const;

export const INDEX_HEADER_BYTES = 12;
export const INDEX_SIGNATURE = "DIRC";
/** Of an extension: its signature, and its size. */
export const EXTENSION_HEADER_BYTES = 8;

/** PATH_MAX, and more than anything before a name. */
export const ENTRY_BYTES_MAX = 8192;

/** Of an entry, before its object id: times, device, inode, mode, owner, size. */
export const ENTRY_STAT_BYTES = 40;
/** Of the mode, the byte that says what kind of object it is, and what it is of a gitlink (mode 160000). */
const KIND_OFFSET = 26;
const KIND_MASK = 0xf0;
const GITLINK = 0xe0;
const FLAGS_BYTES = 2;
/** In the flags: two more bytes of them follow. */
const EXTENDED = 0x4000;
/** In the first of these bytes: skip-worktree. */
const SKIPPED = 0x40;
/** In the flags: the length of the name, or this for all that is longer. */
const NAME_MASK = 0x0fff;
/** Entries are a multiple of it, in all but version 4; the padding has one NUL at least. */
const ALIGNMENT = 8;

/** Reads one entry after the other, without making anything: there may be millions. */
export class IndexEntryReader {
  /** Of the name, or of what version 4 keeps of it. */
  nameFrom = 0;
  nameTo = 0;
  /** How many bytes at the end of the name before are not part of this one; of version 4 only. */
  dropped = 0;
  /** Where the next one begins. */
  end = 0;
  /** It is the commit of another repository. */
  isGitlink = false;
  /** There need be no file. */
  isSkipped = false;

  readonly #version: number;
  readonly #hashBytes: number;

  constructor(version: number, hashBytes: number) {
    this.#version = version;
    this.#hashBytes = hashBytes;
  }

  /** False when there is no whole entry at `from`. */
  read(chunk: Buffer, from: number): boolean {
    const flagsAt = from + ENTRY_STAT_BYTES + this.#hashBytes;
    if (flagsAt + FLAGS_BYTES > chunk.length) {
      return false;
    }
    const flags = ((chunk[flagsAt] ?? 0) << 8) | (chunk[flagsAt + 1] ?? 0);
    const isExtended = (flags & EXTENDED) !== 0;
    if (isExtended && this.#version === 2) {
      return false;
    }
    this.isGitlink = ((chunk[from + KIND_OFFSET] ?? 0) & KIND_MASK) === GITLINK;
    this.isSkipped = isExtended && ((chunk[flagsAt + FLAGS_BYTES] ?? 0) & SKIPPED) !== 0;
    const nameAt = flagsAt + FLAGS_BYTES * (isExtended ? 2 : 1);
    const length = flags & NAME_MASK;
    return this.#version === 4
      ? this.#readCompressed(chunk, nameAt)
      : this.#readPadded(chunk, from, nameAt, length);
  }

  /** How much of the name before is left out, seven bits a byte (varint.h), then the rest of the name and a NUL. */
  #readCompressed(chunk: Buffer, nameAt: number): boolean {
    let at = nameAt;
    let byte = chunk[at] ?? 0;
    let dropped = byte & 0x7f;
    while ((byte & 0x80) !== 0) {
      at += 1;
      byte = chunk[at] ?? 0;
      dropped = (dropped + 1) * 0x80 + (byte & 0x7f);
    }
    const nul = findNul(chunk, at + 1);
    this.dropped = dropped;
    this.nameFrom = at + 1;
    this.nameTo = nul;
    this.end = nul + 1;
    return nul !== -1;
  }

  #readPadded(chunk: Buffer, from: number, nameAt: number, length: number): boolean {
    const nul = length < NAME_MASK ? nameAt + length : findNul(chunk, nameAt + length);
    this.nameFrom = nameAt;
    this.nameTo = nul;
    this.end = from + Math.ceil((nul + 1 - from) / ALIGNMENT) * ALIGNMENT;
    // Of an index that is split some names are empty: they are in the other part.
    const isName = nul !== -1 && chunk[nul] === 0 && (length === 0 || chunk[nul - 1] !== 0);
    return isName && this.end <= chunk.length;
  }
}

/** As Buffer.indexOf(0, from), which takes longer to be called than a name has bytes. */
function findNul(chunk: Buffer, from: number): number {
  for (let at = from; at < chunk.length; at += 1) {
    if (chunk[at] === 0) {
      return at;
    }
  }
  return -1;
}
