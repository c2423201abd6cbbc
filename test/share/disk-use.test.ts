/** What a worktree takes on disk. */

import { linkSync, lstatSync, mkdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { measureDiskUse } from "../../src/share/disk-use.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";

const NOTHING = { gitDir: null, others: [], shared: [] };

function fill(dir: TempDir): string {
  mkdirSync(dir.join("tree/a/node_modules/k"), { recursive: true });
  mkdirSync(dir.join("tree/other/deep"), { recursive: true });
  mkdirSync(dir.join("git"));
  writeFileSync(dir.join("tree/a/node_modules/k/file"), Buffer.alloc(100_000, 1));
  writeFileSync(dir.join("tree/other/deep/file"), Buffer.alloc(50_000, 1));
  writeFileSync(dir.join("tree/plain"), Buffer.alloc(20_000, 1));
  writeFileSync(dir.join("git/index"), Buffer.alloc(30_000, 1));
  return dir.join("tree");
}

function allocated(dir: TempDir, ...names: string[]): number {
  return names.map((name) => statSync(dir.join(name)).blocks * 512).reduce((a, b) => a + b, 0);
}

test("measureDiskUse() adds up all that is in it, and each file once", () => {
  using dir = tempDir("disk");
  const root = fill(dir);
  linkSync(dir.join("tree/plain"), dir.join("tree/a/again"));
  symlinkSync("/", dir.join("tree/link"));
  const link = lstatSync(dir.join("tree/link")).blocks * 512;
  const all = allocated(
    dir,
    "tree",
    "tree/a",
    "tree/a/node_modules",
    "tree/a/node_modules/k",
    "tree/a/node_modules/k/file",
    "tree/other",
    "tree/other/deep",
    "tree/other/deep/file",
    "tree/plain",
  );

  expect(measureDiskUse({ ...NOTHING, root }, () => undefined)).toEqual({
    bytes: all + link,
    sharedBytes: 0,
  });
});

test("measureDiskUse() counts its own git directory, and leaves out what is not its own", () => {
  using dir = tempDir("disk");
  const root = fill(dir);
  const whole = measureDiskUse({ ...NOTHING, root }, () => undefined);
  const others = [dir.join("tree/other"), dir.join("nowhere"), dir.join("git")];

  expect(
    measureDiskUse({ ...NOTHING, root, gitDir: dir.join("git"), others }, () => undefined),
  ).toEqual({
    bytes:
      whole.bytes +
      allocated(dir, "git", "git/index") -
      allocated(dir, "tree/other", "tree/other/deep", "tree/other/deep/file"),
    sharedBytes: 0,
  });
});

test("measureDiskUse() says how much of it is in shared directories", () => {
  using dir = tempDir("disk");
  const root = fill(dir);
  const names = ["tree/a/node_modules", "tree/a/node_modules/k", "tree/a/node_modules/k/file"];

  for (const shared of [["a/node_modules"], ["*/node_modules/"], ["a/node_modules", "../x", "b"]]) {
    expect(measureDiskUse({ ...NOTHING, root, shared }, () => undefined).sharedBytes).toBe(
      allocated(dir, ...names),
    );
  }
});

test("measureDiskUse() counts nothing of what is not there", () => {
  using dir = tempDir("disk");

  expect(measureDiskUse({ ...NOTHING, root: dir.join("nowhere") }, () => undefined)).toEqual({
    bytes: 0,
    sharedBytes: 0,
  });
});

test("measureDiskUse() tells now and then how far it is", () => {
  using dir = tempDir("disk");
  for (let i = 0; i < 5001; i += 1) {
    writeFileSync(dir.join(`f${i}`), "");
  }
  const told: number[] = [];
  measureDiskUse({ ...NOTHING, root: dir.path }, (entries) => told.push(entries));

  expect(told).toEqual([5000]);
});
