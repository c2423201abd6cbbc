/**
 * What every directory of a tree looked like at some moment: what a later walk is compared with.
 *
 * Row i is a directory; row 0 is the root. Parents come before their children, and the children of a row
 * stand next to each other, as a walk breadth first finds them. Files are the entries that are no
 * directories; a `.git`, whatever it is, counts as one below the root.
 *
 * INVARIANTS
 *
 *   [S1] A digest tells what was there when the snapshot's walk came by, or is 0: what had changed so
 *        shortly before that another change might show the same times. 0 is equal to nothing.
 *   [S2] A snapshot that is older than its moment reports too much, never too little: whoever compares
 *        with it reports again what changed since the walk began. All of that which the walk may have seen
 *        is in the log before the snapshot is kept.
 *
 * ENCODED, version 1, little-endian: "GITYSNAP"; u32 version, directories, files, bytes of what follows
 * when inflated; the digests; then zstd of parents, file ends, name ends, file name ends and both kinds
 * of names; CRC-32 of all before.
 */

import type { Digest } from "../ffi/file-status.ts";
import { GrowingBytes, GrowingWords } from "./growing.ts";

export interface Snapshot {
  readonly directories: number;
  /** Digests that are 0. */
  readonly unsettled: number;
  /** Row of the parent; the root's own is 0. */
  readonly parents: Uint32Array;
  /** Two words a row: the directory itself. */
  readonly directoryDigests: Uint32Array;
  /** Where each row's name ends in `names`, with its NUL; the root's is empty. */
  readonly nameEnds: Uint32Array;
  readonly names: Uint8Array;
  /** How many files there are up to each row, and where their names end in `fileNames`. */
  readonly fileEnds: Uint32Array;
  readonly fileNameEnds: Uint32Array;
  /** Each ended by NUL, in the order in which they were found. */
  readonly fileNames: Uint8Array;
  /** Two words a file. */
  readonly fileDigests: Uint32Array;
}

/** Fills a snapshot, directory by directory. */
export class SnapshotBuilder {
  readonly #parents = new GrowingWords();
  readonly #directoryDigests = new GrowingWords();
  readonly #nameEnds = new GrowingWords();
  readonly #names = new GrowingBytes();
  readonly #fileEnds = new GrowingWords();
  readonly #fileNameEnds = new GrowingWords();
  readonly fileNames = new GrowingBytes();
  readonly #fileDigests = new GrowingWords();
  #unsettled = 0;

  get files(): number {
    return this.#fileDigests.length / 2;
  }

  /** Adds a file of the next row, whose name was added to `fileNames`. A digest of 0 is of what may
   *  have changed without showing it [S1]. */
  addFile(low: number, high: number): void {
    this.#unsettled += low === 0 && high === 0 ? 1 : 0;
    this.#fileDigests.push(low);
    this.#fileDigests.push(high);
  }

  /** Adds a row, with the files that were added since the last one. */
  addDirectory(parent: number, name: Uint8Array, { low, high }: Digest): void {
    this.#unsettled += low === 0 && high === 0 ? 1 : 0;
    this.#parents.push(parent);
    this.#names.pushName(name, 0, name.length);
    this.#nameEnds.push(this.#names.length);
    this.#directoryDigests.push(low);
    this.#directoryDigests.push(high);
    this.#fileEnds.push(this.files);
    this.#fileNameEnds.push(this.fileNames.length);
  }

  /** Shares the builder's memory: nothing may be added afterwards. */
  finish(): Snapshot {
    return {
      directories: this.#parents.length,
      unsettled: this.#unsettled,
      parents: this.#parents.view(),
      directoryDigests: this.#directoryDigests.view(),
      nameEnds: this.#nameEnds.view(),
      names: this.#names.view(),
      fileEnds: this.#fileEnds.view(),
      fileNameEnds: this.#fileNameEnds.view(),
      fileNames: this.fileNames.view(),
      fileDigests: this.#fileDigests.view(),
    };
  }
}

const MAGIC = Buffer.from("GITYSNAP", "latin1");
const VERSION = 1;
const HEADER_BYTES = 24;
const CRC_BYTES = 4;
/** Arrays of one word a row among what is deflated. */
const WORD_COLUMNS = 4;
/** The fastest: names shrink to a third, and a higher level saves little more. */
const COMPRESSION_LEVEL = 1;

export function encodeSnapshot(snapshot: Snapshot): Uint8Array {
  const { directories, directoryDigests, fileDigests } = snapshot;
  const columns = [
    snapshot.parents,
    snapshot.fileEnds,
    snapshot.nameEnds,
    snapshot.fileNameEnds,
    snapshot.names,
    snapshot.fileNames,
  ].map(bytesOf);
  const plain = Buffer.concat(columns);
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(VERSION, 8);
  header.writeUInt32LE(directories, 12);
  header.writeUInt32LE(fileDigests.length / 2, 16);
  header.writeUInt32LE(plain.length, 20);
  const body = Buffer.concat([
    header,
    bytesOf(directoryDigests),
    bytesOf(fileDigests),
    Bun.zstdCompressSync(plain, { level: COMPRESSION_LEVEL }),
  ]);
  const crc = Buffer.alloc(CRC_BYTES);
  crc.writeUInt32LE(Bun.hash.crc32(body));
  return Buffer.concat([body, crc]);
}

/** Undefined for anything but a whole snapshot of this version. */
export function decodeSnapshot(bytes: Uint8Array): Snapshot | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = buffer.length - CRC_BYTES;
  const isOurs = end >= HEADER_BYTES && MAGIC.equals(buffer.subarray(0, MAGIC.length));
  if (!isOurs || buffer.readUInt32LE(8) !== VERSION) {
    return undefined;
  }
  if (buffer.readUInt32LE(end) !== Bun.hash.crc32(buffer.subarray(0, end))) {
    return undefined;
  }
  const directories = buffer.readUInt32LE(12);
  const files = buffer.readUInt32LE(16);
  const filesAt = HEADER_BYTES + 8 * directories;
  const plainAt = filesAt + 8 * files;
  const plain = Bun.zstdDecompressSync(buffer.subarray(plainAt, end));
  if (plain.length !== buffer.readUInt32LE(20)) {
    return undefined;
  }
  const column = (index: number): Uint32Array =>
    wordsOf(plain, 4 * index * directories, directories);
  const nameEnds = column(2);
  const namesAt = 4 * WORD_COLUMNS * directories;
  const fileNamesAt = namesAt + (nameEnds.at(-1) ?? 0);
  const directoryDigests = wordsOf(buffer, HEADER_BYTES, 2 * directories);
  const fileDigests = wordsOf(buffer, filesAt, 2 * files);
  return {
    directories,
    unsettled: countUnsettled(directoryDigests) + countUnsettled(fileDigests),
    parents: column(0),
    fileEnds: column(1),
    nameEnds,
    fileNameEnds: column(3),
    names: plain.subarray(namesAt, fileNamesAt),
    fileNames: plain.subarray(fileNamesAt),
    directoryDigests,
    fileDigests,
  };
}

function countUnsettled(digests: Uint32Array): number {
  let count = 0;
  for (let i = 0; i < digests.length; i += 2) {
    count += digests[i] === 0 && digests[i + 1] === 0 ? 1 : 0;
  }
  return count;
}

function bytesOf(array: Uint8Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** A copy: the bytes may begin anywhere, and words may not. */
function wordsOf(bytes: Uint8Array, offset: number, count: number): Uint32Array {
  const words = new Uint32Array(count);
  bytesOf(words).set(bytes.subarray(offset, offset + 4 * count));
  return words;
}
