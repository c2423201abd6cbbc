/** Content from one open file to another, on a real file system. */

import { expect, test } from "bun:test";
import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";

import type { Fd } from "../../src/base/brands.ts";
import {
  cloneContent,
  copyAttributes,
  copyRange,
  copyThroughBuffer,
  moveTo,
  nextData,
  nextHole,
  setSize,
} from "../../src/ffi/file-content.ts";
import { EBADF, EIO, ENXIO, libc } from "../../src/ffi/libc.ts";
import { failCall } from "../support/faults.ts";
import { attributeOf, setAttribute } from "../support/system-calls.ts";
import { tempDir, type TempDir } from "../support/temp-dir.ts";

interface Pair extends Disposable {
  readonly source: Fd;
  readonly target: Fd;
}

function openPair(dir: TempDir, content: string): Pair {
  writeFileSync(dir.join("source"), content);
  const source = openSync(dir.join("source"), "r") as Fd;
  const target = openSync(dir.join("target"), "w") as Fd;
  return {
    source,
    target,
    [Symbol.dispose]: () => {
      closeSync(source);
      closeSync(target);
    },
  };
}

test.each([
  ["copyRange", copyRange],
  ["copyThroughBuffer", copyThroughBuffer],
])("%s() copies so much at most, and says how much", (_name, copy) => {
  using dir = tempDir("content");
  using files = openPair(dir, "0123456789");

  expect(copy(files.source, files.target, 4)).toBe(4);
  expect(copy(files.source, files.target, 100)).toBe(6);
  expect(copy(files.source, files.target, 100)).toBe(0);
  expect(readFileSync(dir.join("target"), "utf8")).toBe("0123456789");
  expect(copy(files.target, files.source, 1)).toBe(-EBADF);
});

test("copyThroughBuffer() writes what is left after a write that was cut short", () => {
  using dir = tempDir("content");
  using files = openPair(dir, "0123456789");
  const real = libc.write;
  libc.write = (fd, bytes, count) => real(fd, bytes, Math.min(3, Number(count)));
  using _restored = { [Symbol.dispose]: () => void (libc.write = real) };

  expect(copyThroughBuffer(files.source, files.target, 100)).toBe(10);
  expect(readFileSync(dir.join("target"), "utf8")).toBe("0123456789");
});

test("cloneContent() says why not", () => {
  using dir = tempDir("content");
  using files = openPair(dir, "x");
  using _failing = failCall("ioctl", "EIO");

  expect(cloneContent(files.source, files.target)).toBe(-EIO);
});

test("holes are found beyond what 32 bits can tell", () => {
  using dir = tempDir("content");
  using files = openPair(dir, "");
  const far = 5 * 2 ** 30;
  const fd = openSync(dir.join("source"), "r+");
  writeSync(fd, "end", far);
  ftruncateSync(fd, far + 2 ** 20);
  closeSync(fd);

  expect(nextData(files.source, 0)).toBe(far);
  expect(nextHole(files.source, far)).toBeGreaterThan(far);
  expect(nextData(files.source, far + 2 ** 19)).toBe(-ENXIO);
  expect([moveTo(files.source, far), moveTo(files.target, far)]).toEqual([0, 0]);
  expect(copyRange(files.source, files.target, 3)).toBe(3);
  expect(setSize(files.target, far + 2 ** 20)).toBe(0);
  expect(statSync(dir.join("target"))).toMatchObject({ size: far + 2 ** 20 });
  expect(statSync(dir.join("target")).blocks).toBeLessThan(100);
});

test("copyAttributes() takes those that are wanted, and names those that could not be", () => {
  using dir = tempDir("content");
  using files = openPair(dir, "x");
  expect(copyAttributes(files.source, files.target, () => true)).toEqual([]);
  setAttribute(dir.join("source"), "user.one", "1");
  setAttribute(dir.join("source"), "user.two", "2");

  expect(copyAttributes(files.source, files.target, (name) => name !== "user.two")).toEqual([]);
  expect(attributeOf(dir.join("target"), "user.one")).toBe("1");
  expect(attributeOf(dir.join("target"), "user.two")).toBeUndefined();
  using _failing = failCall("fsetxattr", "ENOSPC");
  expect(copyAttributes(files.source, files.target, (name) => name === "user.two")).toEqual([
    "user.two",
  ]);
});

test("copyAttributes() does not take a file that tells nothing for one that has none", () => {
  using dir = tempDir("content");
  using files = openPair(dir, "x");
  using _failing = failCall("flistxattr", "EIO");

  expect(copyAttributes(files.source, files.target, () => true)).toEqual(["user.*"]);
});
