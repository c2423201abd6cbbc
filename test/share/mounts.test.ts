/** What is mounted where. */

import { expect, test } from "bun:test";

import { mountedIn } from "../../src/share/mounts.ts";

test.each([
  ["/w/cache", "/w/cache"],
  ["/w/cache/a b", String.raw`/w/cache/a\040b`],
  ["/w/cache/ü", "/w/cache/\u00c3\u00bc"],
])("mountedIn() finds %s", (place, written) => {
  const line = `36 35 8:1 / ${written} rw - ext4 /dev/sda1 rw`;
  expect(mountedIn("/w/cache", `1 1 8:1 / / rw - ext4 none rw\n${line}\n`)).toBe(place);
});

test("mountedIn() knows what is beside, and above", () => {
  const table = ["/", "/w", "/w/cache2", "/cache"].map(
    (point) => `36 35 8:1 / ${point} rw - x y z`,
  );
  expect(mountedIn("/w/cache", table.join("\n"))).toBeUndefined();
});
