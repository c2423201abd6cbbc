/**
 * The generation log: which paths may have changed, and since when.
 *
 * One writer (the monitor), any number of readers (helpers), one file per worktree at
 * `<gitdir>/gity/log`. Readers map it, take no lock and ask no one. The writer uses pwrite(2),
 * never a mapping: a store into a mapping of a full disk is SIGBUS, a write is ENOSPC. Both see
 * the same page cache.
 *
 * FILE FORMAT, version 2. All integers are little-endian.
 *
 *     offset    size
 *          0     128   header, first copy
 *        128     128   header, second copy
 *       1024    2048   acknowledged cookies: 256 slots of 8 bytes
 *       4096       -   batches, oldest first
 *
 *     header:  0  8  magic "GITYLOG" and a zero byte
 *              8  4  version of the format
 *             12  4  state: 1 answers, 2 unknown (the answer is "/", whatever the token), 3 retired
 *                    (open the path again), 4 answers, to the worktree's own index only: what
 *                    that one tracks was considered when directories were left unwatched, and
 *                    another index may track files in them
 *             16  8  epoch
 *             24  8  generation: the newest one; 0 while none can ever be answered
 *             32  8  oldest generation for which "changed since" can be answered
 *             40  8  end of the last batch, as an offset in the file
 *             48  4  process id of the writer
 *             52  8  first half of the boot id under which it runs
 *             64  8  device of the worktree's root directory
 *             72  8  its inode: another root with this git directory is not what is watched
 *             80  8  inode of this very file: a copy, or one brought back, is no log to go on with
 *             88  8  oldest generation whose tokens readers may answer; who has an older one asks the
 *                    socket, where it is known which index asks
 *            124  4  CRC-32 of the 124 bytes before; what is not named is zero
 *
 *     batch:   -  -  paths, each closed by NUL: the very bytes of an answer to git
 *                    trailer:
 *              0  8  generation
 *              8  4  bytes of the paths
 *             12  4  number of paths
 *             16  4  CRC-32 of the paths and of the 16 bytes before
 *             20  4  trailer magic
 *
 * INVARIANTS
 *
 *   [L1] Header order. The writer stores the second copy, then the first. A reader loads the
 *        first, then the second. Equal copies with a good CRC are a header that existed.
 *        See LOG-ORDER in writer.ts and reader.ts.
 *   [L2] A byte of a batch below `end` never changes as long as the file lives. Rewriting the
 *        log means a new file, renamed over the old one, and then the old one's state "retired".
 *   [L3] Generations grow from batch to batch, and the last batch's is the header's. A path that
 *        changes after a header was published belongs to a later generation than that header's.
 *   [L4] A cookie stands in its slot only after a header was published that holds everything that
 *        happened before the cookie was made.
 *   [L5] Lost history means a new epoch. Nothing is ever patched up.
 *   [L6] Whoever writes a log holds flock(2) on it until the end: who gets that lock may go on with the
 *        epoch, and nobody else gives out its tokens. A token is given out after its generation was
 *        written.
 */

import type { Epoch, Generation } from "../base/brands.ts";

export const LOG_VERSION = 2;
export const HEADER_BYTES = 128;
const HEADER_CRC_OFFSET = 124;
export const COOKIES_OFFSET = 1024;
export const COOKIE_BYTES = 8;
export const COOKIE_SLOTS = 256;
export const BATCHES_OFFSET = 4096;
export const TRAILER_BYTES = 24;

/** "GITYLOG" and a zero byte, as a little-endian number. */
const HEADER_MAGIC = 0x00474f_4c59_5449_47n;
const TRAILER_MAGIC = 0x7973_7449;

export const STATE_ANSWERS = 1;
export const STATE_UNKNOWN = 2;
export const STATE_RETIRED = 3;
export const STATE_ANSWERS_OWN_INDEX = 4;

export type LogState =
  | typeof STATE_ANSWERS
  | typeof STATE_UNKNOWN
  | typeof STATE_RETIRED
  | typeof STATE_ANSWERS_OWN_INDEX;

export interface LogHeader {
  readonly state: LogState;
  readonly epoch: Epoch;
  readonly generation: Generation;
  readonly oldestGeneration: Generation;
  readonly endOffset: number;
  readonly writerPid: number;
  /** 16 hex digits. */
  readonly bootId: string;
  readonly root: RootIdentity;
  /** Of the file itself. */
  readonly inode: bigint;
  readonly oldestDirectGeneration: Generation;
}

/** What a directory is, whatever its path (stat(2), st_dev and st_ino). */
export interface RootIdentity {
  readonly device: bigint;
  readonly inode: bigint;
}

export interface BatchTrailer {
  readonly generation: Generation;
  readonly pathsBytes: number;
  readonly pathCount: number;
  readonly crc: number;
}

export function encodeHeader(header: LogHeader): Uint8Array {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeBigUInt64LE(HEADER_MAGIC, 0);
  bytes.writeUInt32LE(LOG_VERSION, 8);
  bytes.writeUInt32LE(header.state, 12);
  bytes.write(header.epoch, 16, "hex");
  bytes.writeBigUInt64LE(BigInt(header.generation), 24);
  bytes.writeBigUInt64LE(BigInt(header.oldestGeneration), 32);
  bytes.writeBigUInt64LE(BigInt(header.endOffset), 40);
  bytes.writeUInt32LE(header.writerPid, 48);
  bytes.write(header.bootId, 52, "hex");
  bytes.writeBigUInt64LE(header.root.device, 64);
  bytes.writeBigUInt64LE(header.root.inode, 72);
  bytes.writeBigUInt64LE(header.inode, 80);
  bytes.writeBigUInt64LE(BigInt(header.oldestDirectGeneration), 88);
  bytes.writeUInt32LE(Bun.hash.crc32(bytes.subarray(0, HEADER_CRC_OFFSET)), HEADER_CRC_OFFSET);
  return bytes;
}

/** Undefined for anything but a whole header of this version. */
export function decodeHeader(bytes: Buffer): LogHeader | undefined {
  if (bytes.length < HEADER_BYTES || bytes.readBigUInt64LE(0) !== HEADER_MAGIC) {
    return undefined;
  }
  if (bytes.readUInt32LE(8) !== LOG_VERSION) {
    return undefined;
  }
  const crc = Bun.hash.crc32(bytes.subarray(0, HEADER_CRC_OFFSET));
  if (bytes.readUInt32LE(HEADER_CRC_OFFSET) !== crc) {
    return undefined;
  }
  return {
    state: bytes.readUInt32LE(12) as LogState,
    epoch: bytes.toString("hex", 16, 24) as Epoch,
    generation: readCount(bytes, 24) as Generation,
    oldestGeneration: readCount(bytes, 32) as Generation,
    endOffset: readCount(bytes, 40),
    writerPid: bytes.readUInt32LE(48),
    bootId: bytes.toString("hex", 52, 60),
    root: { device: bytes.readBigUInt64LE(64), inode: bytes.readBigUInt64LE(72) },
    inode: bytes.readBigUInt64LE(80),
    oldestDirectGeneration: readCount(bytes, 88) as Generation,
  };
}

/** 64 bits without a BigInt, which would cost the helper more than the rest of the header. Exact,
 *  because none of ours goes beyond 2^53. */
function readCount(bytes: Buffer, offset: number): number {
  return bytes.readUInt32LE(offset) + bytes.readUInt32LE(offset + 4) * 2 ** 32;
}

/** `paths`: each closed by NUL. */
export function encodeBatch(
  generation: Generation,
  paths: Uint8Array,
  pathCount: number,
): Uint8Array {
  const bytes = Buffer.alloc(paths.length + TRAILER_BYTES);
  bytes.set(paths);
  const at = paths.length;
  bytes.writeBigUInt64LE(BigInt(generation), at);
  bytes.writeUInt32LE(paths.length, at + 8);
  bytes.writeUInt32LE(pathCount, at + 12);
  bytes.writeUInt32LE(Bun.hash.crc32(bytes.subarray(0, at + 16)), at + 16);
  bytes.writeUInt32LE(TRAILER_MAGIC, at + 20);
  return bytes;
}

/** The batch that ends at `endOffset`; undefined when no whole one does. */
export function decodeBatch(
  file: Buffer,
  endOffset: number,
): { readonly trailer: BatchTrailer; readonly paths: Buffer; readonly offset: number } | undefined {
  const at = endOffset - TRAILER_BYTES;
  if (at < BATCHES_OFFSET || file.readUInt32LE(at + 20) !== TRAILER_MAGIC) {
    return undefined;
  }
  const pathsBytes = file.readUInt32LE(at + 8);
  const offset = at - pathsBytes;
  if (offset < BATCHES_OFFSET) {
    return undefined;
  }
  const crc = file.readUInt32LE(at + 16);
  if (crc !== Bun.hash.crc32(file.subarray(offset, at + 16))) {
    return undefined;
  }
  const generation = readCount(file, at) as Generation;
  const pathCount = file.readUInt32LE(at + 12);
  const trailer = { generation, pathsBytes, pathCount, crc };
  return { trailer, paths: file.subarray(offset, at), offset };
}

/** A cookie's name is 16 hex digits; its slot follows from the last two. */
export const COOKIE_NAME = /^[0-9a-f]{16}$/;

export function cookieSlotOffset(name: string): number {
  return COOKIES_OFFSET + COOKIE_BYTES * (Number.parseInt(name.slice(-2), 16) % COOKIE_SLOTS);
}
