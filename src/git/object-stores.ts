/**
 * Where a repository's objects are: its own folder, and those it borrows from (gitrepository-layout(5)).
 * Paths are bytes, with one character per byte (latin1).
 */

import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";

import { orUndefined } from "../base/or-undefined.ts";

/** git's own limit on how far alternates of alternates are followed is 5 (object-file.c); the rest is for
 *  lists that go in a circle. */
const STORES_MAX = 64;

/** For so many of the longest paths. */
const ALTERNATES_BYTES_MAX = STORES_MAX * 4096;

/** Real paths, its own first. What cannot be read is left out. */
export function objectStoresOf(commonDir: string): readonly string[] {
  const found: string[] = [];
  const waiting = [join(Buffer.from(commonDir, "utf8").toString("latin1"), "objects")];
  for (let store = waiting.shift(); store !== undefined; store = waiting.shift()) {
    const real = realPath(store);
    if (real !== undefined && !found.includes(real) && found.length < STORES_MAX) {
      found.push(real);
      waiting.push(...alternatesOf(real));
    }
  }
  return found;
}

/** Relative to the store. */
function alternatesOf(store: string): readonly string[] {
  const text = orUndefined(() => readText(join(store, "info/alternates"))) ?? "";
  return parseAlternates(text).map((path) => resolve(store, path));
}

/** quote.c, unquote_c_style(). */
const QUOTED = /"((?:[^"\\]|\\(?:[abfnrtv"\\]|[0-3][0-7]{2}))*)"/sy;

const ESCAPES: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** As git reads it (object-file.c, parse_alt_odb_entry()): one on each line, `#` begins a comment, and what
 *  is not quoted rightly is not quoted. */
function parseAlternates(text: string): readonly string[] {
  const paths: string[] = [];
  for (let at = 0; at < text.length;) {
    QUOTED.lastIndex = at;
    const [whole, quoted] = QUOTED.exec(text) ?? [];
    const newline = text.indexOf("\n", at);
    const lineEnd = newline === -1 ? text.length : newline;
    const path = quoted === undefined ? text.slice(at, lineEnd) : unescape(quoted);
    if (path !== "" && text[at] !== "#") {
      paths.push(path);
    }
    at = (whole === undefined ? lineEnd : at + whole.length) + 1;
  }
  return paths;
}

function unescape(text: string): string {
  return text.replaceAll(/\\([0-3][0-7]{2}|.)/gs, (_, code: string) =>
    code.length === 1 ? (ESCAPES[code] ?? code) : String.fromCharCode(Number.parseInt(code, 8)),
  );
}

/** Of a regular file of a size that a list of paths has; anything else might never end. */
function readText(path: string): string {
  const fd = openSync(bytes(path), constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    return stat.isFile() && stat.size <= ALTERNATES_BYTES_MAX ? readFileSync(fd, "latin1") : "";
  } finally {
    closeSync(fd);
  }
}

function realPath(path: string): string | undefined {
  return orUndefined(() => realpathSync(bytes(path), { encoding: "buffer" }).toString("latin1"));
}

function bytes(path: string): Buffer {
  return Buffer.from(path, "latin1");
}
