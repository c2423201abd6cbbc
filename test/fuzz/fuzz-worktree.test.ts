/** What the random operations excuse: a mistake of git's own, and told as one. */

import { expect, test } from "bun:test";
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";

import { builtHelper } from "../support/built.ts";
import { gityHome } from "../support/gity-home.ts";
import { gitText } from "../support/run-git.ts";
import { fuzzWorktree } from "./fuzz-worktree.ts";

const LONG_AGO_S = 1_700_000_000;

// Goal: what git makes of an answer `/` is excused also where its first answer was none of these.
// Method: git is asked where nobody counts, as the index warmer does on a slow machine before anybody else
// asks; then what is two levels down in an untracked folder is ignored, and the next answer is `/`.
test("what git makes of '/' is git's own mistake, also in an index that gity has renewed", async () => {
  await using home = await gityHome();
  await using tree = await fuzzWorktree(home);
  mkdirSync(`${tree.root}/new/deep`, { recursive: true });
  writeFileSync(`${tree.root}/new/deep/f`, "1");
  for (const folder of ["new/deep", "new", "."]) {
    utimesSync(`${tree.root}/${folder}`, LONG_AGO_S, LONG_AGO_S);
  }
  gitText(tree.root, "status");
  gitText(tree.root, "status");
  expect(tree.apply({ kind: "check" })).toBeUndefined();
  const hook = `${tree.outside}/hook`;
  const script = `#!/bin/sh
    if test -e "$0.ran"; then exec ${builtHelper()} "$@"; fi
    touch "$0.ran"
    printf '%s\\0/\\0' "$2"
  `;
  writeFileSync(hook, script, { mode: 0o755 });
  gitText(tree.root, "config", "core.fsmonitor", hook);
  writeFileSync(`${tree.root}/new/deep/.gitignore`, "*\n");

  const difference = tree.apply({ kind: "check" });

  expect(difference?.text).toContain("    ? new/");
  expect(difference?.isGitsOwn).toBe(true);
});
