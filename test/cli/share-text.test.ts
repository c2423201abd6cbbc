/** What commands of `gity share` say alike. */

import { expect, test } from "bun:test";

import { countFiles } from "../../src/cli/share-text.ts";

test("countFiles() knows one from many", () => {
  expect([0, 1, 2, 12_345].map(countFiles)).toEqual([
    "0 files",
    "1 file",
    "2 files",
    "12,345 files",
  ]);
});
