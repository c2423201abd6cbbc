/** The bytes of the log, whole and damaged. */

import { expect, test } from "bun:test";

import type { Epoch, Generation } from "../../src/base/brands.ts";
import {
  BATCHES_OFFSET,
  COOKIE_BYTES,
  COOKIE_SLOTS,
  COOKIES_OFFSET,
  cookieSlotOffset,
  decodeBatch,
  decodeHeader,
  encodeBatch,
  encodeHeader,
  type LogHeader,
  STATE_ANSWERS,
} from "../../src/log/layout.ts";

const HEADER: LogHeader = {
  state: STATE_ANSWERS,
  epoch: "0123456789abcdef" as Epoch,
  generation: 9_007_199_254_740_991 as Generation,
  oldestGeneration: 3 as Generation,
  oldestDirectGeneration: 0 as Generation,
  endOffset: 5_000_000_000,
  writerPid: 4_294_967_295,
  bootId: "fedcba9876543210",
  root: { device: 66_305n, inode: 18_446_744_073_709_551_615n },
  inode: 18_446_744_073_709_551_614n,
};

test("decodeHeader() gives back what encodeHeader() was given", () => {
  expect(decodeHeader(Buffer.from(encodeHeader(HEADER)))).toEqual(HEADER);
});

test("decodeHeader() rejects a header cut at any byte, or with any bit flipped", () => {
  const whole = Buffer.from(encodeHeader(HEADER));
  for (let length = 0; length < whole.length; length += 1) {
    expect(decodeHeader(whole.subarray(0, length))).toBeUndefined();
  }
  for (let bit = 0; bit < whole.length * 8; bit += 1) {
    const flipped = Buffer.from(whole);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    expect(decodeHeader(flipped)).toBeUndefined();
  }
});

test("decodeBatch() gives back what encodeBatch() was given, and rejects any flipped bit", () => {
  const paths = Buffer.from("a/b\0\xff\n\0", "latin1");
  const start = Buffer.alloc(BATCHES_OFFSET);
  const whole = Buffer.concat([start, encodeBatch(7 as Generation, paths, 2)]);
  const batch = decodeBatch(whole, whole.length)!;
  expect(batch.paths.equals(paths)).toBe(true);
  expect(batch.offset).toBe(BATCHES_OFFSET);
  expect(batch.trailer).toMatchObject({ generation: 7, pathCount: 2, pathsBytes: paths.length });
  for (let bit = BATCHES_OFFSET * 8; bit < whole.length * 8; bit += 1) {
    const flipped = Buffer.from(whole);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    expect(decodeBatch(flipped, flipped.length)).toBeUndefined();
  }
});

test("decodeBatch() finds no batch where none ends", () => {
  expect(decodeBatch(Buffer.alloc(BATCHES_OFFSET + 100), BATCHES_OFFSET + 100)).toBeUndefined();
  expect(decodeBatch(Buffer.alloc(BATCHES_OFFSET), BATCHES_OFFSET)).toBeUndefined();
});

test("cookieSlotOffset() stays inside the table of slots", () => {
  for (let byte = 0; byte < 256; byte += 1) {
    const name = `00000000000000${byte.toString(16).padStart(2, "0")}`;
    const offset = cookieSlotOffset(name);
    expect(offset % COOKIE_BYTES).toBe(0);
    expect(offset).toBeGreaterThanOrEqual(COOKIES_OFFSET);
    expect(offset).toBeLessThan(COOKIES_OFFSET + COOKIE_SLOTS * COOKIE_BYTES);
  }
});
