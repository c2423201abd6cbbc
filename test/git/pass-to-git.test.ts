/** Words for git that arrive as they were; `gity status` itself is in test/cli/commands/status.test.ts. */

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter } from "node:path";

import { expect, test } from "bun:test";

import { readFromGit, runAsGit } from "../../src/git/pass-to-git.ts";
import { builtGity } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
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

test("runAsGit() returns how git ended; what it is given while it waits goes to git", async () => {
  using dir = tempDir("pass");
  const wait = `alias.wait=!: > '${dir.join("begun")}'; exec cat '${dir.join("never")}'`;
  Bun.spawnSync(["mkfifo", dir.join("never")]);

  expect(await runAsGit(["-c", "alias.end=!exit 3", "end"])).toEqual({
    exitCode: 3,
    isKilled: false,
  });
  const running = runAsGit(["-c", wait, "wait"]);
  await eventually(() => existsSync(dir.join("begun")));
  // Ctrl-C at a terminal reaches git by itself.
  process.emit("SIGINT");
  process.emit("SIGTERM");
  expect(await running).toEqual({ exitCode: 143, isKilled: true });
  expect([process.listenerCount("SIGINT"), process.listenerCount("SIGTERM")]).toEqual([0, 0]);
});
