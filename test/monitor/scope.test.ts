/** The doubt about what is not watched. */

import { expect, test } from "bun:test";
import { rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { BytePath } from "../../src/base/brands.ts";
import { fileIdentity } from "../../src/base/file-identity.ts";
import { SCOPE_RENEWAL_MS } from "../../src/base/limits.ts";
import type { ScopeMessage } from "../../src/monitor/messages.ts";
import { ScopeWatch } from "../../src/monitor/scope.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";
import { tempWorktree, type TempWorktree } from "../support/temp-worktree.ts";

const EXCLUDED = new Set(["x" as BytePath]);

function scopeOf(dir: TempDir): ScopeMessage {
  const dependency = (name: string): { path: string; identity: string } => {
    const stat = statSync(dir.join(name), { bigint: true, throwIfNoEntry: false });
    return { path: dir.join(name), identity: fileIdentity(stat) };
  };
  return {
    excluded: ["x"],
    index: dependency("index"),
    rules: [dependency("exclude")],
    isCaseIgnored: false,
  };
}

test("doubt() follows the index and the rules, and only while something is excluded", () => {
  using dir = tempDir("scope");
  writeFileSync(dir.join("index"), "1");
  const scope = new ScopeWatch(scopeOf(dir));
  expect(scope.doubt(EXCLUDED)).toBe("none");
  writeFileSync(dir.join("index"), "22");
  expect([scope.doubt(EXCLUDED), scope.doubt(new Set())]).toEqual(["index", "none"]);
  writeFileSync(dir.join("exclude"), "new");
  expect(scope.doubt(EXCLUDED)).toBe("rules");
  scope.accept(scopeOf(dir));
  expect(scope.doubt(EXCLUDED)).toBe("none");
  rmSync(dir.join("exclude"));
  expect(scope.doubt(EXCLUDED)).toBe("rules");
});

function scopeOfWorktree({ gitDir }: TempWorktree): ScopeMessage {
  const path = join(gitDir, "index");
  const identity = fileIdentity(statSync(path, { bigint: true }));
  return { excluded: ["x"], index: { path, identity }, rules: [], isCaseIgnored: false };
}

test("an index that git writes anew puts nothing in doubt while nothing below is tracked", () => {
  using tree = tempWorktree("scope", { files: { ".gitignore": "x/\n", f: "", "x/file": "" } });
  const scope = new ScopeWatch(scopeOfWorktree(tree));
  tree.write("f", "changed");
  tree.git("add", "f");
  expect(scope.doubt(EXCLUDED)).toBe("none");
  expect(scope.shouldAsk("none")).toBe(false);

  tree.git("add", "--force", "x/file");
  expect(scope.doubt(EXCLUDED)).toBe("index");
  // Not read once more.
  expect(scope.doubt(EXCLUDED)).toBe("index");
  expect(scope.shouldAsk("index")).toBe(true);

  tree.git("rm", "--quiet", "--cached", "x/file");
  expect(scope.doubt(EXCLUDED)).toBe("none");
});

test("what need not be watched is asked for again when it is old and the index has changed", () => {
  using tree = tempWorktree("scope", { files: { ".gitignore": "x/\n", f: "", g: "" } });
  let nowMs = 0;
  const scope = new ScopeWatch(scopeOfWorktree(tree), () => nowMs);
  const isAsked = (): boolean => scope.shouldAsk(scope.doubt(EXCLUDED));
  nowMs = 10 * SCOPE_RENEWAL_MS;
  expect(isAsked()).toBe(false);
  tree.git("rm", "--quiet", "--cached", "g");
  expect([isAsked(), isAsked()]).toEqual([true, false]);
  scope.accept(scopeOfWorktree(tree));
  tree.git("rm", "--quiet", "--cached", "f");
  expect(isAsked()).toBe(false);
  nowMs += SCOPE_RENEWAL_MS + 1;
  expect([isAsked(), isAsked()]).toEqual([true, false]);
});

test("where git ignores case, names in the index say nothing", () => {
  using tree = tempWorktree("scope", { files: { ".gitignore": "x/\n", f: "" } });
  const scope = new ScopeWatch({ ...scopeOfWorktree(tree), isCaseIgnored: true });
  expect(scope.doubt(EXCLUDED)).toBe("none");
  tree.git("rm", "--quiet", "--cached", "f");
  expect([scope.doubt(EXCLUDED), scope.shouldAsk("index")]).toEqual(["index", true]);
});

test("an index that is gone, or is none, stays in doubt", () => {
  using tree = tempWorktree("scope", { files: { f: "" } });
  const scope = new ScopeWatch(scopeOfWorktree(tree));
  writeFileSync(join(tree.gitDir, "index"), "DIRC");
  expect(scope.doubt(EXCLUDED)).toBe("index");
  rmSync(join(tree.gitDir, "index"));
  expect(scope.doubt(EXCLUDED)).toBe("index");
});

test("shouldAsk() asks once, until the scope has come", () => {
  using dir = tempDir("scope");
  const scope = new ScopeWatch(scopeOf(dir));
  expect(scope.shouldAsk("none")).toBe(false);
  scope.rulesChanged();
  expect(scope.shouldAsk(scope.doubt(EXCLUDED))).toBe(true);
  expect(scope.shouldAsk(scope.doubt(EXCLUDED))).toBe(false);
  scope.accept(scopeOf(dir));
  expect(scope.doubt(EXCLUDED)).toBe("none");
});

test("rules that change while git is looking stay in doubt", () => {
  using dir = tempDir("scope");
  const scope = new ScopeWatch(scopeOf(dir));
  scope.rulesChanged();
  expect(scope.shouldAsk("rules")).toBe(true);
  scope.rulesChanged();
  scope.accept(scopeOf(dir));
  expect(scope.doubt(EXCLUDED)).toBe("rules");
  expect(scope.shouldAsk("rules")).toBe(true);
  scope.accept(scopeOf(dir));
  expect(scope.doubt(EXCLUDED)).toBe("none");
});

test("without a scope nothing is excluded and nothing is asked", () => {
  const scope = new ScopeWatch(undefined);
  scope.rulesChanged();
  expect([scope.doubt(new Set()), scope.shouldAsk("rules")]).toEqual(["none", false]);
});
