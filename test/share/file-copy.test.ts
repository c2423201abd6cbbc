/** The content of one file, in another, whatever the kernel can do. */

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
import { SHARE_SLICE_BYTES } from "../../src/base/limits.ts";
import { EIO, libc } from "../../src/ffi/libc.ts";
import { copyContent, type CopyOutcome } from "../../src/share/file-copy.ts";
import { failCall } from "../support/faults.ts";
import { tempDir, type TempDir } from "../support/temp-dir.ts";

function copy(dir: TempDir, hasHoles = false): { outcome: CopyOutcome; slices: number } {
  const source = openSync(dir.join("source"), "r") as Fd;
  const target = openSync(dir.join("target"), "w") as Fd;
  const sizeBytes = statSync(dir.join("source")).size;
  const work = copyContent({ source, target, sizeBytes, hasHoles });
  let slices = 0;
  let step = work.next();
  for (; step.done !== true; step = work.next()) {
    slices += 1;
  }
  closeSync(source);
  closeSync(target);
  return { outcome: step.value, slices };
}

// No such request: _IOW(0x94, 0x99, int).
const UNKNOWN_REQUEST = 0x4004_9499;

/** The kernel refuses it, as it does what it does not know. */
function refuse(name: "ioctl" | "copy_file_range"): Disposable {
  const real = libc[name];
  const unknownFlags = 7;
  libc[name] =
    name === "ioctl"
      ? (fd) => real(fd, UNKNOWN_REQUEST, 0)
      : (...args) => real(...args.slice(0, -1), unknownFlags);
  return {
    [Symbol.dispose]: () => {
      libc[name] = real;
    },
  };
}

test("a large file is copied in slices", () => {
  using dir = tempDir("file");
  using _noClone = refuse("ioctl");
  const content = Buffer.alloc(2 * SHARE_SLICE_BYTES + 7, "0123456789abc");
  writeFileSync(dir.join("source"), content);

  expect(copy(dir)).toEqual({ outcome: { kind: "copied", bytes: content.length }, slices: 2 });
  expect(readFileSync(dir.join("target")).equals(content)).toBe(true);
});

test("without copy_file_range(2) it goes through a buffer", () => {
  using dir = tempDir("file");
  using _noClone = refuse("ioctl");
  using _noRange = refuse("copy_file_range");
  writeFileSync(dir.join("source"), "content");

  expect(copy(dir).outcome).toEqual({ kind: "copied", bytes: 7 });
  expect(readFileSync(dir.join("target"), "utf8")).toBe("content");
});

test("a disk that fails is not taken for one that cannot share", () => {
  using dir = tempDir("file");
  using _failing = failCall("ioctl", "EIO");
  writeFileSync(dir.join("source"), "content");

  expect(copy(dir).outcome).toEqual({ kind: "failed", errno: EIO });
});

test("only what is between holes is copied, from the right places", () => {
  using dir = tempDir("file");
  using _noClone = refuse("ioctl");
  const fd = openSync(dir.join("source"), "w");
  for (const at of [1 << 20, 3 << 20, 9 << 20]) {
    writeSync(fd, `at ${at}`, at);
  }
  ftruncateSync(fd, 12 << 20);
  closeSync(fd);

  const { outcome } = copy(dir, true);

  expect(outcome).toMatchObject({ kind: "copied" });
  expect(readFileSync(dir.join("target")).equals(readFileSync(dir.join("source")))).toBe(true);
  expect(statSync(dir.join("target")).blocks).toBeLessThan(200);
});

test("a file that became shorter ends where it ends", () => {
  using dir = tempDir("file");
  writeFileSync(dir.join("source"), "short");
  const source = openSync(dir.join("source"), "r") as Fd;
  const target = openSync(dir.join("target"), "w") as Fd;
  using _noClone = refuse("ioctl");

  const work = copyContent({ source, target, sizeBytes: 1000, hasHoles: false });
  let step = work.next();
  while (step.done !== true) {
    step = work.next();
  }

  closeSync(source);
  closeSync(target);
  expect(step.value).toEqual({ kind: "copied", bytes: 5 });
});
