/**
 * Paths as git prints them to people: quoted like a C string when a byte in them is odd
 * (quote.c, quote_c_style(); git-config(1), core.quotePath).
 */

import type { PathValue } from "../protocol/api.ts";

const ESCAPES: Readonly<Record<number, string>> = {
  0x07: "\\a",
  0x08: "\\b",
  0x09: "\\t",
  0x0a: "\\n",
  0x0b: "\\v",
  0x0c: "\\f",
  0x0d: "\\r",
  0x22: '\\"',
  0x5c: "\\\\",
};

/** What isOdd() finds in UTF-8, except bytes from 0x80. */
// oxlint-disable-next-line no-control-regex -- Control characters are what this is about.
const ODD = /[\u0000-\u001F\u007F"\\]/;

/** As `git ls-files` does by default: bytes from 0x80 are odd too. */
export function quotePath(path: PathValue): string {
  return quoteBytes(bytesOf(path), true);
}

/** For a person who knows the folder by its name: UTF-8 stays readable. */
export function quoteReadable(path: string): string {
  // Next to no folder has an odd name, and looking at its bytes takes a tenth of what a runtime takes to start.
  return ODD.test(path) ? quoteBytes(Buffer.from(path, "utf8"), false) : path;
}

function bytesOf(path: PathValue): Uint8Array {
  return typeof path === "string" ? Buffer.from(path, "utf8") : Buffer.from(path.base64, "base64");
}

function quoteBytes(bytes: Uint8Array, isHighByteOdd: boolean): string {
  if (!bytes.some((byte) => isOdd(byte, isHighByteOdd))) {
    return Buffer.from(bytes).toString("utf8");
  }
  const quoted = Array.from(bytes, (byte) =>
    isOdd(byte, isHighByteOdd) ? escapeByte(byte) : String.fromCharCode(byte),
  );
  return `"${Buffer.from(quoted.join(""), "latin1").toString("utf8")}"`;
}

function isOdd(byte: number, isHighByteOdd: boolean): boolean {
  return (
    byte < 0x20 || byte === 0x7f || ESCAPES[byte] !== undefined || (isHighByteOdd && byte >= 0x80)
  );
}

function escapeByte(byte: number): string {
  return ESCAPES[byte] ?? `\\${byte.toString(8).padStart(3, "0")}`;
}
