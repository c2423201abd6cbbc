/** What is mounted where. */

import { expect, test } from "bun:test";

import { libc } from "../../src/ffi/libc.ts";
import { mountedIn, mountOf } from "../../src/share/mounts.ts";
import { openFolder } from "../../src/share/open-below.ts";
import { mount, mountTest } from "../support/mounts.ts";
import { tempDir } from "../support/temp-dir.ts";

const STATX_MNT_ID = 0x1000;

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

mountTest(
  "mountOf() tells a bind mount from what it is of, on an old kernel as well",
  [],
  async () => {
    using dir = tempDir("mounts");
    using _bound = mount("--bind", dir.join("."), dir.join("bound"));
    using outside = openFolder(dir.path);
    using bound = openFolder(dir.join("bound"));
    const now = [mountOf(outside.fd), mountOf(bound.fd)];
    const { statx } = libc;
    using _restored = { [Symbol.dispose]: () => void (libc.statx = statx) };
    libc.statx = (...args) => {
      const result = statx(...args);
      const words = args[4];
      if (words instanceof Uint32Array) {
        words[0] = (words[0] ?? 0) & ~STATX_MNT_ID;
      }
      return result;
    };

    expect([mountOf(outside.fd), mountOf(bound.fd)]).toEqual(now);
    expect(now[0]).not.toBe(now[1]);
  },
);
