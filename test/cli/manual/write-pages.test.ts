/** The manual pages as the build leaves them. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "bun:test";

import { writeManualPages } from "../../../src/cli/manual/write-pages.ts";
import { PROJECT_ROOT } from "../../support/built.ts";
import { tempDir } from "../../support/temp-dir.ts";

test("writeManualPages() replaces what is there", async () => {
  using folder = tempDir("manual");
  mkdirSync(folder.join("man1"));
  writeFileSync(folder.join("man1/gity-gone.1"), "");

  await writeManualPages(folder.join("man1"), "1.2.3");

  expect(existsSync(folder.join("man1/gity-gone.1"))).toBe(false);
  expect(readFileSync(folder.join("man1/gity-list.1"), "utf8")).toContain('.Os "gity 1.2.3"');
});

test("the build has put them beside the executables", () => {
  expect(existsSync(join(PROJECT_ROOT, "dist/man/man1/gity-daemon-start.1"))).toBe(true);
});
