/** Paths on their way to people and tools. */

import { expect, test } from "bun:test";

import { toPathValues } from "../../src/daemon/changed-path-values.ts";

const latin1 = (text: string): string => Buffer.from(text, "utf8").toString("latin1");

test("toPathValues() is text for UTF-8 and base64 for the rest", () => {
  expect(toPathValues(["a", latin1("é\n😀"), "\xff\xfe", latin1("\uFFFD")])).toEqual([
    "a",
    "é\n😀",
    { base64: "//4=" },
    "\uFFFD",
  ]);
});

test("toPathValues() shows a listing as its directory, once", () => {
  expect(toPathValues(["a/", "a/.gity", ".gity", "b/.gity"])).toEqual(["a/", "./", "b/"]);
});
