/** From aside to where it belongs. */

import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";

import { openFolder } from "../../src/share/open-below.ts";
import { putInPlace, standingOf } from "../../src/share/put-in-place.ts";
import { tempDir } from "../support/temp-dir.ts";

test("standingOf() tells what is there", () => {
  using dir = tempDir("place");
  mkdirSync(dir.join("empty"));
  mkdirSync(dir.join("full/x"), { recursive: true });
  writeFileSync(dir.join("file"), "");
  symlinkSync("full", dir.join("link"));
  using folder = openFolder(dir.path);

  expect(
    ["none", "empty", "full", "file", "link"].map((name) => standingOf(folder.fd, name)),
  ).toEqual(["absent", "empty", "full", "blocked", "blocked"]);
});

test.each(["none", "empty"])("putInPlace() takes the place of %s", (name) => {
  using dir = tempDir("place");
  mkdirSync(dir.join("tree/new"), { recursive: true });
  mkdirSync(dir.join("empty"));
  using folder = openFolder(dir.path);

  const from = { directory: folder.fd, name: "tree" };
  expect(putInPlace(from, { directory: folder.fd, name }, undefined)).toBe("placed");
  expect(readdirSync(dir.join(name))).toEqual(["new"]);
});

test("putInPlace() replaces what is not newer, and only on demand", () => {
  using dir = tempDir("place");
  mkdirSync(dir.join("tree/new"), { recursive: true });
  mkdirSync(dir.join("full/old"), { recursive: true });
  utimesSync(dir.join("full/old"), 1000, 1000);
  utimesSync(dir.join("full"), 1000, 1000);
  using folder = openFolder(dir.path);
  const from = { directory: folder.fd, name: "tree" };
  const to = { directory: folder.fd, name: "full" };

  expect(putInPlace(from, to, undefined)).toBe("full");
  expect(putInPlace(from, to, 999_999)).toBe("full");
  expect(readdirSync(dir.join("full"))).toEqual(["old"]);
  expect(putInPlace(from, to, 1_000_000)).toBe("exchanged");
  expect([readdirSync(dir.join("full")), readdirSync(dir.join("tree"))]).toEqual([
    ["new"],
    ["old"],
  ]);
});

test("putInPlace() does not take the place of a file or a link", () => {
  using dir = tempDir("place");
  mkdirSync(dir.join("tree"));
  writeFileSync(dir.join("file"), "");
  symlinkSync("tree", dir.join("link"));
  using folder = openFolder(dir.path);
  const from = { directory: folder.fd, name: "tree" };

  for (const name of ["file", "link"]) {
    expect(() => putInPlace(from, { directory: folder.fd, name }, Infinity)).toThrow(
      "a file is there",
    );
  }
});
