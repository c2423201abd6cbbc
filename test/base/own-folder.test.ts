/** Folders in gity's home. */

import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";

import { expect, test } from "bun:test";

import { requireOwnFolder, requireSafeHome } from "../../src/base/own-folder.ts";
import { quoteWord } from "../../src/base/quote-word.ts";
import { tempDir } from "../support/temp-dir.ts";

/** No user of this machine. */
const SOMEBODY = 54_321;

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

test.each([
  [0o700, undefined],
  [0o755, undefined],
  [0o775, "PERMISSION_DENIED"],
  [0o1777, "PERMISSION_DENIED"],
])("requireSafeHome() of a home with mode %o: %p", (mode, code) => {
  using folder = tempDir("own-folder");
  chmodSync(folder.path, 0o1777);
  mkdirSync(folder.join("home"));
  chmodSync(folder.join("home"), mode);
  symlinkSync("home", folder.join("link"));
  for (const home of [folder.join("home"), folder.join("link")]) {
    const use = expect(() => {
      requireSafeHome(home);
    });
    if (code === undefined) {
      use.not.toThrow();
    } else {
      const hint = `chmod go-w ${quoteWord(home)}`;
      use.toThrow(expect.objectContaining({ code, hint }));
    }
  }
  requireSafeHome(folder.join("not there"));
});

test("requireSafeHome() takes nobody else's folder", () => {
  using folder = tempDir("home");
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    chownSync(folder.path, SOMEBODY, SOMEBODY);
  }

  expect(() => {
    requireSafeHome(isRoot ? folder.path : "/");
  }).toThrow("it belongs to another user");
});
