/** pkt-line framing, held against bytes seen between git and its own daemon. */

import { expect, test } from "bun:test";

import {
  decodeMessage,
  encodeMessage,
  PACKET_BYTES_MAX,
  PACKET_DATA_BYTES_MAX,
} from "../../src/protocol/pkt-line.ts";

const INCOMPLETE = { kind: "incomplete" } as const;
const MALFORMED = { kind: "malformed" } as const;
const FLUSH_BYTES = 4;

function bytes(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** Data as text, because byte arrays of different classes are not equal to toEqual(). */
function decode(input: Buffer): unknown {
  const decoded = decodeMessage(input);
  return decoded.kind === "message"
    ? { kind: "message", data: decoded.data.toString("latin1") }
    : decoded;
}

test.each([
  ["a query", ["gity:tokA:1"], "000fgity:tokA:10000"],
  ["a first query", ["builtin:fake"], "0010builtin:fake0000"],
  ["quit", ["quit"], "0008quit0000"],
  ["flush", ["flush"], "0009flush0000"],
  ["an unknown answer", ["tok:A:1\0", "/\0"], "000ctok:A:1\x000006/\x000000"],
  ["nothing", [], "0000"],
  ["an empty part, which no packet may hold", [""], "0000"],
])("encodeMessage() writes %s as git does", (_, parts, expected) => {
  expect(Buffer.from(encodeMessage(...parts.map(bytes))).toString("latin1")).toBe(expected);
});

test.each([
  ["one packet", "000fgity:tokA:10000", "gity:tokA:1"],
  ["two packets", "000ctok:A:1\x000006/\x000000", "tok:A:1\0/\0"],
  ["a packet without data", "00040008quit0000", "quit"],
  ["capital digits", "000Fgity:tokA:10000", "gity:tokA:1"],
  ["only a flush", "0000", ""],
  ["what follows the flush, by ignoring it", "0008quit0000zzzz", "quit"],
])("decodeMessage() reads %s", (_, input, data) => {
  expect(decode(bytes(input))).toEqual({ kind: "message", data });
});

test.each([
  ["letters that are no digits", "zzzz"],
  ["a delimiter packet, which simple-IPC has not", "0001"],
  ["a response-end packet", "0002"],
  ["the length 3", "0003"],
  ["a length beyond git's maximum", "fff1"],
  ["the largest length there is", "ffff"],
  ["a blank for a digit", " 00f"],
  ["a sign", "-00f"],
  ["a newline", "000\n"],
  ["HTTP", "GET / HTTP/1.1\r\n\r\n"],
  ["bad digits after a good packet", "0008quit000g"],
])("decodeMessage() calls %s malformed", (_, input) => {
  expect(decode(bytes(input))).toEqual(MALFORMED);
});

test.each([
  0,
  1,
  PACKET_DATA_BYTES_MAX - 1,
  PACKET_DATA_BYTES_MAX,
  PACKET_DATA_BYTES_MAX + 1,
  3 * PACKET_DATA_BYTES_MAX + 7,
])("decodeMessage() reads back %d bytes from encodeMessage()", (size) => {
  const data = Buffer.alloc(size);
  for (let i = 0; i < size; i += 1) {
    data[i] = i % 251;
  }
  const decoded = decodeMessage(encodeMessage(data));

  expect(decoded.kind === "message" && data.equals(decoded.data)).toBe(true);
});

test("encodeMessage() fills packets to git's maximum and no further", () => {
  const encoded = encodeMessage(Buffer.alloc(PACKET_DATA_BYTES_MAX + 1));

  expect(Buffer.from(encoded.subarray(0, 4)).toString()).toBe("fff0");
  expect(Buffer.from(encoded.subarray(PACKET_BYTES_MAX, PACKET_BYTES_MAX + 4)).toString()).toBe(
    "0005",
  );
  expect(encoded.length).toBe(PACKET_BYTES_MAX + 5 + FLUSH_BYTES);
});

test("decodeMessage() of a message cut at any byte is incomplete", () => {
  const whole = encodeMessage(bytes("gity:0123456789abcdef:12\0"), bytes("a/b\0c\0"));
  const wrong = Array.from({ length: whole.length }, (_, end) => end).filter(
    (end) => decodeMessage(whole.subarray(0, end)).kind !== "incomplete",
  );

  expect(decodeMessage(whole).kind).toBe("message");
  expect(wrong).toEqual([]);
});

test("decodeMessage() of a message with any byte replaced is a value, never an exception", () => {
  const whole = encodeMessage(bytes("token\0"), bytes("a/b\0"));
  const kinds = new Set<string>();
  for (let at = 0; at < whole.length; at += 1) {
    for (let byte = 0; byte < 256; byte += 1) {
      const flipped = Buffer.from(whole);
      flipped[at] = byte;
      kinds.add(decodeMessage(flipped).kind);
    }
  }

  expect([...kinds].toSorted()).toEqual(["incomplete", "malformed", "message"]);
});

test("decodeMessage() treats a message that arrives byte by byte as one that arrives at once", () => {
  const whole = encodeMessage(bytes("gity:0123456789abcdef:12"));
  const kinds = Array.from({ length: whole.length + 1 }, (_, end) =>
    decode(whole.subarray(0, end)),
  );

  expect(kinds.at(-1)).toEqual({ kind: "message", data: "gity:0123456789abcdef:12" });
  expect(kinds.slice(0, -1).every((kind) => Bun.deepEquals(kind, INCOMPLETE))).toBe(true);
});
