/** Whether a helper answers. */

import { writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { tryHelper } from "../../src/client/try-helper.ts";
import { builtHelper } from "../support/built.ts";
import { tempDir } from "../support/temp-dir.ts";

test("tryHelper() has nothing to say of the one that was built", async () => {
  expect(await tryHelper(builtHelper())).toBeUndefined();
});

test.each([
  ["exit 3", "it ends with exit code 3"],
  ["echo broken >&2; exit 1", "it ends with exit code 1: broken"],
  ["exit 0", "it answers ''"],
  ["printf 'gity:0123456789abcdef:1\\0a\\0'", "it answers 'gity:0123456789abcdef:1 a'"],
  ["kill -9 $$", "it was ended by SIGKILL, or took more than 5000 ms"],
])("tryHelper() of '%s' says that %s", async (script, complaint) => {
  using folder = tempDir("helper");
  const path = folder.join("gity-helper");
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });

  expect(await tryHelper(path)).toBe(complaint);
});

test("tryHelper() of what does not start says so", async () => {
  using folder = tempDir("helper");
  writeFileSync(folder.join("text"), "no program", { mode: 0o644 });

  expect(await tryHelper(folder.join("missing"))).toBe("it does not start: ENOENT");
  expect(await tryHelper(folder.join("text"))).toBe("it does not start: EACCES");
});
