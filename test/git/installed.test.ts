/** The gits on a search path. */

import { expect, test } from "bun:test";
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import { findInstalledGits } from "../../src/git/installed.ts";
import { newerGit } from "../support/newer-git.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";

function writeGit(dir: TempDir, folder: string, script: string): string {
  mkdirSync(dir.join(folder), { recursive: true });
  const path = dir.join(folder, "git");
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

test("findInstalledGits() asks every git once, whatever its names, and passes over what does not run", async () => {
  using dir = tempDir("gits");
  const able = writeGit(
    dir,
    "able",
    "echo 'git version 2.99.0.vendor'; echo 'feature: fsmonitor--daemon'",
  );
  const unable = writeGit(dir, "unable", "echo 'git version 2.40.1'; echo 'cpu: x86_64'");
  writeGit(dir, "broken", "exit 1");
  writeGit(dir, "not executable", "");
  chmodSync(dir.join("not executable", "git"), 0o644);
  mkdirSync(dir.join("folder/git"), { recursive: true });
  mkdirSync(dir.join("link"));
  symlinkSync(able, dir.join("link/git"));
  const folders = ["able", "link", "broken", "not executable", "folder", "missing"];
  const first = [...folders.map((folder) => dir.join(folder)), "relative", ""].join(":");

  expect(await findInstalledGits([first, dirname(unable), dirname(able)])).toEqual([
    { path: able, version: "2.99.0.vendor", canAskSocket: true },
    { path: unable, version: "2.40.1", canAskSocket: false },
  ]);
  expect(await findInstalledGits(["", "/nowhere"])).toEqual([]);
});

test.skipIf(newerGit() === undefined)("findInstalledGits() finds that git 2.55 can", async () => {
  const [git] = await findInstalledGits([dirname(newerGit() ?? "")]);
  expect(git?.canAskSocket).toBe(true);
});
