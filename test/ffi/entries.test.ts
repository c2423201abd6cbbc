/** Entries by the descriptor of their directory, on a real file system. */

import { afterAll, beforeEach, expect, test } from "bun:test";
import {
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";

import type { Fd } from "../../src/base/brands.ts";
import { closeDescriptor } from "../../src/ffi/descriptors.ts";
import {
  createFileEntry,
  linkEntry,
  lookAtEntry,
  makeDirectoryEntry,
  makeLinkEntry,
  modifiedFound,
  openDirectoryEntry,
  openFileEntry,
  openLockEntry,
  readLinkEntry,
  removeDirectoryEntry,
  removeFileEntry,
  renameEntry,
  setEntryModified,
  setModified,
  setPermissions,
} from "../../src/ffi/entries.ts";
import { found } from "../../src/ffi/file-status.ts";
import {
  EEXIST,
  EISDIR,
  ELOOP,
  ENAMETOOLONG,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
} from "../../src/ffi/libc.ts";
import { tempDir } from "../support/temp-dir.ts";

let dir = tempDir("entries");
let folder = openSync(dir.path, "r") as Fd;

beforeEach(() => {
  closeDescriptor(folder);
  dir[Symbol.dispose]();
  dir = tempDir("entries");
  folder = openSync(dir.path, "r") as Fd;
  writeFileSync(dir.join("file"), "content");
  symlinkSync("file", dir.join("link"));
  mkdirSync(dir.join("sub"));
  symlinkSync("sub", dir.join("sub-link"));
});

afterAll(() => {
  closeDescriptor(folder);
  dir[Symbol.dispose]();
});

const LONG = "x".repeat(5000);

test("opening follows no link, and tells what is in the way", () => {
  expect(openDirectoryEntry(folder, "sub-link")).toBeOneOf([-ELOOP, -ENOTDIR]);
  expect(openDirectoryEntry(folder, "file")).toBe(-ENOTDIR);
  expect(openDirectoryEntry(folder, "none")).toBe(-ENOENT);
  expect(openFileEntry(folder, "link")).toBe(-ELOOP);
  expect(createFileEntry(folder, "link")).toBe(-EEXIST);
  expect(openLockEntry(folder, "link")).toBe(-ELOOP);
  const opened = [openDirectoryEntry(folder, "sub"), openFileEntry(folder, "file")];
  expect(opened.every((fd) => fd > 0)).toBe(true);
  opened.forEach((fd) => {
    closeDescriptor(fd as Fd);
  });
});

test("a pipe is opened without waiting for who writes to it", () => {
  Bun.spawnSync(["mkfifo", dir.join("pipe")]);

  const fd = openFileEntry(folder, "pipe");

  expect(fd).toBeGreaterThan(0);
  closeDescriptor(fd as Fd);
});

test("entries are made and removed", () => {
  expect(makeDirectoryEntry(folder, "new")).toBe(0);
  expect(makeDirectoryEntry(folder, "new")).toBe(-EEXIST);
  expect(statSync(dir.join("new")).mode & 0o777).toBe(0o700);
  expect(makeLinkEntry("wherever", { directory: folder, name: "new-link" })).toBe(0);
  expect(readlinkSync(dir.join("new-link"))).toBe("wherever");
  expect(readLinkEntry(folder, "new-link")).toBe("wherever");
  expect(readLinkEntry(folder, "none")).toBe(-ENOENT);
  expect(removeFileEntry(folder, "new-link")).toBe(0);
  expect(removeFileEntry(folder, "new")).toBe(-EISDIR);
  writeFileSync(dir.join("new/file"), "");
  expect(removeDirectoryEntry(folder, "new")).toBe(-ENOTEMPTY);
  expect(removeFileEntry(folder, "new/file")).toBe(0);
  expect(removeDirectoryEntry(folder, "new")).toBe(0);
});

test("names are bytes, and no name is longer than a path", () => {
  const name = "\u00FF\u00FE";

  expect(makeDirectoryEntry(folder, name)).toBe(0);
  expect(
    readdirSync(dir.path, { encoding: "buffer" }).some((each) => each.toString("latin1") === name),
  ).toBe(true);
  const place = { directory: folder, name: LONG };
  expect([
    lookAtEntry(folder, LONG),
    openFileEntry(folder, LONG),
    makeDirectoryEntry(folder, LONG),
    removeFileEntry(folder, LONG),
    removeDirectoryEntry(folder, LONG),
    readLinkEntry(folder, LONG),
    makeLinkEntry(LONG, { directory: folder, name: "x" }),
    linkEntry({ directory: folder, name: "file" }, place),
    renameEntry({ directory: folder, name: "file" }, place, "usual"),
    setEntryModified(place, { seconds: 0, secondsHigh: 0, nanoseconds: 0 }),
  ]).toEqual(Array.from({ length: 10 }, () => -ENAMETOOLONG));
});

test("renameEntry() keeps, exchanges, or does as rename(2)", () => {
  const from = { directory: folder, name: "sub" };
  const to = { directory: folder, name: "other" };
  mkdirSync(dir.join("other"));
  writeFileSync(dir.join("other/file"), "");

  expect(renameEntry(from, to, "keep")).toBe(-EEXIST);
  expect(renameEntry(from, to, "usual")).toBe(-ENOTEMPTY);
  expect(renameEntry(from, to, "exchange")).toBe(0);
  expect(readdirSync(dir.join("sub"))).toEqual(["file"]);
  expect(renameEntry(from, to, "usual")).toBe(0);
  expect(readdirSync(dir.join("other"))).toEqual(["file"]);
});

test("linkEntry() gives a file another name, and a link, too", () => {
  const to = { directory: folder, name: "second" };
  expect(linkEntry({ directory: folder, name: "link" }, to)).toBe(0);
  expect(lstatSync(dir.join("second")).isSymbolicLink()).toBe(true);
});

test("times and permissions are set to the nanosecond and to the bit", () => {
  const time = { seconds: 1_000_000_000, secondsHigh: 0, nanoseconds: 123_456_789 };
  const fd = openFileEntry(folder, "file") as Fd;

  expect([setModified(fd, time), setPermissions(fd, 0o4751)]).toEqual([0, 0]);
  expect(setEntryModified({ directory: folder, name: "link" }, time)).toBe(0);

  closeDescriptor(fd);
  for (const name of ["file", "link"]) {
    expect(lookAtEntry(folder, name)).toBe(0);
    expect(modifiedFound()).toEqual(time);
    expect(found.wasModifiedAt(time)).toBe(true);
    expect(found.wasModifiedAt({ ...time, nanoseconds: 1 })).toBe(false);
    expect(found.modifiedAtMs).toBeCloseTo(1e12 + 123.456_789, 3);
  }
  expect(statSync(dir.join("file")).mode & 0o7777).toBe(0o4751);
  expect(readFileSync(dir.join("file"), "utf8")).toBe("content");
});
