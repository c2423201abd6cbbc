/** Arrays that grow. */

import { expect, test } from "bun:test";

import { GrowingBytes, GrowingWords } from "../../src/watch/growing.ts";

test("GrowingBytes keeps every name, ended by NUL, however many there are", () => {
  const bytes = new GrowingBytes();
  const names = Array.from({ length: 10_000 }, (_, i) => `name${i}`);
  for (const name of names) {
    const source = Buffer.from(`..${name}..`);
    bytes.pushName(source, 2, source.length - 2);
  }
  expect(Buffer.from(bytes.view()).toString()).toBe(`${names.join("\0")}\0`);
  expect(bytes.length).toBe(bytes.view().length);
});

test("GrowingBytes takes a name that is longer than all it has room for", () => {
  const bytes = new GrowingBytes();
  bytes.pushName(new Uint8Array(100_000).fill(7), 0, 100_000);
  expect([bytes.length, bytes.view().at(-2), bytes.view().at(-1)]).toEqual([100_001, 7, 0]);
});

test("GrowingWords keeps every word", () => {
  const words = new GrowingWords();
  for (let i = 0; i < 20_000; i += 1) {
    words.push(i * 3);
  }
  expect(Array.from(words.view())).toEqual(Array.from({ length: 20_000 }, (_, i) => i * 3));
});
