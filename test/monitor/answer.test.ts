/** The bytes of an answer. */

import { expect, test } from "bun:test";

import type { BytePath } from "../../src/base/brands.ts";
import { type Answer, encodeAnswer } from "../../src/monitor/answer.ts";

function bytesOf(answer: Answer): string {
  return Buffer.concat(encodeAnswer(answer)).toString("latin1");
}

test("encodeAnswer() closes the token and every path with NUL", () => {
  const paths = ["a", "b\xff\n"] as BytePath[];
  expect(bytesOf({ kind: "changed", token: "t", paths })).toBe("t\0a\0b\xff\n\0");
});

test("P2 encodeAnswer() has no empty path, and / only as the first", () => {
  expect(bytesOf({ kind: "changed", token: "t", paths: [] })).toBe("t\0");
  expect(bytesOf({ kind: "unknown", token: "t", reason: "no-token" })).toBe("t\0/\0");
});
