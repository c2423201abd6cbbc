/** The folder in which helpers meet the monitor. */

import { expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";

import { PrivateFolder } from "../../src/monitor/private-folder.ts";
import { tempDir } from "../support/temp-dir.ts";

test("prepare() makes folders that only the user can enter, and sweeps old cookies", () => {
  using dir = tempDir("folder");
  const folder = new PrivateFolder(dir.join("gity"));
  folder.prepare();
  writeFileSync(`${folder.cookies}/0123456789abcdef`, "");
  folder.prepare();
  expect(readdirSync(folder.cookies)).toEqual([]);
  expect(statSync(folder.path).mode & 0o777).toBe(0o700);
  expect(statSync(folder.cookies).mode & 0o777).toBe(0o700);
});

test("X4 prepare() and remove() follow no link planted in the folder's place", () => {
  using dir = tempDir("folder");
  mkdirSync(dir.join("victim/cookies"), { recursive: true });
  writeFileSync(dir.join("victim/cookies/mine"), "mine");
  mkdirSync(dir.join("git"));
  symlinkSync("../victim", dir.join("git/gity"));
  const folder = new PrivateFolder(dir.join("git/gity"));
  expect(() => folder.prepare()).toThrow("ENOTDIR");
  folder.remove();
  expect(readFileSync(dir.join("victim/cookies/mine"), "utf8")).toBe("mine");
});

test("remove() leaves nothing, and is content when there was nothing", () => {
  using dir = tempDir("folder");
  const folder = new PrivateFolder(dir.join("gity"));
  folder.prepare();
  folder.remove();
  folder.remove();
  expect(existsSync(folder.path)).toBe(false);
});

test("remove() leaves what 'gity share' has there", () => {
  using dir = tempDir("folder");
  const folder = new PrivateFolder(dir.join("gity"));
  folder.prepare();
  mkdirSync(dir.join("gity/share/id/tree"), { recursive: true });
  mkdirSync(dir.join("gity/share-worktrees/linked"), { recursive: true });
  writeFileSync(dir.join("gity/log"), "");
  writeFileSync(dir.join("gity/index-1"), "");
  folder.remove();
  expect(readdirSync(folder.path).toSorted()).toEqual(["share", "share-worktrees"]);
  expect(existsSync(dir.join("gity/share/id/tree"))).toBe(true);
});
