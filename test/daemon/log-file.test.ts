/** The daemon's log. */

import { readFileSync, statSync, symlinkSync } from "node:fs";

import { expect, test } from "bun:test";

import { formatLogText, LogFile } from "../../src/daemon/log-file.ts";
import { tempDir } from "../support/temp-dir.ts";

test("LogFile appends lines with time and level, for this user only", () => {
  using folder = tempDir("log");
  const path = folder.join("daemon.log");
  for (const word of ["one", "two"]) {
    using log = LogFile.open(path);
    log.write("info", word, { pid: 1 });
  }

  expect(readFileSync(path, "utf8")).toMatch(
    /^\d{4}-\d\d-\d\dT[\d:.]+Z info one pid=1\n\d{4}-\d\d-\d\dT[\d:.]+Z info two pid=1\n$/,
  );
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("LogFile X4 does not write through a planted link", () => {
  using folder = tempDir("log");
  symlinkSync(folder.join("victim"), folder.join("daemon.log"));

  expect(() => LogFile.open(folder.join("daemon.log"))).toThrow("ELOOP");
});

test.each([
  ["a", {}, "a"],
  ["a\nb", {}, "a\\nb"],
  ["a", { path: "/x/y", n: 1, ok: true, none: null }, "a path=/x/y n=1 ok=true none=null"],
  ["a", { path: 'x y\n"' }, String.raw`a path="x y\n\""`],
  ["a", { path: "" }, 'a path=""'],
])("formatLogText(%j, %j) is one line", (message, fields, line) => {
  expect(formatLogText(message, fields)).toBe(line);
});
