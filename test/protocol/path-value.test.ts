/** Paths in JSON. */

import { expect, test } from "bun:test";

import { pathValueOf } from "../../src/protocol/path-value.ts";

test("pathValueOf() is text where the bytes are UTF-8, base64 elsewhere", () => {
  expect(pathValueOf(Buffer.from("é\n"))).toBe("é\n");
  expect(pathValueOf(Buffer.from([0x61, 0xff]))).toEqual({ base64: "Yf8=" });
  // What decoders put in the place of an odd byte is text of its own.
  expect(pathValueOf(Buffer.from("\uFFFD"))).toBe("\uFFFD");
});
