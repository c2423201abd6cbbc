/** The writer of the log, on a real file and on a full disk. */

import { expect, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";

import type { Epoch, Generation } from "../../src/base/brands.ts";
import { decodeHeader, STATE_ANSWERS, STATE_RETIRED } from "../../src/log/layout.ts";
import { type LogBatch, type LogClaim, LogWriter } from "../../src/log/writer.ts";
import { failCall } from "../support/faults.ts";
import { tempDir } from "../support/temp-dir.ts";

const ORIGIN = { bootId: "0011223344556677", root: { device: 1n, inode: 2n } };

function claim(generation: number): LogClaim {
  return {
    state: STATE_ANSWERS,
    epoch: "00000000000000aa" as Epoch,
    generation: generation as Generation,
    oldestGeneration: 1 as Generation,
    oldestDirectGeneration: 0 as Generation,
  };
}

function batch(generation: number, text: string): LogBatch {
  return { generation: generation as Generation, paths: Buffer.from(text), pathCount: 1 };
}

function startLog(path: string, batches: readonly LogBatch[] = []): LogWriter {
  return new LogWriter(path, { origin: ORIGIN, claim: claim(1), batches });
}

test("LogWriter makes a file only the user can read, with both header copies alike", () => {
  using dir = tempDir("log");
  using log = startLog(dir.join("log"));
  log.publish(claim(2), batch(2, "a\0"));
  const bytes = readFileSync(dir.join("log"));
  expect(statSync(dir.join("log")).mode & 0o777).toBe(0o600);
  expect(bytes.subarray(0, 128).equals(bytes.subarray(128, 256))).toBe(true);
  expect(decodeHeader(bytes)).toEqual({
    ...claim(2),
    ...ORIGIN,
    endOffset: bytes.length,
    writerPid: process.pid,
    inode: statSync(dir.join("log"), { bigint: true }).ino,
  });
});

test("LogWriter retire() tells whoever has the old file open", () => {
  using dir = tempDir("log");
  using old = startLog(dir.join("log"));
  const kept = Bun.mmap(dir.join("log"), { shared: true });
  using next = startLog(dir.join("log"), [batch(2, "a\0")]);
  old.retire(claim(1));
  expect(decodeHeader(Buffer.from(kept))?.state).toBe(STATE_RETIRED);
  expect(decodeHeader(readFileSync(dir.join("log")))?.state).toBe(STATE_ANSWERS);
  expect([old.isInPlace(), next.isInPlace()]).toEqual([false, true]);
});

test("LogWriter remove() leaves nothing behind", () => {
  using dir = tempDir("log");
  using log = startLog(dir.join("log"));
  log.remove(claim(1));
  expect(existsSync(dir.join("log"))).toBe(false);
  expect(existsSync(dir.join("log.new"))).toBe(false);
});

test("LogWriter follows no link planted where it writes (X4)", () => {
  using dir = tempDir("log");
  writeFileSync(dir.join("victim"), "mine");
  symlinkSync("victim", dir.join("log"));
  symlinkSync("victim", dir.join("log.new"));
  using _log = startLog(dir.join("log"));
  expect(readFileSync(dir.join("victim"), "utf8")).toBe("mine");
});

test("LogWriter that cannot be written leaves the old log as it was", () => {
  using dir = tempDir("log");
  using _old = startLog(dir.join("log"));
  const before = readFileSync(dir.join("log"));
  {
    using _fault = failCall("pwrite", "ENOSPC");
    expect(() => startLog(dir.join("log"))).toThrow("ENOSPC");
  }
  expect(readFileSync(dir.join("log")).equals(before)).toBe(true);
  expect(existsSync(dir.join("log.new"))).toBe(false);
});

test("LogWriter acknowledge() ignores names that are no cookies", () => {
  using dir = tempDir("log");
  using log = startLog(dir.join("log"));
  const before = readFileSync(dir.join("log"));
  log.acknowledge("../../etc/passwd");
  log.acknowledge("");
  log.acknowledge("0123456789abcdeg");
  expect(readFileSync(dir.join("log")).equals(before)).toBe(true);
});

test("LogWriter isIntact() knows a log that was copied over it", () => {
  using dir = tempDir("log");
  using log = startLog(dir.join("log"));
  copyFileSync(dir.join("log"), dir.join("older"));
  expect(log.isIntact()).toBe(true);
  log.publish(claim(2), batch(2, "a\0"));
  expect(log.isIntact()).toBe(true);
  log.acknowledge("0123456789abcdef");
  expect(log.isIntact()).toBe(true);
  writeFileSync(dir.join("log"), readFileSync(dir.join("older")));
  expect([log.isInPlace(), log.isIntact()]).toEqual([true, false]);
});

test("LogWriter neither writes to nor removes what is behind a link in its folder's place (X4)", () => {
  using dir = tempDir("log");
  mkdirSync(dir.join("folder"));
  mkdirSync(dir.join("victim"));
  using log = startLog(dir.join("folder/log"));
  renameSync(dir.join("folder"), dir.join("away"));
  symlinkSync("victim", dir.join("folder"));
  expect(() => startLog(dir.join("folder/log"))).toThrow("ENOTDIR");
  writeFileSync(dir.join("victim/log"), "mine");
  log.remove(claim(1));
  expect(readFileSync(dir.join("victim/log"), "utf8")).toBe("mine");
});
