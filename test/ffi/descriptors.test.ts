/** poll(2), eventfd(2) and pwrite(2), on real descriptors. */

import { expect, test } from "bun:test";
import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";

import type { Fd } from "../../src/base/brands.ts";
import { hasReader, PollSet, POLLIN, WakeBell, writeAt } from "../../src/ffi/descriptors.ts";
import { libc } from "../../src/ffi/libc.ts";
import { failCall } from "../support/faults.ts";
import { tempDir } from "../support/temp-dir.ts";

const RING = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

test("PollSet wait() tells which of 200 descriptors are ready, and only those", () => {
  const bells = Array.from({ length: 200 }, () => new WakeBell());
  const poll = new PollSet();
  for (const bell of bells) {
    poll.add(bell.fd, POLLIN);
  }
  expect(poll.wait(0)).toBe(0);
  writeSync(bells[3]!.fd, RING);
  writeSync(bells[150]!.fd, RING);
  expect(poll.wait(0)).toBe(2);
  const ready = bells.map((_, index) => poll.reported(index)).flatMap((r, i) => (r ? [i] : []));
  expect(ready).toEqual([3, 150]);
  bells[3]!.reset();
  expect(poll.wait(0)).toBe(1);
  expect(poll.reported(3)).toBe(0);
  for (const bell of bells) {
    bell.close();
  }
});

test("WakeBell reset() of a silent bell is no error", () => {
  const bell = new WakeBell();
  bell.reset();
  bell.reset();
  bell.close();
});

test("writeAt() writes at the offset, and reports a full disk", () => {
  using dir = tempDir("fd");
  const fd = openSync(dir.join("f"), "w") as Fd;
  writeAt(fd, Buffer.from("abc"), 2);
  expect(readFileSync(dir.join("f"), "latin1")).toBe("\0\0abc");
  {
    using _fault = failCall("pwrite", "ENOSPC");
    expect(() => writeAt(fd, Buffer.from("x"), 0)).toThrow("ENOSPC");
  }
  closeSync(fd);
});

test("writeAt() on a device that is full reports it for real", () => {
  const fd = openSync("/dev/full", "w") as Fd;
  expect(() => writeAt(fd, Buffer.from("x"), 0)).toThrow("ENOSPC");
  closeSync(fd);
});

test.each(["EINTR", "EAGAIN", "ENOMEM"] as const)(
  "PollSet wait() that the kernel breaks off with %s reports nothing, and can be made again",
  (errno) => {
    const bell = new WakeBell();
    const poll = new PollSet();
    poll.add(bell.fd, POLLIN);
    writeSync(bell.fd, RING);
    {
      using _fault = failCall("poll", errno);
      expect([poll.wait(-1), poll.reported(0)]).toEqual([0, 0]);
    }
    expect([poll.wait(-1), poll.reported(0)]).toEqual([1, POLLIN]);
    bell.close();
  },
);

test("WakeBell reset() that fails leaves the bell ringing", () => {
  const bell = new WakeBell();
  const poll = new PollSet();
  poll.add(bell.fd, POLLIN);
  writeSync(bell.fd, RING);
  {
    using _fault = failCall("read", "EIO");
    bell.reset();
  }
  expect(poll.wait(0)).toBe(1);
  bell.reset();
  expect(poll.wait(0)).toBe(0);
  bell.close();
});

test("writeAt() of a device that takes nothing fails, and does not go on for ever", () => {
  using dir = tempDir("fd");
  const fd = openSync(dir.join("f"), "w") as Fd;
  const { pwrite } = libc;
  libc.pwrite = () => 0;
  try {
    expect(() => writeAt(fd, Buffer.from("x"), 0)).toThrow("EIO");
  } finally {
    libc.pwrite = pwrite;
  }
  closeSync(fd);
});

test("hasReader() is true of a file, and of a pipe until its other end has gone", () => {
  using folder = tempDir("reader");
  const file = openSync(folder.join("file"), "w");
  Bun.spawnSync(["mkfifo", folder.join("pipe")]);
  const end = openSync(folder.join("pipe"), constants.O_RDONLY | constants.O_NONBLOCK);
  const pipe = openSync(folder.join("pipe"), "w");
  expect([hasReader(file as Fd), hasReader(pipe as Fd)]).toEqual([true, true]);
  closeSync(end);
  closeSync(file);
  expect([hasReader(file as Fd), hasReader(pipe as Fd)]).toEqual([false, false]);
  closeSync(pipe);
});
