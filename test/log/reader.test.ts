/** The reader of the log, beside a writer and after one that died. */

import { expect, test } from "bun:test";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";

import type { Epoch, Generation } from "../../src/base/brands.ts";
import { STATE_ANSWERS } from "../../src/log/layout.ts";
import { LogReader } from "../../src/log/reader.ts";
import { type LogClaim, LogWriter } from "../../src/log/writer.ts";
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

/** A log in which generation i + 2 changed `batches[i]`. */
function logOf(path: string, batches: readonly string[][]): LogWriter {
  const log = new LogWriter(path, { origin: ORIGIN, claim: claim(1), batches: [] });
  batches.forEach((paths, i) => publish(log, i + 2, paths));
  return log;
}

function publish(log: LogWriter, number: number, paths: readonly string[]): void {
  const generation = number as Generation;
  const bytes = Buffer.from(paths.map((path) => `${path}\0`).join(""), "latin1");
  log.publish(claim(number), { generation, paths: bytes, pathCount: paths.length });
}

function changes(reader: LogReader, since: number): string[] | undefined {
  const parts = reader.changesSince(reader.header()!, since as Generation);
  return parts && Buffer.concat(parts).toString("latin1").split("\0").slice(0, -1);
}

test("changesSince() returns what came after the token, each path once", () => {
  using dir = tempDir("log");
  using _log = logOf(dir.join("log"), [["a", "b"], ["b", "c"], ["d"]]);
  const reader = new LogReader(dir.join("log"));
  expect(changes(reader, 1)?.toSorted()).toEqual(["a", "b", "c", "d"]);
  expect(changes(reader, 2)?.toSorted()).toEqual(["b", "c", "d"]);
  expect(changes(reader, 3)).toEqual(["d"]);
  expect(changes(reader, 4)).toEqual([]);
});

test("changesSince() keeps bytes that are not UTF-8, and newlines", () => {
  using dir = tempDir("log");
  using _log = logOf(dir.join("log"), [["a\xff"], ["b\nc", "-x", 'q"']]);
  expect(changes(new LogReader(dir.join("log")), 1)).toEqual(["b\nc", "-x", 'q"', "a\xff"]);
});

test("changesSince() sees what was published after the log was opened", () => {
  using dir = tempDir("log");
  using log = logOf(dir.join("log"), [["a"]]);
  const reader = new LogReader(dir.join("log"));
  const many = Array.from({ length: 10_000 }, (_, i) => `some/folder/file-${i}`);
  publish(log, 3, many);
  expect(changes(reader, 2)).toEqual(many);
});

test("changesSince() is undefined when another log has taken the path meanwhile", () => {
  using dir = tempDir("log");
  using log = logOf(dir.join("log"), [["a"]]);
  const reader = new LogReader(dir.join("log"));
  publish(log, 3, ["b".repeat(5000)]);
  const header = reader.header()!;
  const other = { ...claim(1), epoch: "00000000000000bb" as Epoch };
  using _next = new LogWriter(dir.join("log"), { origin: ORIGIN, claim: other, batches: [] });
  expect(reader.changesSince(header, 1 as Generation)).toBeUndefined();
});

test("isAcknowledged() is true for the cookie that was acknowledged, and no other", () => {
  using dir = tempDir("log");
  using log = logOf(dir.join("log"), []);
  const reader = new LogReader(dir.join("log"));
  log.acknowledge("0123456789abcdef");
  expect(reader.acknowledgement("0123456789abcdef")()).toBe(true);
  expect(reader.acknowledgement("1123456789abcdef")()).toBe(false);
  expect(reader.acknowledgement("0123456789abcdee")()).toBe(false);
  log.acknowledge("99999999999999ef");
  expect(reader.acknowledgement("0123456789abcdef")()).toBe(false);
});

test("LogReader of a log cut or damaged at any place answers rightly or not at all", () => {
  using dir = tempDir("log");
  const path = dir.join("log");
  {
    using _log = logOf(path, [["a", "b"], ["c"]]);
  }
  const whole = readFileSync(path);
  for (let length = 4096; length < whole.length; length += 1) {
    writeFileSync(path, whole);
    truncateSync(path, length);
    expect(changes(new LogReader(path), 1)).toBeUndefined();
  }
  for (let at = 0; at < whole.length; at += at < 256 || at >= 4096 ? 1 : 64) {
    const damaged = Buffer.from(whole);
    damaged[at]! ^= 0x55;
    writeFileSync(path, damaged);
    const reader = new LogReader(path);
    const header = reader.header();
    const answer = header && reader.changesSince(header, 1 as Generation);
    const text = answer && Buffer.concat(answer).toString("latin1");
    expect([undefined, "c\0a\0b\0"]).toContain(text);
  }
});
