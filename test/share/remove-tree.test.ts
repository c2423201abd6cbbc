/** Trees that go. */

import { expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";

import { ENOTEMPTY, errnoForTest, EXDEV, libc } from "../../src/ffi/libc.ts";
import { openFolder } from "../../src/share/open-below.ts";
import { removeEntry } from "../../src/share/remove-tree.ts";
import { mount, mountTest } from "../support/mounts.ts";
import { tempDir } from "../support/temp-dir.ts";

test("removeEntry() removes what is closed, and links without what they lead to", () => {
  using dir = tempDir("remove");
  using folder = openFolder(dir.path);
  mkdirSync(dir.join("tree/closed"), { recursive: true });
  mkdirSync(dir.join("outside"));
  writeFileSync(dir.join("outside/file"), "");
  writeFileSync(dir.join("tree/closed/file"), "");
  symlinkSync(dir.join("outside"), dir.join("tree/link"));
  chmodSync(dir.join("tree/closed"), 0o500);

  expect(removeEntry(folder.fd, "tree")).toBe(0);
  expect(removeEntry(folder.fd, "tree")).toBe(0);
  expect(readdirSync(dir.path)).toEqual(["outside"]);
  expect(existsSync(dir.join("outside/file"))).toBe(true);
});

test("removeEntry() says what keeps it from it", () => {
  using dir = tempDir("remove");
  using folder = openFolder(dir.path);
  mkdirSync(dir.join("tree"));
  const real = libc.unlinkat;
  using _restored = {
    [Symbol.dispose]: () => {
      libc.unlinkat = real;
      errnoForTest.value = 0;
    },
  };
  libc.unlinkat = () => {
    errnoForTest.value = ENOTEMPTY;
    return -1;
  };

  expect(removeEntry(folder.fd, "tree")).toBe(-ENOTEMPTY);
});

mountTest("removeEntry() leaves what is mounted, be it of the same file system", [], async () => {
  using dir = tempDir("remove");
  using folder = openFolder(dir.path);
  mkdirSync(dir.join("outside"));
  writeFileSync(dir.join("outside/file"), "");
  using _bound = mount("--bind", dir.join("outside"), dir.join("bound/place"));
  using _other = mount("-t", "tmpfs", "none", dir.join("other/place"));
  writeFileSync(dir.join("other/place/file"), "");

  expect(removeEntry(folder.fd, "bound")).toBe(-EXDEV);
  expect(removeEntry(folder.fd, "other")).toBe(-EXDEV);
  expect(existsSync(dir.join("outside/file"))).toBe(true);
  expect(existsSync(dir.join("other/place/file"))).toBe(true);
});
