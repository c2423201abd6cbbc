/** Files, and what may stand in their place. */

import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { readPlainFile } from "../../src/base/read-plain-file.ts";
import { tempDir } from "../support/temp-dir.ts";

test("readPlainFile() reads what is in a file, through links", () => {
  using folder = tempDir("plain");
  writeFileSync(folder.join("file"), "ä\n");
  symlinkSync("file", folder.join("link"));

  expect(readPlainFile(folder.join("file"), "utf8")).toBe("ä\n");
  expect(readPlainFile(folder.join("link"), "latin1")).toBe("\u00C3\u00A4\n");
});

test("readPlainFile() waits for no pipe, and reads no folder", () => {
  using folder = tempDir("plain");
  mkdirSync(folder.join("folder"));
  Bun.spawnSync(["mkfifo", folder.join("pipe")]);

  expect(readPlainFile(folder.join("folder"), "utf8")).toBeUndefined();
  expect(readPlainFile(folder.join("pipe"), "utf8")).toBeUndefined();
});

test("readPlainFile() says why it cannot", () => {
  using folder = tempDir("plain");

  expect(() => readPlainFile(folder.join("gone"), "utf8")).toThrow("ENOENT");
});
