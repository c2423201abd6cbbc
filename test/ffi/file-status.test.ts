/** statx(2) on real files. */

import { expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";

import type { Fd } from "../../src/base/brands.ts";
import {
  AT_FDCWD,
  type Digest,
  found,
  lookAt,
  lookAtOpen,
  lookThrough,
} from "../../src/ffi/file-status.ts";
import { cString, ENOENT, ENOTDIR } from "../../src/ffi/libc.ts";
import { tempDir } from "../support/temp-dir.ts";

function digestOf(path: string): string {
  expect(lookAt(AT_FDCWD, cString(path, "utf8"))).toBe(0);
  const digest: Digest = { low: 0, high: 0 };
  found.digestInto(digest);
  expect(digest).not.toEqual({ low: 0, high: 0 });
  return `${digest.low}:${digest.high}`;
}

test("a look says what stat(2) says", () => {
  using dir = tempDir("status");
  writeFileSync(dir.join("f"), "1");
  linkSync(dir.join("f"), dir.join("g"));
  expect(lookAt(AT_FDCWD, cString(dir.join("f"), "utf8"))).toBe(0);
  const stat = statSync(dir.join("f"), { bigint: true });
  expect([found.isRegularFile, found.isDirectory, found.links]).toEqual([true, false, 2]);
  expect(found.inode).toBe(stat.ino);
  expect(found.changedAtMs).toBeCloseTo(Number(stat.ctimeNs) / 1e6, 2);
  const { id } = found;
  expect(lookAt(AT_FDCWD, cString(dir.join("g"), "utf8"))).toBe(0);
  expect(found.is(id)).toBe(true);
  expect(lookAt(AT_FDCWD, cString(dir.path, "utf8"))).toBe(0);
  expect([found.is(id), found.isDirectory]).toEqual([false, true]);
});

test("a link is looked at itself, or through", () => {
  using dir = tempDir("status");
  mkdirSync(dir.join("d"));
  symlinkSync("d", dir.join("link"));
  const link = cString(dir.join("link"), "utf8");
  expect([lookAt(AT_FDCWD, link), found.isDirectory]).toEqual([0, false]);
  expect([lookThrough(link), found.isDirectory]).toEqual([0, true]);
});

test("an open file is looked at also when its name is gone", () => {
  using dir = tempDir("status");
  const fd = openSync(dir.join("f"), "w");
  renameSync(dir.join("f"), dir.join("g"));
  expect([lookAtOpen(fd as Fd), found.links]).toEqual([0, 1]);
  closeSync(fd);
});

test("what is not there is the negated errno", () => {
  using dir = tempDir("status");
  writeFileSync(dir.join("f"), "");
  const look = (name: string): number => lookAt(AT_FDCWD, cString(dir.join(name), "utf8"));
  expect([look("none"), look("f/g")]).toEqual([-ENOENT, -ENOTDIR]);
});

test.each([
  ["its content", (path: string) => appendFileSync(path, "2")],
  ["its permissions", (path: string) => chmodSync(path, 0o700)],
  ["its time", (path: string) => utimesSync(path, 1, 1)],
  ["another file in its place", replace],
])("a digest changes with %s", (_, change) => {
  using dir = tempDir("status");
  writeFileSync(dir.join("f"), "1");
  const before = digestOf(dir.join("f"));
  expect(digestOf(dir.join("f"))).toBe(before);
  change(dir.join("f"));
  expect(digestOf(dir.join("f"))).not.toBe(before);
});

function replace(path: string): void {
  writeFileSync(`${path}.new`, "1");
  renameSync(`${path}.new`, path);
}

test("a digest of 10,000 files is another for each", () => {
  using dir = tempDir("status");
  const digests = new Set<string>();
  for (let i = 0; i < 10_000; i += 1) {
    const path = dir.join(`f${i}`);
    writeFileSync(path, "");
    digests.add(digestOf(path));
  }
  expect(digests.size).toBe(10_000);
});

test("the later time counts, also when a clock was set back", () => {
  using dir = tempDir("status");
  writeFileSync(dir.join("f"), "");
  const later = Date.now() / 1000 + 10_000;
  utimesSync(dir.join("f"), later, later);
  expect(lookAt(AT_FDCWD, cString(dir.join("f"), "utf8"))).toBe(0);
  expect(found.latestMs).toBeCloseTo(later * 1000, 0);
});
