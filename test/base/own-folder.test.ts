/** Folders in gity's home. */

import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { requireOwnFolder } from "../../src/base/own-folder.ts";
import { tempDir } from "../support/temp-dir.ts";

test("requireOwnFolder() X2 makes what is missing for this user only, and keeps what is there", () => {
  using folder = tempDir("own-folder");
  requireOwnFolder(folder.join("home/run"));
  writeFileSync(folder.join("home/run/file"), "");
  requireOwnFolder(folder.join("home/run"));
  for (const name of ["home", "home/run"]) {
    expect((statSync(folder.join(name)).mode & 0o777).toString(8)).toBe("700");
  }
  expect(readdirSync(folder.join("home/run"))).toEqual(["file"]);
});

test("requireOwnFolder() X4 takes no link, except above", () => {
  using folder = tempDir("own-folder");
  mkdirSync(folder.join("real"));
  symlinkSync("real", folder.join("home"));
  requireOwnFolder(folder.join("home/run"));
  symlinkSync("real", folder.join("link"));
  expect(() => {
    requireOwnFolder(folder.join("link"));
  }).toThrow(expect.objectContaining({ code: "PERMISSION_DENIED" }));
});
