/** Writing until everything is written. */

import { closeSync, openSync, readFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { writeAll } from "../../src/base/write-all.ts";
import { tempDir } from "../support/temp-dir.ts";

test("writeAll() writes every byte, and none of nothing", () => {
  using dir = tempDir("write-all");
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 256);
  const fd = openSync(dir.join("file"), "w");
  writeAll(fd, new Uint8Array());
  writeAll(fd, bytes);
  closeSync(fd);

  expect(readFileSync(dir.join("file")).equals(bytes)).toBe(true);
});

test.skipIf(process.platform !== "linux")("writeAll() throws what the system says", () => {
  const fd = openSync("/dev/full", "w");

  expect(() => {
    writeAll(fd, Buffer.from("x"));
  }).toThrow(expect.objectContaining({ code: "ENOSPC" }));
  closeSync(fd);
});
