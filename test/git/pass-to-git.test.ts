/** Words for git that arrive as they were; `gity status` itself is in test/cli/commands/status.test.ts. */

import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter } from "node:path";

import { expect, test } from "bun:test";

import { readFromGit } from "../../src/git/pass-to-git.ts";
import { builtGity } from "../support/built.ts";
import { tempDir } from "../support/temp-dir.ts";

/** A git that prints its words and the variable X, each with a NUL behind it, and ends with 7. */
const PRINTING_GIT = `#!/bin/sh
for word; do printf '%s\\0' "$word"; done
printf '%s\\0' "$X"
exit 7
`;

/** Runs gity, with bytes that no string of ours could hold. */
function passed(script: string): string {
  using dir = tempDir("pass");
  mkdirSync(dir.join("bin"));
  writeFileSync(dir.join("bin/git"), PRINTING_GIT, { mode: 0o755 });
  const { stdout, exitCode } = Bun.spawnSync(["sh", "-c", script, "sh", builtGity()], {
    cwd: dir.path,
    env: { ...process.env, PATH: `${dir.join("bin")}${delimiter}${process.env["PATH"] ?? ""}` },
  });
  expect(exitCode).toBe(7);
  return stdout.toString("latin1");
}

test("becomeGit() gives git every word and every variable, byte for byte", () => {
  expect(
    passed(`X=x "$1" status "a'b" '' 'new
line' "\\$HOME"`),
  ).toBe("status\0a'b\0\0new\nline\0$HOME\0x\0");
  const odd = `X=$(printf '\\376\\n\\377') "$1" status plain "$(printf '\\377%%s \\\\\\n.')" "it's"`;
  expect(passed(odd)).toBe("status\0plain\0\xFF%s \\\n.\0it's\0\xFE\n\xFF\0");
});

test("readFromGit() returns what git prints, and how it ended", () => {
  expect(readFromGit(["--exec-path"])).toMatchObject({ exitCode: 0 });
  expect(readFromGit([Buffer.from("--version")]).stdout.toString()).toMatch(/git version/);
});
