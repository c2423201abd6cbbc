/** Having git look at a worktree. */

import { existsSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { warmStatus } from "../../src/git/warm-status.ts";
import { eventually } from "../support/eventually.ts";
import { rejection } from "../support/rejection.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

const ENDLESS = new AbortController().signal;

const TOKEN = "gity:0123456789abcdef:1";

test.each([
  // As after an answer of '/', as by another monitor than gity, and as it is most of the time.
  [`${TOKEN}:l`, TOKEN, 3],
  ["other", "other", 4],
  [TOKEN, TOKEN, 2],
])(
  "warmStatus() asks until the token is a good one, %s then %s, and runs no hook",
  async (first, then, runs) => {
    using tree = tempWorktree("warm", { files: { f: "1" } });
    using signs = tempDir("warm");
    const asked = signs.join("asked");
    const monitor = `#!/bin/sh
echo "$2" >> '${asked}'
case $(grep -c . '${asked}') in
  1) printf '${first}\\0/\\0' ;;
  2) printf '${first}\\0f\\0' ;;
  *) printf '${then}\\0f\\0' ;;
esac
`;
    writeFileSync(signs.join("monitor"), monitor, { mode: 0o755 });
    const hook = `#!/bin/sh\n: > '${signs.join("hook")}'\n`;
    writeFileSync(signs.join("post-index-change"), hook, { mode: 0o755 });
    tree.git("config", "core.hooksPath", signs.path);
    tree.git("config", "core.fsmonitor", signs.join("monitor"));
    tree.git("config", "core.fsmonitorHookVersion", "2");

    await warmStatus(tree.path, tree.gitDir, ENDLESS);

    expect((await Bun.file(asked).text()).split("\n").length - 1).toBe(runs);
    expect(await Bun.file(`${tree.gitDir}/index`).text()).toContain("FSMN");
    expect(existsSync(signs.join("hook"))).toBe(false);
  },
);

test("warmStatus(), interrupted, leaves no lock", async () => {
  using tree = tempWorktree("warm", { files: { f: "1" } });
  using signs = tempDir("warm");
  const monitor = `#!/bin/sh\n: > '${signs.join("begun")}'\nexec cat '${signs.join("never")}'\n`;
  writeFileSync(signs.join("monitor"), monitor, { mode: 0o755 });
  Bun.spawnSync(["mkfifo", signs.join("never")]);
  tree.git("config", "core.fsmonitor", signs.join("monitor"));
  tree.git("config", "core.fsmonitorHookVersion", "2");
  const ending = new AbortController();

  const warming = rejection(warmStatus(tree.path, tree.gitDir, ending.signal));
  await eventually(() => existsSync(signs.join("begun")));
  ending.abort();

  expect(await warming).toMatchObject({ code: "INTERRUPTED" });
  expect(existsSync(`${tree.gitDir}/index.lock`)).toBe(false);
});

test("warmStatus() fails with git", async () => {
  using dir = tempDir("warm");

  expect(await rejection(warmStatus(dir.path, dir.path, ENDLESS))).toMatchObject({
    code: "GIT_FAILED",
  });
});
