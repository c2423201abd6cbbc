/** Absolute paths in one reused buffer. */

import { expect, test } from "bun:test";

import type { BytePath } from "../../src/base/brands.ts";
import { PathBuffer } from "../../src/watch/path-buffer.ts";

/** The bytes before the NUL, as C sees them. */
function spelled(bytes: Buffer): string {
  return bytes.toString("latin1", 0, bytes.indexOf(0));
}

test("at() joins root and path, bytes kept, closed by NUL", () => {
  const path = new PathBuffer("/ré");
  expect(spelled(path.at("" as BytePath))).toBe("/r\xc3\xa9");
  expect(spelled(path.at("a/\xff" as BytePath))).toBe("/r\xc3\xa9/a/\xff");
  expect(spelled(path.at("b" as BytePath))).toBe("/r\xc3\xa9/b");
  expect(spelled(path.at("" as BytePath))).toBe("/r\xc3\xa9");
});

test("at() takes paths of any length", () => {
  const path = new PathBuffer("/root");
  const long = "x".repeat(100_000) as BytePath;
  expect(spelled(path.at(long))).toBe(`/root/${long}`);
  expect(spelled(path.at("short" as BytePath))).toBe("/root/short");
});
