/** The bytes git reads from a hook: an answer must never say "nothing changed" by accident. */

import { expect, test } from "bun:test";

import { encodeChanged, encodeUnknown, UNKNOWN_VERSION_1 } from "../../src/protocol/hook-answer.ts";

const TOKEN = "gity:0123456789abcdef:3";

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

function path(latin1: string): Uint8Array {
  return Buffer.from(`${latin1}\0`, "latin1");
}

test("encodeUnknown() is the token, then a path that begins with a slash", () => {
  expect(text(encodeUnknown(TOKEN))).toBe(`${TOKEN}\0/\0`);
});

test("UNKNOWN_VERSION_1 is not empty, and its first byte is a slash", () => {
  expect(text(UNKNOWN_VERSION_1)).toBe("/\0");
});

test("encodeChanged() without a path is the token alone, closed", () => {
  expect(text(encodeChanged(TOKEN, []))).toBe(`${TOKEN}\0`);
});

// P4: bytes pass through as they are.
test.each([
  ["plain", "a/b.txt"],
  ["not UTF-8", "caf\xe9"],
  ["every high byte", "\x80\xff\xfe"],
  ["a newline and a tab", "a\nb\tc"],
  ["quotes and a backslash", "\"a'\\b"],
  ["a leading dash and blank", "- x"],
  ["a directory", "a/b/"],
])("encodeChanged() passes on a path that is %s", (_, name) => {
  expect(text(encodeChanged(TOKEN, [path(name), path("z")]))).toBe(`${TOKEN}\0${name}\0z\0`);
});

test("P3 encodeChanged() keeps a reply of 100,000 paths whole", () => {
  const paths = Array.from({ length: 100_000 }, (_, i) => path(`folder/file${i}`));
  const answer = text(encodeChanged(TOKEN, paths)).split("\0");

  expect(answer.length).toBe(1 + paths.length + 1);
  expect(answer[0]).toBe(TOKEN);
  expect(answer.at(-2)).toBe("folder/file99999");
});
