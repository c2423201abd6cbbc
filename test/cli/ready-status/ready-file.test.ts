import { expect, test } from "bun:test";
import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";

import { readReadyStatus } from "../../../src/cli/ready-status/ready-file.ts";
import { encodeReadyStatus } from "../../../src/protocol/ready-status.ts";
import { readyStatusOf } from "../../support/ready-made.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";

test("readReadyStatus() reads this user's own file, and no link, pipe, folder, or torn one", () => {
  using tree = tempWorktree("ready-file");
  const status = readyStatusOf(tree);
  const file = tree.join("file");
  writeFileSync(file, encodeReadyStatus(status));

  expect(readReadyStatus(file)?.token).toBe(status.token);
  symlinkSync("file", tree.join("link"));
  mkdirSync(tree.join("folder"));
  Bun.spawnSync(["mkfifo", tree.join("pipe")]);
  for (const name of ["link", "folder", "pipe", "missing", "file/below"]) {
    expect([name, readReadyStatus(tree.join(name))]).toEqual([name, undefined]);
  }
  appendFileSync(file, "x");
  expect(readReadyStatus(file)).toBeUndefined();
  writeFileSync(file, "");
  expect(readReadyStatus(file)).toBeUndefined();
});
