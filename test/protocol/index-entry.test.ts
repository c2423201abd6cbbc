/** Entries made by hand, by gitformat-index(5). Those that git makes: test/monitor/tracked-entries.test.ts. */

import { expect, test } from "bun:test";

import { IndexEntryReader } from "../../src/protocol/index-entry.ts";

const STAT = Buffer.alloc(40);
const ID = Buffer.alloc(20, 0xaa);

function entry(flags: number, rest: string): Buffer {
  return Buffer.concat([STAT, ID, Buffer.from([flags >> 8, flags & 0xff]), Buffer.from(rest)]);
}

function nameIn(chunk: Buffer, { nameFrom, nameTo }: IndexEntryReader): string {
  return chunk.toString("latin1", nameFrom, nameTo);
}

test("read() finds names that are padded to eight bytes", () => {
  const chunk = Buffer.concat([entry(1, "a\0"), entry(9, "b/another\0")]);
  const reader = new IndexEntryReader(2, ID.length);
  expect(reader.read(chunk, 0)).toBe(true);
  expect([nameIn(chunk, reader), reader.end]).toEqual(["a", 64]);
  expect(reader.read(chunk, reader.end)).toBe(true);
  expect([nameIn(chunk, reader), reader.end]).toEqual(["b/another", chunk.length]);
});

test("read() knows the longer flags of version 3, and that version 2 has none", () => {
  const chunk = entry(0x4001, "\x20\0a\0".padEnd(10, "\0"));
  const reader = new IndexEntryReader(3, ID.length);
  expect([reader.read(chunk, 0), nameIn(chunk, reader)]).toEqual([true, "a"]);
  expect([reader.isSkipped, reader.isGitlink]).toEqual([false, false]);
  expect(new IndexEntryReader(2, ID.length).read(chunk, 0)).toBe(false);
});

test("read() tells gitlinks, and files that need not be there", () => {
  const chunk = Buffer.from(entry(0x4001, "\x40\0a\0".padEnd(10, "\0")));
  chunk.writeUInt32BE(0o160000, 24);
  const reader = new IndexEntryReader(3, ID.length);
  expect(reader.read(chunk, 0)).toBe(true);
  expect([reader.isSkipped, reader.isGitlink]).toEqual([true, true]);
  chunk.writeUInt32BE(0o120000, 24);
  expect(reader.read(chunk, 0)).toBe(true);
  expect(reader.isGitlink).toBe(false);
});

test("read() tells of version 4 how much of the name before is dropped", () => {
  const name = (dropped: readonly number[], rest: string): Buffer =>
    Buffer.concat([STAT, ID, Buffer.from([0, 1, ...dropped]), Buffer.from(`${rest}\0`)]);
  const reader = new IndexEntryReader(4, ID.length);
  // varint.c: each byte but the last counts one more.
  const cases = [
    [[0x00], 0],
    [[0x7f], 127],
    [[0x80, 0x00], 128],
    [[0xfe, 0x7f], 16_255 + 128],
    [[0xff, 0x00], 16_384],
  ] as const;
  for (const [bytes, dropped] of cases) {
    const chunk = name(bytes, "rest");
    expect(reader.read(chunk, 0)).toBe(true);
    expect([reader.dropped, nameIn(chunk, reader), reader.end]).toEqual([
      dropped,
      "rest",
      chunk.length,
    ]);
  }
});

test("read() takes no part of an entry for one", () => {
  const padded = entry(1, "a\0");
  for (let bytes = 0; bytes < padded.length; bytes += 1) {
    expect(new IndexEntryReader(2, ID.length).read(padded.subarray(0, bytes), 0)).toBe(false);
  }
  const compressed = entry(1, "\0rest\0");
  for (let bytes = 0; bytes < compressed.length; bytes += 1) {
    expect(new IndexEntryReader(4, ID.length).read(compressed.subarray(0, bytes), 0)).toBe(false);
  }
  expect(new IndexEntryReader(2, ID.length).read(entry(3, "ab\0\0\0\0\0\0\0\0"), 0)).toBe(false);
});
