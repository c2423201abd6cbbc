/** Sizes as people read them. */

import { expect, test } from "bun:test";

import { formatBytes } from "../../src/base/format-bytes.ts";

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1536, "1.5 KiB"],
  [50 * 1024 * 1024, "50.0 MiB"],
])("formatBytes(%d) is %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
