/** Which file is the helper. */

import { chmodSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { helperFile, isHelperPath, whyNotRunnable } from "../../src/base/helper-file.ts";
import { tempDir } from "../support/temp-dir.ts";

test("helperFile() is the configured one, or the one beside the executable", () => {
  const place = { configured: undefined, isCompiled: true, executable: "/opt/gity/gity" };
  expect(helperFile(place)).toBe("/opt/gity/gity-helper");
  expect(helperFile({ ...place, configured: "" })).toBe("/opt/gity/gity-helper");
  expect(helperFile({ ...place, configured: "/x/other" })).toBe("/x/other");
  expect(helperFile({ ...place, isCompiled: false })).toEndWith("/dist/gity-helper");
});

test("isHelperPath() is true of an absolute path to a helper only", () => {
  expect(isHelperPath("/gone/gity-helper")).toBe(true);
  for (const other of ["true", "gity-helper", "/x/gity-helper2", "/x/my-gity-helper", ""]) {
    expect(isHelperPath(other)).toBe(false);
  }
});

test("whyNotRunnable() tells what is missing from what may not be run", () => {
  using folder = tempDir("runnable");
  const path = folder.join("gity-helper");
  expect(whyNotRunnable(path)).toBe("it is missing");
  writeFileSync(path, "");
  chmodSync(path, 0o600);
  expect(whyNotRunnable(path)).toBe("it is not executable");
  chmodSync(path, 0o700);
  expect(whyNotRunnable(path)).toBeUndefined();
});
