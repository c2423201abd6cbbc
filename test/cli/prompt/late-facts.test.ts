/** What a prompt says where no ready-made status holds, and that it says it in time. */

import { mkdirSync, readFileSync, rmSync } from "node:fs";

import { expect, test } from "bun:test";

import { type HomeLayout, homeLayout } from "../../../src/base/home.ts";
import { findLateFacts, type PromptSearch } from "../../../src/cli/prompt/late-facts.ts";
import type { PromptFacts } from "../../../src/cli/prompt/prompt-facts.ts";
import { findPlace } from "../../../src/cli/ready-status/place.ts";
import { PROGRAM_FORM } from "../../../src/protocol/status-form.ts";
import { eventually } from "../../support/eventually.ts";
import { inPlace } from "../../support/in-place.ts";
import { otherGit } from "../../support/other-git.ts";
import {
  dependencyOn,
  playMonitor,
  READY_TOKEN,
  readyStatusOf,
  writeReadyFile,
} from "../../support/ready-made.ts";
import { silentSocket } from "../../support/silent-server.ts";
import { tempDir, type TempDir } from "../../support/temp-dir.ts";
import { tempWorktree, type TempWorktree } from "../../support/temp-worktree.ts";
import { SUMMARY } from "./prompt-samples.ts";

const HANGS = "sleep 1000";

/** What is waited for; who does not keep it is found out by a thousand times as much. */
const LIMIT_MS = 100;
const TOO_LONG_MS = 9_000;

const OLD = { ...SUMMARY, operation: null, isOld: true };
const BRANCH_ALONE = { branch: "main", commit: null, staged: null, isOld: true };

interface Late {
  readonly facts: PromptFacts | undefined;
  readonly kicks: number;
}

async function lateIn(
  tree: TempWorktree,
  search: Omit<PromptSearch, "place">,
  {
    path = process.env["PATH"],
    limitMs = 9_000,
  }: { readonly path?: string | undefined; readonly limitMs?: number },
): Promise<Late> {
  const place = findPlace(tree.path, `${search.layout?.runFolder}/status`);
  let kicks = 0;
  const startMs = performance.now();
  const facts = await inPlace(tree.path, { PATH: path }, async () =>
    findLateFacts(place === undefined ? search : { ...search, place }, {
      deadlineMs: startMs + limitMs,
      kickDaemon: async () => {
        kicks += 1;
      },
    }),
  );
  if (limitMs < TOO_LONG_MS) {
    expect(performance.now() - startMs).toBeLessThan(TOO_LONG_MS);
  }
  return { facts, kicks };
}

/** A home that a daemon could be in. */
function layoutOf(folder: TempDir): HomeLayout {
  const layout = homeLayout({ GITY_HOME: folder.path });
  if (layout === undefined) {
    throw new Error("the path is absolute");
  }
  mkdirSync(layout.runFolder, { recursive: true });
  return layout;
}

test("findLateFacts() has what git says, where nobody watches", async () => {
  using home = tempDir("home");
  using tree = tempWorktree("late", { files: { a: "1\n" } });
  tree.write("a", "2\n");
  tree.git("stash", "--quiet");
  tree.git("bisect", "start");

  const { facts, kicks } = await lateIn(tree, { layout: layoutOf(home) }, {});

  expect(facts).toMatchObject({
    branch: "main",
    stash: 1,
    unstaged: 0,
    operation: { kind: "bisect", step: null, total: null },
    isOld: false,
  });
  expect(kicks).toBe(0);
});

test("findLateFacts() has git ask nobody where that takes longer than to look at every file", async () => {
  using small = tempWorktree("late", { files: { a: "" } });
  using large = tempWorktree("late", { generated: { files: 3_000, directories: 30 } });
  using git = otherGit(`echo "$*" >>"$0.calls"; exit 128`);
  const split = tempWorktree("late", { files: { a: "" } });
  using _split = split;
  split.git("update-index", "--split-index");

  for (const tree of [small, large, split]) {
    // oxlint-disable-next-line no-await-in-loop
    await lateIn(tree, {}, { path: git.searchPath });
  }

  const calls = readFileSync(git.join("git.calls"), "utf8").trimEnd().split("\n");
  const asks = calls.map((call) => !call.includes("-c core.fsmonitor=false status"));
  expect(asks).toEqual([false, true, true]);
});

test("findLateFacts() has a daemon started where one watched, and is gone", async () => {
  using home = tempDir("home");
  using tree = tempWorktree("late");
  const layout = layoutOf(home);
  const last = readyStatusOf(tree, { summary: SUMMARY });

  const { facts, kicks } = await lateIn(tree, { layout, last, isAlone: true }, {});

  expect(facts).toMatchObject({ branch: "main", staged: 0, isOld: false });
  expect(kicks).toBe(1);
  expect((await lateIn(tree, { layout, isAlone: true }, {})).kicks).toBe(0);
});

test("findLateFacts() is not kept waiting by a daemon that is silent", async () => {
  using home = tempDir("home");
  using tree = tempWorktree("late");
  const layout = layoutOf(home);
  using _server = silentSocket(layout.socket);
  using git = otherGit(HANGS);
  const last = readyStatusOf(tree, { summary: SUMMARY });

  expect((await lateIn(tree, { layout, last }, {})).facts).toMatchObject({
    staged: 0,
    isOld: false,
  });
  const limits = { path: git.searchPath, limitMs: LIMIT_MS };
  expect((await lateIn(tree, { layout, last }, limits)).facts).toEqual(OLD);
});

test("findLateFacts() tells the daemon what was wanted, where somebody watches", async () => {
  using home = tempDir("home");
  using tree = tempWorktree("late");
  const layout = layoutOf(home);
  const bodies: unknown[] = [];
  using server = Bun.serve({
    unix: layout.socket,
    fetch: async (request) => {
      bodies.push(await request.json());
      return Response.json({ isReady: false });
    },
  });

  await lateIn(tree, { layout }, {});
  expect(bodies).toEqual([]);
  using _monitor = playMonitor(tree.gitDir, undefined);
  await lateIn(tree, { layout }, {});
  await eventually(() => bodies.length === 1);
  await lateIn(tree, { layout, last: readyStatusOf(tree, { gitMs: 10 }) }, {});
  await lateIn(tree, { layout, last: readyStatusOf(tree, { gitMs: 1_000 }) }, {});
  await eventually(() => bodies.length === 2);

  expect(server.pendingRequests).toBe(0);
  const wanted = { path: tree.path, form: PROGRAM_FORM, waitMs: 0 };
  expect(bodies).toEqual([wanted, wanted]);
});

test("findLateFacts() waits for the daemon, and does not run git, where git takes longer than there is time", async () => {
  using home = tempDir("home");
  using tree = tempWorktree("late", { generated: { files: 3_000, directories: 30 } });
  using git = otherGit('touch "$0.ran"');
  const layout = layoutOf(home);
  const last = readyStatusOf(tree, { tookMs: 100_000 });
  using _server = Bun.serve({
    unix: layout.socket,
    fetch: () => {
      const environment = { ...last.environment, git: dependencyOn(git.join("git")) };
      const renewed = readyStatusOf(tree, { environment, summary: SUMMARY, tookMs: 100_000 });
      writeReadyFile(home.path, tree, renewed);
      return Response.json({ isReady: true, onItsWayMs: null });
    },
  });
  const search = { layout, last };
  const limits = { path: git.searchPath, limitMs: LIMIT_MS };

  // Without a monitor nobody knows whether it holds.
  expect((await lateIn(tree, search, limits)).facts).toMatchObject({ staged: 0, isOld: true });
  using _monitor = playMonitor(tree.gitDir, `${READY_TOKEN}\0`);
  const patient = { path: git.searchPath, limitMs: 8_000 };
  expect((await lateIn(tree, search, patient)).facts).toEqual({ ...SUMMARY, isOld: false });
  expect(await Bun.file(git.join("git.ran")).exists()).toBe(false);
});

test("findLateFacts() is not kept waiting by git, and ends it", async () => {
  using tree = tempWorktree("late");
  using git = otherGit(HANGS);
  const limits = { path: git.searchPath, limitMs: LIMIT_MS };
  const last = readyStatusOf(tree, { summary: SUMMARY });

  expect((await lateIn(tree, { last }, limits)).facts).toEqual(OLD);
  expect((await lateIn(tree, {}, limits)).facts).toMatchObject(BRANCH_ALONE);
});

test("findLateFacts() never shows another branch than the one that is checked out", async () => {
  using tree = tempWorktree("late");
  using git = otherGit(HANGS);
  const last = readyStatusOf(tree, { summary: SUMMARY });
  tree.git("checkout", "--quiet", "-b", "other");

  const { facts } = await lateIn(tree, { last }, { path: git.searchPath, limitMs: LIMIT_MS });

  expect(facts).toMatchObject({ ...BRANCH_ALONE, branch: "other" });
});

test("findLateFacts() starts nothing when there is no time", async () => {
  using tree = tempWorktree("late");
  using git = otherGit('touch "$0.ran"');

  expect((await lateIn(tree, {}, { path: git.searchPath, limitMs: 0 })).facts).toMatchObject(
    BRANCH_ALONE,
  );
  expect(await Bun.file(git.join("git.ran")).exists()).toBe(false);
});

test("findLateFacts() is not kept waiting by a pipe in the place of a file", async () => {
  using tree = tempWorktree("late");
  using git = otherGit(HANGS);
  const limits = { path: git.searchPath, limitMs: LIMIT_MS };
  Bun.spawnSync(["mkfifo", `${tree.gitDir}/MERGE_HEAD`]);

  expect((await lateIn(tree, {}, limits)).facts).toMatchObject(BRANCH_ALONE);
  rmSync(`${tree.gitDir}/HEAD`);
  Bun.spawnSync(["mkfifo", `${tree.gitDir}/HEAD`]);
  expect((await lateIn(tree, {}, limits)).facts).toBeUndefined();
});

test("findLateFacts() has nothing where git says no", async () => {
  using tree = tempWorktree("late");
  using git = otherGit("exit 128");

  expect((await lateIn(tree, {}, { path: git.searchPath })).facts).toBeUndefined();
});
