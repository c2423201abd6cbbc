/** The reader while a header is being written. */

import { expect, test } from "bun:test";
import { closeSync, openSync, readFileSync, writeSync, statSync } from "node:fs";

import type { Epoch, Generation } from "../../src/base/brands.ts";
import { encodeHeader, HEADER_BYTES, type LogHeader, STATE_ANSWERS } from "../../src/log/layout.ts";
import { LogReader } from "../../src/log/reader.ts";
import { LogWriter } from "../../src/log/writer.ts";
import { tempDir } from "../support/temp-dir.ts";

// Goal: a reader never takes a header for real that was not published.
// Method: every moment at which the writer may have been stopped while it replaced one header by
// the next (after each byte of the second copy, then of the first) is laid out in the file.
test("header() of every half-written header is the old one, the new one, or undefined", () => {
  using dir = tempDir("log");
  const path = dir.join("log");
  const claim = {
    state: STATE_ANSWERS,
    epoch: "00000000000000aa" as Epoch,
    generation: 1 as Generation,
    oldestGeneration: 1 as Generation,
    oldestDirectGeneration: 0 as Generation,
  } as const;
  const origin = { bootId: "0011223344556677", root: { device: 1n, inode: 2n } };
  new LogWriter(path, { origin, claim, batches: [] })[Symbol.dispose]();
  const { ino } = statSync(path, { bigint: true });
  const written = { endOffset: 4096, writerPid: process.pid, inode: ino };
  const base: LogHeader = { ...claim, ...origin, ...written };
  const next: LogHeader = { ...base, generation: 300 as Generation, endOffset: 70_000 };
  const reader = new LogReader(path);
  expect(reader.header()).toEqual(base);
  const bytes = encodeHeader(next);
  const fd = openSync(path, "r+");
  const seen = new Set<number | undefined>();
  for (let step = 0; step < 2 * HEADER_BYTES; step += 1) {
    const offset = (step + HEADER_BYTES) % (2 * HEADER_BYTES);
    writeSync(fd, bytes, step % HEADER_BYTES, 1, offset);
    seen.add(reader.header()?.generation);
  }
  closeSync(fd);
  expect([...seen]).toEqual([1, undefined, 300]);
  expect(reader.header()).toEqual(next);
});

test("a reader beside a busy writer only ever sees headers that were published", async () => {
  using dir = tempDir("log");
  const path = dir.join("log");
  const writer = new Worker(new URL("../fixtures/busy-log-writer.ts", import.meta.url));
  try {
    await new Promise((resolve) => {
      writer.addEventListener("message", resolve);
      writer.postMessage(path);
    });
    const reader = new LogReader(path);
    let newest = 0;
    for (let reads = 0; reads < 200_000; reads += 1) {
      const header = reader.header();
      if (header !== undefined) {
        // The writer claims an oldest generation that depends on the newest one.
        expect(header.oldestGeneration).toBe((header.generation % 1000) as Generation);
        expect(header.generation).toBeGreaterThanOrEqual(newest);
        newest = header.generation;
      }
    }
    expect(newest).toBeGreaterThan(0);
  } finally {
    writer.terminate();
  }
  expect(readFileSync(path).length).toBeGreaterThan(0);
});
