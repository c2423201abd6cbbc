import { expect, test } from "bun:test";
import { mkdirSync, symlinkSync } from "node:fs";

import {
  type Environment,
  hasColourTerminal,
  isEnvironmentOf,
  isSteered,
  isUntranslated,
} from "../../../src/cli/ready-status/environment.ts";
import type { StatusEnvironment } from "../../../src/protocol/ready-status.ts";
import { dependencyOn } from "../../support/ready-made.ts";
import { tempDir } from "../../support/temp-dir.ts";

test.each([
  "GIT_DIR",
  "GIT_WORK_TREE",
  "GIT_INDEX_FILE",
  "GIT_PREFIX",
  "GIT_CONFIG_GLOBAL",
  "GIT_CONFIG_COUNT",
  "GIT_CONFIG_PARAMETERS",
  "GIT_PAGER_IN_USE",
  "GIT_TRACE2",
  "GIT_CEILING_DIRECTORIES",
  "GIT_EXEC_PATH",
  "GIT_LITERAL_PATHSPECS",
  "GIT_NOBODY_KNOWS",
])("%s steers git, set to whatever", (name) => {
  expect(isSteered({ HOME: "/h", [name]: "" })).toBe(true);
});

test("editors, authors, networks and prompts steer nothing; nor do variables of others", () => {
  const harmless = [
    "GIT_EDITOR",
    "GIT_SEQUENCE_EDITOR",
    "GIT_PAGER",
    "GIT_ASKPASS",
    "GIT_SSH_COMMAND",
    "GIT_AUTHOR_DATE",
    "GIT_COMMITTER_EMAIL",
    "GIT_OPTIONAL_LOCKS",
    "GIT_TERMINAL_PROMPT",
    "GIT_PS1_SHOWDIRTYSTATE",
    "GIT_SSL_CAINFO",
    "GITY_HOME",
    "GITHUB_TOKEN",
    "MY_GIT_DIR",
  ];

  expect(isSteered(Object.fromEntries(harmless.map((name) => [name, "x"])))).toBe(false);
});

test.each([
  [{}, true],
  [{ LANG: "C" }, true],
  [{ LANG: "C.UTF-8", LANGUAGE: "" }, true],
  [{ LANG: "en_US.UTF-8", LANGUAGE: "en_GB:en" }, true],
  [{ LC_ALL: "POSIX" }, true],
  [{ LC_CTYPE: "de_DE.UTF-8" }, true],
  [{ LANG: "de_DE.UTF-8" }, false],
  [{ LC_MESSAGES: "fr_FR" }, false],
  [{ LC_ALL: "C", LANG: "de_DE" }, false],
  // What is not in the first language is said in the second.
  [{ LANG: "en_US", LANGUAGE: "en_US:de" }, false],
  [{ LANG: "enm" }, false],
  [{ LANG: "Cy" }, false],
])("with %j everything is in git's own words: %p", (environment, expected) => {
  expect(isUntranslated(environment)).toBe(expected);
});

test("a terminal without a name, or a dumb one, has no colours", () => {
  expect([{}, { TERM: "dumb" }, { TERM: "xterm" }].map(hasColourTerminal)).toEqual([
    false,
    false,
    true,
  ]);
});

test("isEnvironmentOf() wants the same places of configuration, and the same git", () => {
  using folder = tempDir("environment");
  const git = Bun.which("git") ?? "";
  const recorded: StatusEnvironment = {
    HOME: folder.path,
    XDG_CONFIG_HOME: null,
    git: dependencyOn(git),
    root: null,
  };
  const own = { HOME: folder.path };
  const place = { root: folder.path, folder: "" };
  const isOf = (environment: Environment, other = recorded): boolean =>
    isEnvironmentOf(environment, other, place);

  expect(isOf(own)).toBe(true);
  expect(isOf({})).toBe(false);
  expect(isOf({ HOME: "/" })).toBe(false);
  expect(isOf({ ...own, XDG_CONFIG_HOME: "" })).toBe(false);
  expect(isOf(own, { ...recorded, XDG_CONFIG_HOME: "" })).toBe(false);
  expect(isOf(own, { ...recorded, git: { ...recorded.git, path: "/usr/local/x/git" } })).toBe(
    false,
  );
  expect(isOf(own, { ...recorded, git: { path: git, identity: "" } })).toBe(false);
  expect(isOf(own, { ...recorded, git: { path: git, identity: "1:2:3:4:5" } })).toBe(false);
});

test("isEnvironmentOf() goes by what git calls the folder, where that matters", () => {
  using folder = tempDir("alike");
  const root = folder.join("root");
  mkdirSync(`${root}/below`, { recursive: true });
  symlinkSync(root, folder.join("link"));
  const git = dependencyOn(Bun.which("git") ?? "");
  const recorded = { HOME: null, XDG_CONFIG_HOME: null, git, root };
  const atRoot = { root, folder: "" };
  const below = { root, folder: "below" };

  expect(isEnvironmentOf({}, recorded, atRoot)).toBe(true);
  expect(isEnvironmentOf({ PWD: root }, recorded, atRoot)).toBe(true);
  expect(isEnvironmentOf({ PWD: `${root}/below` }, recorded, below)).toBe(true);
  expect(isEnvironmentOf({ PWD: folder.path }, recorded, below)).toBe(true);
  expect(isEnvironmentOf({ PWD: folder.join("link") }, recorded, atRoot)).toBe(false);
  expect(isEnvironmentOf({ PWD: folder.join("link") }, recorded, below)).toBe(false);
  expect(isEnvironmentOf({ PWD: folder.join("link/below") }, recorded, below)).toBe(false);
  expect(isEnvironmentOf({ PWD: `${root}\uFFFD` }, recorded, atRoot)).toBe(false);
  expect(isEnvironmentOf({ PWD: root }, { ...recorded, root: "/elsewhere" }, atRoot)).toBe(false);
  const anyhow = { ...recorded, root: null };
  expect(isEnvironmentOf({ PWD: folder.join("link") }, anyhow, atRoot)).toBe(true);
});
