/** inotify on a real folder, and every predicate on its bits. */

import { expect, test } from "bun:test";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";

import { closeDescriptor } from "../../src/ffi/descriptors.ts";
import * as inotify from "../../src/ffi/inotify.ts";
import { cString, ENOENT } from "../../src/ffi/libc.ts";
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
