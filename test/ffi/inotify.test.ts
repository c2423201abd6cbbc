/** inotify on a real folder, and every predicate on its bits. */

import { expect, test } from "bun:test";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";

import type { Fd } from "../../src/base/brands.ts";
import { closeDescriptor } from "../../src/ffi/descriptors.ts";
import * as inotify from "../../src/ffi/inotify.ts";
import { cString, EAGAIN, EINTR, ENOENT, errnoForTest, libc } from "../../src/ffi/libc.ts";
import { tempDir } from "../support/temp-dir.ts";

const { IN_CREATE, IN_DELETE, IN_IGNORED, IN_ISDIR, IN_MODIFY, IN_MOVED_FROM, IN_MOVED_TO } =
  inotify;

test("readEvents() gives whole events in order, with the two halves of a rename tied", () => {
  using dir = tempDir("inotify");
  const fd = inotify.openInotify();
  const mask = IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO;
  const wd = inotify.addWatch(fd, cString(dir.path, "utf8"), mask);
  writeFileSync(dir.join("a"), "");
  mkdirSync(dir.join("d"));
  renameSync(dir.join("d"), dir.join("e"));
  const buffer = Buffer.alloc(4096);
  const count = inotify.readEvents(fd, buffer);
  const events: { wd: number; mask: number; cookie: number; name: string }[] = [];
  inotify.decodeEvents(buffer, count, (event) => events.push({ ...event }));
  const cookie = events[2]!.cookie;
  expect(cookie).not.toBe(0);
  expect(events).toEqual([
    { wd, mask: IN_CREATE, cookie: 0, name: "a" },
    { wd, mask: IN_CREATE | IN_ISDIR, cookie: 0, name: "d" },
    { wd, mask: IN_MOVED_FROM | IN_ISDIR, cookie, name: "d" },
    { wd, mask: IN_MOVED_TO | IN_ISDIR, cookie, name: "e" },
  ]);
  expect(inotify.readEvents(fd, buffer)).toBe(0);
  closeDescriptor(fd);
});

test("P4 names keep every byte, and one of 255 bytes is whole", () => {
  using dir = tempDir("inotify");
  const fd = inotify.openInotify();
  inotify.addWatch(fd, cString(dir.path, "utf8"), IN_CREATE);
  const long = "n".repeat(255);
  writeFileSync(dir.join(long), "");
  Bun.spawnSync(["sh", "-c", ": > \"$(printf 'a\\377\\nb')\""], { cwd: dir.path });
  const buffer = Buffer.alloc(4096);
  const names: string[] = [];
  inotify.decodeEvents(buffer, inotify.readEvents(fd, buffer), ({ name }) => names.push(name));
  expect(names).toEqual([long, "a\xff\nb"]);
  closeDescriptor(fd);
});

test("addWatch() of nothing returns the negated errno", () => {
  const fd = inotify.openInotify();
  expect(inotify.addWatch(fd, cString("/nowhere", "utf8"), IN_CREATE)).toBe(-ENOENT as never);
  closeDescriptor(fd);
});

test.each([
  [inotify.isOverflow, inotify.IN_Q_OVERFLOW, IN_MODIFY],
  [inotify.isWatchGone, IN_IGNORED, IN_DELETE],
  [inotify.isUnmount, inotify.IN_UNMOUNT, IN_IGNORED],
  [inotify.isSelfGone, inotify.IN_DELETE_SELF, IN_DELETE],
  [inotify.isSelfGone, inotify.IN_MOVE_SELF, IN_MOVED_FROM],
  [inotify.isDirectory, IN_ISDIR | IN_MODIFY, IN_MODIFY],
  [inotify.isMovedFrom, IN_MOVED_FROM, IN_MOVED_TO],
  [inotify.isMovedTo, IN_MOVED_TO, IN_MOVED_FROM],
  [inotify.isAppearance, IN_CREATE, IN_DELETE],
  [inotify.isAppearance, IN_MOVED_TO, IN_MOVED_FROM],
  [inotify.isDisappearance, IN_DELETE, IN_CREATE],
  [inotify.isDisappearance, IN_MOVED_FROM, IN_MOVED_TO],
])("%p tells its bits from others", (predicate, yes, no) => {
  expect([predicate(yes), predicate(no)]).toEqual([true, false]);
});

/** Two events as the kernel writes them, the second without a name. */
function twoEvents(): Buffer {
  const bytes = Buffer.alloc(48);
  bytes.writeInt32LE(1, 0);
  bytes.writeUInt32LE(IN_CREATE, 4);
  bytes.writeUInt32LE(16, 12);
  bytes.write("name", 16);
  bytes.writeInt32LE(2, 32);
  bytes.writeUInt32LE(IN_IGNORED, 36);
  return bytes;
}

test("decodeEvents() gives the whole events before any end, and reads nothing beyond", () => {
  for (let end = 0; end <= 48; end += 1) {
    // What lies beyond the end is of an earlier read, and must not be seen.
    const buffer = Buffer.concat([twoEvents().subarray(0, end), Buffer.alloc(600, "z")]);
    const seen: string[] = [];
    const decoded = inotify.decodeEvents(buffer, end, ({ wd, name }) => seen.push(`${wd}${name}`));
    const wholeEvents = end < 32 ? 0 : end < 48 ? 1 : 2;
    expect(seen).toEqual(["1name", "2"].slice(0, wholeEvents));
    expect(decoded).toBe([0, 32, 48][wholeEvents] ?? -1);
  }
});

test("decodeEvents() of any bytes comes to an end, and no name is longer than its field", () => {
  for (let at = 0; at < 48; at += 1) {
    for (const byte of [0x00, 0x7f, 0xff]) {
      const bytes = twoEvents();
      bytes[at] = byte;
      const names: number[] = [];
      inotify.decodeEvents(bytes, bytes.length, ({ name }) => names.push(name.length));
      expect(names.length).toBeLessThanOrEqual(3);
      expect(Math.max(0, ...names)).toBeLessThanOrEqual(32);
    }
  }
});

test("readEvents() goes on after a signal, and takes EAGAIN for an empty queue", () => {
  const { read } = libc;
  const results = [-EINTR, -EINTR, 16];
  libc.read = () => {
    const result = results.shift() ?? -EAGAIN;
    errnoForTest.value = result < 0 ? -result : 0;
    return Math.max(result, -1);
  };
  try {
    expect(inotify.readEvents(-1 as Fd, Buffer.alloc(64))).toBe(16);
    expect(inotify.readEvents(-1 as Fd, Buffer.alloc(64))).toBe(0);
  } finally {
    libc.read = read;
    errnoForTest.value = 0;
  }
});
