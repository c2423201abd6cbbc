/** What a log that was left behind is worth. */

import { expect, test } from "bun:test";
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeSync,
} from "node:fs";

import type { Epoch, Generation } from "../../src/base/brands.ts";
import { HEADER_BYTES, STATE_ANSWERS, STATE_UNKNOWN } from "../../src/log/layout.ts";
import { type RecoveredLog, recoverLog } from "../../src/log/recover.ts";
import { LogWriter } from "../../src/log/writer.ts";
import { tempDir } from "../support/temp-dir.ts";

const ORIGIN = { bootId: "0011223344556677", root: { device: 1n, inode: 2n } };

function claim(generation: number, oldest = 1) {
  return {
    state: STATE_ANSWERS,
    epoch: "00000000000000aa" as Epoch,
    generation: generation as Generation,
    oldestGeneration: oldest as Generation,
    oldestDirectGeneration: 0 as Generation,
  } as const;
}

function batch(generation: number, ...paths: string[]) {
  const bytes = Buffer.from(paths.map((path) => `${path}\0`).join(""), "latin1");
  return { generation: generation as Generation, paths: bytes, pathCount: paths.length };
}

/** A log with three generations whose writer is gone. */
function leaveLog(path: string, oldest = 1): void {
  using log = new LogWriter(path, {
    origin: ORIGIN,
    claim: claim(2, oldest),
    batches: [batch(2, "a", "b\xff")],
  });
  log.publish(claim(3, oldest), batch(3, "c"));
  log.publish(claim(5, oldest), batch(5, "a"));
}

function recover(path: string): Omit<RecoveredLog, symbol> | undefined {
  const log = recoverLog(path, ORIGIN);
  log?.[Symbol.dispose]();
  return log;
}

test("S1 recoverLog() gives back every generation after the oldest", () => {
  using dir = tempDir("recover");
  leaveLog(dir.join("log"));
  expect(recover(dir.join("log"))).toMatchObject({
    epoch: "00000000000000aa",
    generation: 5,
    oldestGeneration: 1,
    batches: [
      { generation: 2, paths: ["a", "b\xff"] },
      { generation: 3, paths: ["c"] },
      { generation: 5, paths: ["a"] },
    ],
  });
  leaveLog(dir.join("log"), 3);
  expect(recover(dir.join("log"))?.batches.map(({ generation }) => Number(generation))).toEqual([
    5,
  ]);
});

test("[L6] a log that somebody writes is nobody else's, and one that is being recovered neither", () => {
  using dir = tempDir("recover");
  const path = dir.join("log");
  {
    using _writer = new LogWriter(path, { origin: ORIGIN, claim: claim(2), batches: [] });
    expect(recover(path)).toBeUndefined();
  }
  {
    using first = recoverLog(path, ORIGIN);
    expect(first?.generation).toBe(2 as Generation);
    expect(recover(path)).toBeUndefined();
  }
  expect(recover(path)?.generation).toBe(2 as Generation);
});

test("S2 a writer that died in the middle of a header is gone on with from either side", () => {
  using dir = tempDir("recover");
  const path = dir.join("log");
  leaveLog(path);
  const whole = readFileSync(path);
  const seen = new Set<number | undefined>();
  // The second copy first.
  for (let step = 0; step <= 2 * HEADER_BYTES; step += 8) {
    const fd = openSync(path, "r+");
    const second = Math.min(step, HEADER_BYTES);
    const first = Math.max(0, step - HEADER_BYTES);
    const torn = Buffer.alloc(HEADER_BYTES, 0xee);
    writeSync(fd, torn, 0, HEADER_BYTES, 0);
    writeSync(fd, torn, 0, HEADER_BYTES, HEADER_BYTES);
    writeSync(fd, whole, HEADER_BYTES, second, HEADER_BYTES);
    writeSync(fd, whole, 0, first, 0);
    closeSync(fd);
    seen.add(recover(path)?.generation);
  }
  expect([...seen].map(String)).toEqual(["undefined", "5"]);
});

test.each([
  ["of another boot", (path: string) => leaveOther(path, { ...ORIGIN, bootId: "ff".repeat(8) })],
  [
    "of another root",
    (path: string) => leaveOther(path, { ...ORIGIN, root: { device: 1n, inode: 3n } }),
  ],
  ["that is a copy", copyInPlace],
  ["that was cut", (path: string) => truncateSync(path, readFileSync(path).length - 1)],
  ["that is too short", (path: string) => truncateSync(path, 100)],
  ["with a batch that is not whole", (path: string) => flip(path, 4096)],
  ["with a header that is not whole", (path: string) => flip(path, 20, HEADER_BYTES + 20)],
  ["behind a link", linkInPlace],
])("S2 a log %s is not gone on with", (_, spoil) => {
  using dir = tempDir("recover");
  const path = dir.join("log");
  leaveLog(path);
  spoil(path);
  expect(recover(path)).toBeUndefined();
});

test("S2 no log, and one that nothing was ever known in, is nothing to go on with", () => {
  using dir = tempDir("recover");
  expect(recover(dir.join("log"))).toBeUndefined();
  expect(recover(dir.join("no/log"))).toBeUndefined();
  const unknown = { ...claim(0, 0), state: STATE_UNKNOWN } as const;
  new LogWriter(dir.join("log"), { origin: ORIGIN, claim: unknown, batches: [] })[Symbol.dispose]();
  expect(recover(dir.join("log"))).toBeUndefined();
});

test("S2 what was written behind the last published batch counts for nothing", () => {
  using dir = tempDir("recover");
  leaveLog(dir.join("log"));
  appendFileSync(dir.join("log"), "a batch that was not finished");
  expect(recover(dir.join("log"))?.generation).toBe(5 as Generation);
});

function leaveOther(path: string, origin: typeof ORIGIN): void {
  new LogWriter(path, { origin, claim: claim(2), batches: [] })[Symbol.dispose]();
}

function copyInPlace(path: string): void {
  copyFileSync(path, `${path}.copy`);
  renameSync(`${path}.copy`, path);
}

function linkInPlace(path: string): void {
  renameSync(path, `${path}.real`);
  symlinkSync("log.real", path);
}

function flip(path: string, ...offsets: number[]): void {
  const bytes = readFileSync(path);
  for (const offset of offsets) {
    bytes[offset]! ^= 1;
  }
  const fd = openSync(path, "r+");
  writeSync(fd, bytes, 0, bytes.length, 0);
  closeSync(fd);
}
