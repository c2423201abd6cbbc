/** What there is, and which of it is best. */

import { expect, test } from "bun:test";
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";

import type { ShareCopy } from "../../src/protocol/share.ts";
import { findCopy, rankCopies } from "../../src/share/copies.ts";
import { ruleFor } from "../../src/share/keys.ts";
import { tempDir } from "../support/temp-dir.ts";

const COPY: ShareCopy = {
  root: "",
  state: "full",
  key: "k",
  keyFiles: [],
  hasSameKey: true,
  modifiedAtMs: 1000,
  isFinished: null,
  isOlderThanKey: false,
  size: null,
};

test("rankCopies(): the same key, finished, not older than its key, newest", () => {
  const copies: ShareCopy[] = [
    { ...COPY, root: "older", isFinished: true },
    { ...COPY, root: "newest", isFinished: true, modifiedAtMs: 3000 },
    { ...COPY, root: "unfinished", isFinished: false, modifiedAtMs: 9000 },
    { ...COPY, root: "stale", isFinished: true, isOlderThanKey: true, modifiedAtMs: 5000 },
    { ...COPY, root: "other", isFinished: true, hasSameKey: false, modifiedAtMs: 9000 },
    { ...COPY, root: "keyless", hasSameKey: null, key: null },
    { ...COPY, root: "empty", state: "empty" },
  ];

  const strict = { isAnyKey: false, isNamed: false };
  expect(rankCopies(copies, strict).map(({ root }) => root)).toEqual(["newest", "older", "stale"]);
  expect(rankCopies(copies, { ...strict, isNamed: true }).map(({ root }) => root)).toEqual([
    "newest",
    "older",
    "stale",
    "unfinished",
  ]);
  expect(rankCopies(copies, { ...strict, isAnyKey: true }).map(({ root }) => root)).toEqual([
    "newest",
    "older",
    "stale",
    "unfinished",
    "other",
    "keyless",
  ]);
});

test("findCopy() tells what is there, from which files, and whether its tool was done", () => {
  using dir = tempDir("copies");
  const rule = ruleFor("node_modules", []);
  const find = () => findCopy(dir.path, "node_modules", rule, { hereKey: null, isMeasured: true });
  expect(find()).toMatchObject({ state: "absent", key: null, hasSameKey: null, size: null });
  mkdirSync(dir.join("node_modules"));
  expect(find()).toMatchObject({ state: "empty", size: null });
  writeFileSync(dir.join("node_modules/x"), "12");
  writeFileSync(dir.join("package-lock.json"), "{}");
  expect(find()).toMatchObject({
    state: "full",
    keyFiles: ["package-lock.json"],
    hasSameKey: false,
    isFinished: false,
    isOlderThanKey: false,
    size: { files: 1, bytes: 2 },
  });
  mkdirSync(dir.join("packages/a/node_modules/x"), { recursive: true });
  expect(
    findCopy(dir.path, "packages/a/node_modules", rule, { hereKey: null, isMeasured: false }),
  ).toMatchObject({ keyFiles: ["package-lock.json"], isFinished: null });
  writeFileSync(dir.join("node_modules/.package-lock.json"), "{}");
  const time = Date.now() / 1000 + 100;
  utimesSync(dir.join("package-lock.json"), time, time);
  expect(find()).toMatchObject({ isFinished: true, isOlderThanKey: true });
});
