import { expect, test } from "bun:test";
import { appendFileSync, chmodSync, rmSync } from "node:fs";

import { readyStatus } from "../../../src/cli/ready-status/ready-status.ts";
import { formKey } from "../../../src/protocol/status-form.ts";
import { stepInto } from "../../support/git-ipc.ts";
import {
  PLAIN_ENVIRONMENT,
  playMonitor,
  READY_MADE,
  READY_TOKEN,
  readyStatusOf,
  writeReadyFile,
} from "../../support/ready-made.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { tempWorktree, type TempWorktree } from "../../support/temp-worktree.ts";

const WORDS = ["--porcelain=v1"];
const FORM = { words: WORDS, folder: "", isTerminal: false };

interface Case extends Disposable {
  readonly tree: TempWorktree;
  readonly home: string;
  readonly file: string;
  /** What is given in the tree, with these variables besides; undefined removes one. */
  readonly ask: (
    environment?: Readonly<Record<string, string | undefined>>,
  ) => Promise<string | undefined>;
}

/** Everything is as it should be. */
function prepare(): Case {
  const tree = tempWorktree("ready", { files: { "d/f": "" } });
  const home = tempDir("home");
  chmodSync(home.path, 0o700);
  const long = { words: [], folder: "", isTerminal: false };
  const forms = new Map([FORM, long].map((form) => [formKey(form), Buffer.from(READY_MADE)]));
  const file = writeReadyFile(home.path, tree, readyStatusOf(tree, { forms }));
  const monitor = playMonitor(tree.gitDir, `${READY_TOKEN}\0`);
  return {
    tree,
    home: home.path,
    file,
    ask: async (environment = {}) => {
      using _place = stepInto(tree.path);
      using _variables = withVariables({
        ...PLAIN_ENVIRONMENT,
        GITY_HOME: home.path,
        ...environment,
      });
      return (await readyStatus(WORDS))?.toString();
    },
    [Symbol.dispose]: () => {
      monitor[Symbol.dispose]();
      home[Symbol.dispose]();
      tree[Symbol.dispose]();
    },
  };
}

type Variables = readonly (readonly [name: string, value: string | undefined])[];

function withVariables(variables: Readonly<Record<string, string | undefined>>): Disposable {
  const before: Variables = Object.keys(variables).map((name) => [name, process.env[name]]);
  setVariables(Object.entries(variables));
  return {
    [Symbol.dispose]: () => {
      setVariables(before);
    },
  };
}

function setVariables(variables: Variables): void {
  for (const [name, value] of variables) {
    if (value === undefined) {
      delete process.env[name];
    } else {
      process.env[name] = value;
    }
  }
}

test("readyStatus() gives the bytes of the form, here and from elsewhere", async () => {
  using prepared = prepare();
  const { tree, home, ask } = prepared;

  expect(await ask()).toBe(READY_MADE);
  using _variables = withVariables({ ...PLAIN_ENVIRONMENT, GITY_HOME: home });
  // Paths are named from the root: the folder makes no difference.
  expect((await readyStatus(WORDS, tree.join("d")))?.toString()).toBe(READY_MADE);
});

test.each([
  ["another HOME", { HOME: "/" }],
  ["no HOME", { HOME: undefined }],
  ["XDG_CONFIG_HOME", { XDG_CONFIG_HOME: "/tmp" }],
  ["a variable of git's", { GIT_TRACE2: "0" }],
  ["a git directory by name", { GIT_DIR: ".git" }],
  ["another home of gity's", { GITY_HOME: "/nowhere" }],
  ["a home of gity's that is none", { GITY_HOME: "nowhere" }],
])("with %s git is asked", async (_, environment) => {
  using prepared = prepare();

  expect(await prepared.ask(environment)).toBeUndefined();
  expect(await prepared.ask()).toBe(READY_MADE);
});

test("formats for people are git's own business in another language, others are not", async () => {
  using prepared = prepare();
  const { tree, home, ask } = prepared;

  expect(await ask({ LC_ALL: "de_DE.UTF-8" })).toBe(READY_MADE);
  using _place = stepInto(tree.path);
  using _variables = withVariables({
    ...PLAIN_ENVIRONMENT,
    GITY_HOME: home,
    LC_ALL: undefined,
    LANG: "C",
    TERM: undefined,
  });
  expect((await readyStatus([]))?.toString()).toBe(READY_MADE);
  using _german = withVariables({ LANG: "de_DE.UTF-8" });
  expect(await readyStatus([])).toBeUndefined();
});

test("git is asked when something has changed, and without a file", async () => {
  using prepared = prepare();
  appendFileSync(`${prepared.tree.gitDir}/config`, "\n");

  // It would be renewed, but there is no daemon.
  expect(await prepared.ask()).toBeUndefined();
  rmSync(prepared.file);
  expect(await prepared.ask()).toBeUndefined();
});

test("git is asked where others may write to gity's home", async () => {
  using prepared = prepare();
  chmodSync(prepared.home, 0o770);

  expect(await prepared.ask()).toBeUndefined();
});

test("git is asked where there is no repository, or no folder", async () => {
  using prepared = prepare();
  using _variables = withVariables({ ...PLAIN_ENVIRONMENT, GITY_HOME: prepared.home });

  expect(await readyStatus(WORDS, "/")).toBeUndefined();
  expect(await readyStatus(WORDS, prepared.tree.join("nowhere"))).toBeUndefined();
});
