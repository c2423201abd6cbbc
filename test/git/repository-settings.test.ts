/** Settings as git layers them. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, expect, test } from "bun:test";

import { readSettings, RepositorySettings } from "../../src/git/repository-settings.ts";
import { rejection } from "../support/rejection.ts";
import { tempDir } from "../support/temp-dir.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

// The user's own file: what names another one is not passed on to git.
const userFile = join(process.env["HOME"] ?? "/none", ".gitconfig");
afterAll(() => {
  writeFileSync(userFile, "");
});

test("readSettings() reads what the pattern matches, the repository's last", async () => {
  using tree = tempWorktree("settings");
  writeFileSync(userFile, "[gity]\n\tone = user\n\ttwo = user\n[other]\n\tone = user\n");
  tree.git("config", "gity.one", "repository");
  tree.git("config", "--add", "gity.one", "again\nand again = 5");

  const settings = await readSettings(tree.gitDir, "^gity\\.");

  expect(settings.all("gity.one")).toEqual(["user", "repository", "again\nand again = 5"]);
  expect(["gity.one", "gity.TWO", "other.one"].map((key) => settings.word(key))).toEqual([
    "again\nand again = 5",
    "user",
    undefined,
  ]);
});

test("readSettings() follows includes, also conditional ones", async () => {
  using tree = tempWorktree("settings");
  using folder = tempDir("settings");
  writeFileSync(folder.join("plain"), "[gity]\n\tplain = yes\n");
  writeFileSync(folder.join("here"), "[gity]\n\there = yes\n");
  writeFileSync(folder.join("elsewhere"), "[gity]\n\telsewhere = yes\n");
  writeFileSync(
    userFile,
    `[include]\n\tpath = ${folder.join("plain")}\n\tpath = ${folder.join("none")}\n` +
      `[includeIf "gitdir:${tree.gitDir}"]\n\tpath = ${folder.join("here")}\n` +
      `[includeIf "gitdir:/elsewhere/"]\n\tpath = ${folder.join("elsewhere")}\n`,
  );

  const settings = await readSettings(tree.gitDir, "^gity\\.");

  expect(["plain", "here", "elsewhere"].map((name) => settings.word(`gity.${name}`))).toEqual([
    "yes",
    "yes",
    undefined,
  ]);
});

test("readSettings() finds nothing where there is nothing", async () => {
  using tree = tempWorktree("settings");
  writeFileSync(userFile, "");

  expect(await readSettings(tree.gitDir, "^gity\\.")).toEqual(new RepositorySettings(new Map()));
});

test("readSettings() tells what cannot be read", async () => {
  using tree = tempWorktree("settings");
  tree.write(".git/config", "[gity\n");

  expect(await rejection(readSettings(tree.gitDir, "^gity\\."))).toMatchObject({
    code: "GIT_FAILED",
    message: expect.stringContaining("bad config line 1"),
  });
  expect(await rejection(readSettings(tree.join("none"), "^gity\\."))).toMatchObject({
    code: "GIT_FAILED",
  });
});

test.each([
  ["on", true],
  ["Yes", true],
  ["TRUE", true],
  ["1", true],
  ["2", true],
  ["-1", true],
  ["off", false],
  ["No", false],
  ["false", false],
  ["0", false],
  ["00", false],
  ["", false],
])("RepositorySettings.boolean() understands %j as git does", async (value, expected) => {
  using tree = tempWorktree("settings");
  tree.git("config", "gity.word", value);
  const git = tree.git("config", "--type=bool", "gity.word").toString().trim();

  const settings = await readSettings(tree.gitDir, "^gity\\.");

  expect([settings.boolean("gity.word", true), settings.boolean("gity.word", false)]).toEqual([
    expected,
    expected,
  ]);
  expect(git).toBe(String(expected));
});

test("RepositorySettings.boolean() of a key without a value is true, and of nonsense as if it were not there", async () => {
  using tree = tempWorktree("settings");
  tree.write(".git/config", "[gity]\n\tbare\n\todd = maybe\n\tlast = yes\n\tlast = maybe\n");

  const settings = await readSettings(tree.gitDir, "^gity\\.");
  const both = (key: string) => [true, false].map((otherwise) => settings.boolean(key, otherwise));

  expect(both("gity.bare")).toEqual([true, true]);
  expect(both("gity.odd")).toEqual([true, false]);
  expect(both("gity.last")).toEqual([true, false]);
  expect(both("gity.none")).toEqual([true, false]);
  expect([settings.word("gity.bare"), settings.number("gity.bare", 7)]).toEqual([undefined, 7]);
});

test.each([
  ["0", 0],
  ["42", 42],
  ["007", 7],
  ["-1", 9],
  ["1.5", 9],
  ["1k", 9],
  ["", 9],
  ["one", 9],
  ["1".repeat(30), 9],
])("RepositorySettings.number() of %j is %d", (value, expected) => {
  const settings = new RepositorySettings(new Map([["gity.number", ["5", value]]]));

  expect(settings.number("gity.number", 9)).toBe(expected);
});

test("RepositorySettings knows keys in any case but for their middle", async () => {
  using tree = tempWorktree("settings");
  tree.write(".git/config", '[Gity "Middle.Part"]\n\tSomeKey = yes\n[gity]\n\tCamelCase = 5\n');

  const settings = await readSettings(tree.gitDir, "^gity\\.");

  expect(settings.word("GITY.Middle.Part.someKEY")).toBe("yes");
  expect(settings.word("gity.middle.part.somekey")).toBeUndefined();
  expect(settings.number("gity.camelCase", 0)).toBe(5);
});
