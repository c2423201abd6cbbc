/** The doubt about what is not watched. */

import { expect, test } from "bun:test";
import { rmSync, statSync, writeFileSync } from "node:fs";

import { fileIdentity } from "../../src/base/file-identity.ts";
import type { ScopeMessage } from "../../src/monitor/messages.ts";
import { ScopeWatch } from "../../src/monitor/scope.ts";
import { type TempDir, tempDir } from "../support/temp-dir.ts";

function scopeOf(dir: TempDir): ScopeMessage {
  const dependency = (name: string): { path: string; identity: string } => {
    const stat = statSync(dir.join(name), { bigint: true, throwIfNoEntry: false });
    return { path: dir.join(name), identity: fileIdentity(stat) };
  };
  return { excluded: ["x"], index: dependency("index"), rules: [dependency("exclude")] };
}

test("doubt() follows the index and the rules, and only while something is excluded", () => {
  using dir = tempDir("scope");
  writeFileSync(dir.join("index"), "1");
  const scope = new ScopeWatch(scopeOf(dir));
  expect(scope.doubt(1)).toBe("none");
  writeFileSync(dir.join("index"), "22");
  expect([scope.doubt(1), scope.doubt(0)]).toEqual(["index", "none"]);
  writeFileSync(dir.join("exclude"), "new");
  expect(scope.doubt(1)).toBe("rules");
  scope.accept(scopeOf(dir));
  expect(scope.doubt(1)).toBe("none");
  rmSync(dir.join("exclude"));
  expect(scope.doubt(1)).toBe("rules");
});

test("shouldAsk() asks once, until the scope has come", () => {
  using dir = tempDir("scope");
  const scope = new ScopeWatch(scopeOf(dir));
  expect(scope.shouldAsk("none")).toBe(false);
  scope.rulesChanged();
  expect(scope.shouldAsk(scope.doubt(1))).toBe(true);
  expect(scope.shouldAsk(scope.doubt(1))).toBe(false);
  scope.accept(scopeOf(dir));
  expect(scope.doubt(1)).toBe("none");
});

test("rules that change while git is looking stay in doubt", () => {
  using dir = tempDir("scope");
  const scope = new ScopeWatch(scopeOf(dir));
  scope.rulesChanged();
  expect(scope.shouldAsk("rules")).toBe(true);
  scope.rulesChanged();
  scope.accept(scopeOf(dir));
  expect(scope.doubt(1)).toBe("rules");
  expect(scope.shouldAsk("rules")).toBe(true);
  scope.accept(scopeOf(dir));
  expect(scope.doubt(1)).toBe("none");
});

test("without a scope nothing is excluded and nothing is asked", () => {
  const scope = new ScopeWatch(undefined);
  scope.rulesChanged();
  expect([scope.doubt(0), scope.shouldAsk("rules")]).toEqual(["none", false]);
});
