/** Asking git what need not be watched, now and later. */

import { expect, test } from "bun:test";
import { mkdirSync } from "node:fs";

import { ScopeKeeper } from "../../src/daemon/scope-keeper.ts";
import type { ScopeMessage } from "../../src/monitor/messages.ts";
import { eventually } from "../support/eventually.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

test("find() without an answer from git excludes nothing, and says so in the log", async () => {
  using dir = tempDir("no-repository");
  const lines: string[] = [];
  const keeper = new ScopeKeeper({ write: (_, text) => lines.push(text) });
  const scope = await keeper.find({ root: dir.path, gitDir: dir.path, commonDir: dir.path });
  expect(scope.excluded).toEqual([]);
  expect(lines).toEqual(["cannot ask git what it ignores; watching everything"]);
});

test("findAgain() tells what git says now, each time it is asked", async () => {
  using tree = tempWorktree("scope", { files: { ".gitignore": "out*\n" } });
  const keeper = new ScopeKeeper({ write: () => {} });
  const place = { root: tree.path, gitDir: tree.gitDir, commonDir: tree.gitDir };
  const found: ScopeMessage[] = [];
  mkdirSync(tree.join("out1/x"), { recursive: true });
  keeper.findAgain(place, true, (scope) => found.push(scope));
  await eventually(() => found.length === 1);
  mkdirSync(tree.join("out2/x"), { recursive: true });
  keeper.findAgain(place, true, (scope) => found.push(scope));
  await eventually(() => found.length === 2);
  expect(found.map(({ excluded }) => excluded)).toEqual([["out1"], ["out1", "out2"]]);
});
