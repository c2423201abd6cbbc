/** What is in a folder. */

import { writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { folderNames, processIds } from "../../../src/cli/doctor/folder-names.ts";
import { tempDir } from "../../support/temp-dir.ts";

test("folderNames() is empty where there is no folder", () => {
  using folder = tempDir("names");
  writeFileSync(folder.join("f"), "");
  expect(folderNames(folder.path)).toEqual(["f"]);
  expect(folderNames(folder.join("f"))).toEqual([]);
  expect(folderNames(folder.join("missing"))).toEqual([]);
});

test("processIds() has this one", () => {
  expect(processIds()).toContain(String(process.pid));
});
