/**
 * Reads a generation log while somebody may be writing it, or may have died writing it.
 *
 * Takes no lock, waits for nothing and trusts nothing: any doubt is `undefined`, and the caller
 * asks elsewhere. Imports neither bun:ffi nor anything heavy, because the helper starts with it.
 */

import type { Generation } from "../base/brands.ts";
import {
  BATCHES_OFFSET,
  COOKIE_BYTES,
  COOKIES_OFFSET,
  COOKIE_SLOTS,
  cookieSlotOffset,
  decodeBatch,
  decodeHeader,
  HEADER_BYTES,
  type LogHeader,
} from "./layout.ts";

/** Four tries outlast any store the writer can be in the middle of; a fifth means it died there. */
const HEADER_READ_TRIES_MAX = 4;

export class LogReader {
  readonly #path: string;
  #file: Buffer;
  #cookies: Int32Array;

  /** @throws ENOENT, EACCES, …; or when the file is shorter than a header. */
  constructor(path: string) {
    this.#path = path;
    [this.#file, this.#cookies] = mapLog(path);
  }

  /** Maps what is at the path now. @throws as the constructor does */
  reopen(): void {
    [this.#file, this.#cookies] = mapLog(this.#path);
  }

  /** The header as it stands now [L1]. */
  header(): LogHeader | undefined {
    for (let tries = 0; tries < HEADER_READ_TRIES_MAX; tries += 1) {
      // LOG-ORDER: first copy, then second. Copied out: the mapping may change at any moment.
      const first = Buffer.from(this.#file.subarray(0, HEADER_BYTES));
      const second = Buffer.from(this.#file.subarray(HEADER_BYTES, 2 * HEADER_BYTES));
      if (first.equals(second)) {
        return decodeHeader(first);
      }
    }
    return undefined;
  }

  /** Tells, each time it is called, whether the writer has seen this cookie by now [L4]. */
  acknowledgement(cookie: string): () => boolean {
    const at = (cookieSlotOffset(cookie) - COOKIES_OFFSET) / 4;
    const wanted = Buffer.from(cookie, "hex");
    const low = wanted.readInt32LE(0);
    const high = wanted.readInt32LE(4);
    const cookies = this.#cookies;
    return () => Atomics.load(cookies, at) === low && Atomics.load(cookies, at + 1) === high;
  }

  /**
   * The paths of every generation after `since`, up to the header's, each once and closed by NUL;
   * undefined when they cannot be read whole.
   */
  changesSince(header: LogHeader, since: Generation): readonly Uint8Array[] | undefined {
    if (header.endOffset > this.#file.length) {
      this.reopen();
      // The log grew, or another one is at the path by now, in which offsets mean something else.
      const now = this.header();
      const isSameLog = now?.epoch === header.epoch && now.endOffset === header.endOffset;
      if (!isSameLog || header.endOffset > this.#file.length) {
        return undefined;
      }
    }
    if (since === header.generation) {
      return [];
    }
    const batches: Buffer[] = [];
    let endOffset = header.endOffset;
    let newer = header.generation + 1;
    while (endOffset > BATCHES_OFFSET) {
      const batch = decodeBatch(this.#file, endOffset);
      const isNewest = batches.length === 0;
      const generation = batch?.trailer.generation ?? Number.POSITIVE_INFINITY;
      // [L3] Anything else is not the log that the header speaks of.
      if (batch === undefined || generation >= newer || (isNewest && generation < newer - 1)) {
        return undefined;
      }
      if (generation <= since) {
        break;
      }
      batches.push(batch.paths);
      newer = generation;
      endOffset = batch.offset;
    }
    return batches.length < 2 ? batches : [eachOnce(batches)];
  }
}

function mapLog(path: string): [Buffer, Int32Array] {
  const bytes = Bun.mmap(path, { shared: true });
  const cookies = new Int32Array(
    bytes.buffer,
    bytes.byteOffset + COOKIES_OFFSET,
    (COOKIE_SLOTS * COOKIE_BYTES) / 4,
  );
  return [Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), cookies];
}

/** Latin1 keeps one character per byte, so that equal bytes, and only these, are equal strings. */
function eachOnce(batches: readonly Buffer[]): Uint8Array {
  const paths = new Set<string>();
  for (const batch of batches) {
    for (const path of batch.toString("latin1", 0, batch.length - 1).split("\0")) {
      paths.add(path);
    }
  }
  return Buffer.from([...paths, ""].join("\0"), "latin1");
}
