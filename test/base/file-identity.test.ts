/** Whether a file is still the one that was looked at. */

import { expect, test } from "bun:test";
import { statSync, utimesSync, writeFileSync } from "node:fs";

import { fileIdentity } from "../../src/base/file-identity.ts";
import { tempDir } from "../support/temp-dir.ts";

test("fileIdentity() changes with the content, also when size and modification time do not", () => {
  using dir = tempDir("identity");
  const identity = (): string => fileIdentity(statSync(dir.join("f"), { bigint: true }));
  writeFileSync(dir.join("f"), "one");
  const { atime, mtime } = statSync(dir.join("f"));
  const before = identity();
  expect(identity()).toBe(before);
  // Changes within one tick of the file system's clock are not told apart: wait it out.
  while (identity() === before) {
    writeFileSync(dir.join("f"), "two");
    utimesSync(dir.join("f"), atime, mtime);
  }
  expect(statSync(dir.join("f")).mtimeMs).toBe(mtime.getTime());
});

test("fileIdentity() of no file is empty", () => {
  expect(fileIdentity(undefined)).toBe("");
});
