/** Where a prompt knows from what it says: a ready-made status while it holds, and nobody else then. */

import { mkdirSync, rmSync } from "node:fs";

import { expect, test } from "bun:test";

import type { PromptFacts } from "../../../src/cli/prompt/prompt-facts.ts";
import { findFacts } from "../../../src/cli/prompt/prompt-source.ts";
import { STATUS_QUESTION } from "../../../src/protocol/token.ts";
import { inPlace } from "../../support/in-place.ts";
import { otherGit } from "../../support/other-git.ts";
import {
  dependencyOn,
  PLAIN_ENVIRONMENT,
  playMonitor,
  READY_TOKEN,
  readyStatusOf,
  writeReadyFile,
} from "../../support/ready-made.ts";
import { tempDir } from "../../support/temp-dir.ts";
import { tempWorktree } from "../../support/temp-worktree.ts";
import { SUMMARY } from "./prompt-samples.ts";

const UNCHANGED = `${READY_TOKEN}\0`;

async function findIn(
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<PromptFacts | undefined> {
  const deadlineMs = performance.now() + 9_000;
  return inPlace(folder, { ...PLAIN_ENVIRONMENT, ...environment }, async () =>
    findFacts({ deadlineMs, kickDaemon: async () => {} }),
  );
}

test("findFacts() has what is in the ready-made status, and asks the monitor for no more than whether it holds", async () => {
  using home = tempDir("home");
  using tree = tempWorktree("prompt", { files: { "folder/a": "1\n" } });
  writeReadyFile(home.path, tree, readyStatusOf(tree, { summary: SUMMARY }));
  using monitor = playMonitor(tree.gitDir, UNCHANGED);

  for (const folder of [tree.path, tree.join("folder")]) {
    // oxlint-disable-next-line no-await-in-loop
    expect(await findIn(folder, { GITY_HOME: home.path })).toEqual({ ...SUMMARY, isOld: false });
  }
  expect(monitor.questions).toEqual(Array(2).fill(`${STATUS_QUESTION}${READY_TOKEN}`));
});

test.each([
  ["something changed", {}, `${READY_TOKEN}\0folder/a\0`],
  ["the monitor does not know", {}, `${READY_TOKEN}\0/\0`],
  ["configuration is read elsewhere", { XDG_CONFIG_HOME: "/nowhere" }, UNCHANGED],
  ["a variable steers git", { GIT_CONFIG_COUNT: "0" }, UNCHANGED],
])("findFacts() asks git where %s", async (_, environment, answer) => {
  using home = tempDir("home");
  using tree = tempWorktree("prompt", { files: { "folder/a": "1\n" } });
  writeReadyFile(home.path, tree, readyStatusOf(tree, { summary: SUMMARY }));
  using _monitor = playMonitor(tree.gitDir, answer);
  tree.write("new", "");

  const facts = await findIn(tree.path, { GITY_HOME: home.path, ...environment });

  expect(facts).toMatchObject({ branch: "main", untracked: 1, staged: 0, isOld: false });
});

test("findFacts() asks git where a file is not what it was", async () => {
  using home = tempDir("home");
  using tree = tempWorktree("prompt", { files: { a: "1\n" } });
  const dependencies = [dependencyOn(`${tree.gitDir}/index`)];
  writeReadyFile(home.path, tree, readyStatusOf(tree, { summary: SUMMARY, dependencies }));
  using _monitor = playMonitor(tree.gitDir, UNCHANGED);
  tree.write("new", "");
  tree.git("add", "new");

  expect(await findIn(tree.path, { GITY_HOME: home.path })).toMatchObject({ staged: 1 });
});

test("findFacts() asks git where another git is in front", async () => {
  using home = tempDir("home");
  using tree = tempWorktree("prompt");
  writeReadyFile(home.path, tree, readyStatusOf(tree, { summary: SUMMARY }));
  using _monitor = playMonitor(tree.gitDir, UNCHANGED);
  using git = otherGit("printf '# branch.head other\\0'");

  const facts = await findIn(tree.path, { GITY_HOME: home.path, PATH: git.searchPath });

  expect(facts).toMatchObject({ branch: "other", isOld: false });
});

test("findFacts() starts nothing where there is no worktree", async () => {
  using folder = tempDir("outside");
  using git = otherGit(`touch "$0.ran"; printf '# branch.head other\\0'`);
  const gone = folder.join("gone");
  mkdirSync(gone);

  expect(await findIn(folder.path, { PATH: git.searchPath })).toBeUndefined();
  const inGone = inPlace(gone, { PATH: git.searchPath }, async () => {
    rmSync(gone, { recursive: true });
    return findFacts({ deadlineMs: performance.now() + 9_000, kickDaemon: async () => {} });
  });
  expect(await inGone).toBeUndefined();
  expect(await Bun.file(git.join("git.ran")).exists()).toBe(false);
});

test("findFacts() has nothing where git will not work: in a git directory, in a bare repository", async () => {
  using tree = tempWorktree("prompt");
  tree.git("clone", "--quiet", "--bare", tree.path, "bare");

  expect(await findIn(tree.gitDir, {})).toBeUndefined();
  expect(await findIn(tree.join("bare"), {})).toBeUndefined();
});
