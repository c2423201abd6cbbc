/** Tokens: ours are read back exactly, all others are foreign. */

import { expect, test } from "bun:test";

import type { Epoch, Generation } from "../../src/base/brands.ts";
import {
  formatToken,
  freshToken,
  isFirstQuestion,
  GENERATION_NONE,
  parseToken,
  randomEpoch,
  withListingsTrusted,
} from "../../src/protocol/token.ts";

const EPOCH = "0123456789abcdef" as Epoch;
const GENERATION_MAX = 999_999_999_999_999;
const TOKEN = `gity:${EPOCH}:1207`;

test.each([0, 1, 9, 10, 1207, GENERATION_MAX])(
  "parseToken() reads back what formatToken() wrote for generation %d",
  (number) => {
    for (const areListingsInDoubt of [false, true]) {
      const token = { epoch: EPOCH, generation: number as Generation, areListingsInDoubt };

      expect(parseToken(formatToken(token))).toEqual(token);
    }
  },
);

test("formatToken() is what git stores, byte for byte", () => {
  const token = { epoch: EPOCH, generation: 1207 as Generation };

  expect(formatToken({ ...token, areListingsInDoubt: false })).toBe(TOKEN);
  expect(formatToken({ ...token, areListingsInDoubt: true })).toBe(`${TOKEN}:l`);
});

test("withListingsTrusted() takes the doubt from our own tokens only", () => {
  expect(withListingsTrusted(`${TOKEN}:l`)).toBe(TOKEN);
  expect(withListingsTrusted(TOKEN)).toBe(TOKEN);
  expect(withListingsTrusted("builtin:fake:l")).toBe("builtin:fake:l");
});

// P1: every kind of token that git may hand to a provider, and near misses of our own.
test.each([
  ["nothing", ""],
  ["a version 1 timestamp", "1700000000000000000"],
  ["git without a daemon", "builtin:fake"],
  ["git's daemon", "builtin:0.30396.20261121T000622.557620Z:0"],
  ["watchman", "c:1700000000:123:1:42"],
  ["no generation", "gity:0123456789abcdef:"],
  ["no epoch", "gity::1"],
  ["neither", "gity::"],
  ["an epoch that is too short", "gity:0123456789abcde:1"],
  ["an epoch that is too long", "gity:0123456789abcdef0:1"],
  ["capitals", "gity:0123456789ABCDEF:1"],
  ["capitals in the prefix", "GITY:0123456789abcdef:1"],
  ["a leading zero", "gity:0123456789abcdef:01"],
  ["a sign", "gity:0123456789abcdef:+1"],
  ["a negative generation", "gity:0123456789abcdef:-1"],
  ["a fraction", "gity:0123456789abcdef:1.5"],
  ["an exponent", "gity:0123456789abcdef:1e3"],
  ["hexadecimal", "gity:0123456789abcdef:0x1"],
  ["a generation that is not exact", "gity:0123456789abcdef:1000000000000000"],
  ["another letter behind", `${TOKEN}:x`],
  ["the doubt twice", `${TOKEN}:l:l`],
  ["a newline at the end", `${TOKEN}\n`],
  ["a NUL at the end", `${TOKEN}\0`],
  ["a blank in front", ` ${TOKEN}`],
  ["another token behind", `${TOKEN}${TOKEN}`],
  ["digits of another script", "gity:0123456789abcdef:१"],
])("parseToken() rejects %s", (_, text) => {
  expect(parseToken(text)).toBeUndefined();
});

test("parseToken() rejects a token cut anywhere before its generation", () => {
  const firstDigit = TOKEN.lastIndexOf(":") + 1;
  const accepted = Array.from({ length: firstDigit + 1 }, (_, end) => TOKEN.slice(0, end)).filter(
    (text) => parseToken(text) !== undefined,
  );

  expect(accepted).toEqual([]);
});

test("parseToken() of a token with any one byte replaced is undefined or a token spelt so", () => {
  const wrong: string[] = [];
  for (let at = 0; at < TOKEN.length; at += 1) {
    for (let byte = 0; byte < 256; byte += 1) {
      const text = TOKEN.slice(0, at) + String.fromCharCode(byte) + TOKEN.slice(at + 1);
      const token = parseToken(text);
      if (token !== undefined && formatToken(token) !== text) {
        wrong.push(text);
      }
    }
  }

  expect(wrong).toEqual([]);
});

test("parseToken() needs no more than a moment for a long foreign text", () => {
  expect(parseToken(`gity:${"0".repeat(1_000_000)}`)).toBeUndefined();
  expect(parseToken(`gity:${EPOCH}:${"1".repeat(1_000_000)}`)).toBeUndefined();
});

test("randomEpoch() never repeats", () => {
  const epochs = Array.from({ length: 1000 }, randomEpoch);

  expect(new Set(epochs).size).toBe(epochs.length);
  expect(epochs.filter((epoch) => !/^[0-9a-f]{16}$/.test(epoch))).toEqual([]);
});

test("freshToken() is a token of generation 0 and of an epoch of its own", () => {
  const [one, other] = [parseToken(freshToken()), parseToken(freshToken())];

  expect(one?.generation).toBe(GENERATION_NONE);
  expect(other?.generation).toBe(GENERATION_NONE);
  expect(one?.epoch).not.toBe(other?.epoch);
});

test.each([
  ["", true],
  ["builtin:fake", true],
  ["1791000000000000000", true],
  ["builtin:0.1:7", false],
  [TOKEN, false],
  ["1791000000x", false],
])("isFirstQuestion(%j) is %p", (text, isFirst) => {
  expect(isFirstQuestion(text)).toBe(isFirst);
});
