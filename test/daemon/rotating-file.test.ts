/** A file that gives way to a new one. */

import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";

import { expect, test } from "bun:test";

import { RotatingFile } from "../../src/daemon/rotating-file.ts";
import { tempDir, type TempDir } from "../support/temp-dir.ts";

const LIMITS = { bytesMax: 10, filesMax: 3 };

function contents(folder: TempDir): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder.path)
      .toSorted()
      .map((name) => [name, readFileSync(folder.join(name), "utf8")]),
  );
}

function writeAll(file: RotatingFile, ...texts: readonly string[]): void {
  for (const text of texts) {
    file.write(text);
  }
}

test("RotatingFile moves along what gets too large, and lets the oldest go", () => {
  using folder = tempDir("rotating");
  using file = new RotatingFile(folder.join("x"), LIMITS);

  writeAll(file, "1111\n", "2222\n", "3333\n", "4444\n", "5555\n", "6666\n", "7777\n");

  expect(contents(folder)).toEqual({ x: "7777\n", "x.1": "5555\n6666\n", "x.2": "3333\n4444\n" });
});

test("RotatingFile counts what was there before, and takes a line that is too large alone", () => {
  using folder = tempDir("rotating");
  writeFileSync(folder.join("x"), "12345678\n");
  using file = new RotatingFile(folder.join("x"), LIMITS);

  writeAll(file, "ab\n", "a line that is larger\n", "z\n");

  expect(contents(folder)).toEqual({
    x: "z\n",
    "x.1": "a line that is larger\n",
    "x.2": "ab\n",
  });
});

test("RotatingFile X2 X4 makes every file for this user only, and follows no link", () => {
  using folder = tempDir("rotating");
  using file = new RotatingFile(folder.join("x"), LIMITS);
  symlinkSync(folder.join("victim"), folder.join("x.1"));

  writeAll(file, "11111111\n", "22222222\n");

  expect(existsSync(folder.join("victim"))).toBe(false);
  expect(lstatSync(folder.join("x.1")).isFile()).toBe(true);
  for (const name of ["x", "x.1"]) {
    expect(statSync(folder.join(name)).mode & 0o777).toBe(0o600);
  }

  rmSync(folder.join("x"));
  symlinkSync(folder.join("victim"), folder.join("x"));
  expect(() => {
    file.reopen();
  }).toThrow("ELOOP");
  expect(() => new RotatingFile(folder.join("x"), LIMITS)).toThrow("ELOOP");
  file.write("3\n");
  expect(existsSync(folder.join("victim"))).toBe(false);
});

test("RotatingFile loses no line when it cannot be moved away", () => {
  using folder = tempDir("rotating");
  using file = new RotatingFile(folder.join("x"), { bytesMax: 10, filesMax: 2 });
  mkdirSync(folder.join("x.1"));

  writeAll(file, "11111111\n", "22222222\n", "33333333\n");

  expect(readFileSync(folder.join("x"), "utf8")).toBe("11111111\n22222222\n33333333\n");
});

test("RotatingFile goes on when its folder goes, and writes to no other file", () => {
  using folder = tempDir("rotating");
  mkdirSync(folder.join("logs"));
  using file = new RotatingFile(folder.join("logs/x"), LIMITS);
  file.write("1\n");
  rmSync(folder.join("logs"), { recursive: true });

  writeAll(file, "22222222\n", "33333333\n");
  mkdirSync(folder.join("logs"));
  file.reopen();
  file.write("4\n");

  expect(readFileSync(folder.join("logs/x"), "utf8")).toBe("4\n");
});

test("RotatingFile.shrinkTo() lets the oldest go until the rest fits, and nothing else", () => {
  using folder = tempDir("rotating");
  writeFileSync(folder.join("x.1"), "1111\n");
  writeFileSync(folder.join("x.2"), "2222\n");
  writeFileSync(folder.join("x.9"), "not ours\n");
  using file = new RotatingFile(folder.join("x"), LIMITS);
  file.write("0\n");

  expect(file.shrinkTo(12)).toBe(0);
  expect(file.shrinkTo(11)).toBe(1);
  expect(contents(folder)).toEqual({ x: "0\n", "x.1": "1111\n", "x.9": "not ours\n" });
  expect(file.shrinkTo(1)).toBe(2);
  file.write("a\n");
  expect(contents(folder)).toEqual({ x: "a\n", "x.9": "not ours\n" });
});
