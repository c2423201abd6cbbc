/** What daemon and placer say to each other. */

import { expect, test } from "bun:test";
import { statSync, writeFileSync } from "node:fs";

import {
  formatPlacingResult,
  indexCopyPrefix,
  indexIdentity,
  isPlacerWay,
  parsePlacingResult,
  parsePlacingWords,
  placingWords,
} from "../../src/protocol/index-placing.ts";
import { tempDir } from "../support/temp-dir.ts";

const REQUEST = {
  gitDir: "/a b/.git/worktrees/x",
  commonDir: "/a b/.git",
  root: "/x",
  copy: "/a b/.git/worktrees/x/gity/index-1",
  identity: "1:2:3",
};

test("parsePlacingWords() reads what placingWords() has written, and nothing else", () => {
  const words = placingWords(REQUEST);
  expect(parsePlacingWords(words)).toEqual(REQUEST);
  expect(parsePlacingWords(words.slice(1))).toBeUndefined();
  expect(parsePlacingWords([...words, "more"])).toBeUndefined();
});

test("parsePlacingResult() reads what formatPlacingResult() has written, and no part of it", () => {
  const result = { outcome: "busy", detail: "process 7 may write the index" } as const;
  const text = formatPlacingResult(result);
  expect(parsePlacingResult(text)).toEqual(result);
  for (let end = 0; end < text.length; end += 1) {
    expect(parsePlacingResult(text.slice(0, end))).toBeUndefined();
  }
  expect(parsePlacingResult("other detail\n")).toBeUndefined();
});

test("isPlacerWay() knows both", () => {
  expect(["place", "recover", "", "2"].map(isPlacerWay)).toEqual([true, true, false, false]);
});

test("indexCopyPrefix() is beside the log", () => {
  expect(indexCopyPrefix("/r/.git")).toBe("/r/.git/gity/index-");
});

test("indexIdentity() is another after a write, even of the same bytes", () => {
  using dir = tempDir("identity");
  const identity = (): string => indexIdentity(statSync(dir.join("f"), { bigint: true }));
  writeFileSync(dir.join("f"), "same");
  const before = identity();
  expect(identity()).toBe(before);
  // The clock that files are stamped with ticks every few milliseconds.
  while (identity() === before) {
    writeFileSync(dir.join("f"), "same");
  }
  expect(identity().split(":").slice(0, 4)).toEqual(before.split(":").slice(0, 4));
});
