/** What git prints to be kept, and what its entries come to. */

import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

import {
  namesIn,
  readOperation,
  runStatus,
  summarize,
  trackedAmong,
} from "../../src/git/ready-status.ts";
import { PROGRAM_FORM, type StatusForm } from "../../src/protocol/status-form.ts";
import { tempDir } from "../support/temp-dir.ts";
import { type TempWorktree, tempWorktree } from "../support/temp-worktree.ts";

const SETTINGS = { color: "auto", hasPager: false, monitor: undefined } as const;

async function run(tree: TempWorktree, form: Partial<StatusForm> = {}) {
  const place = { root: tree.path, settings: SETTINGS, isMonitored: false };
  return runStatus({ words: [], folder: "", isTerminal: false, ...form }, place);
}

test("runStatus() is what git prints in a folder, byte for byte, and writes nothing", async () => {
  using tree = tempWorktree("ready", { files: { "a/f": "1", g: "1" } });
  tree.write("g", "2");
  tree.write("a/new", "");
  const before = await Bun.file(`${tree.gitDir}/index`).bytes();

  const output = await run(tree, { folder: "a" });

  expect(await Bun.file(`${tree.gitDir}/index`).bytes()).toEqual(before);
  const own = Bun.spawnSync(["git", "status"], { cwd: tree.join("a") });
  expect(Buffer.from(output ?? []).toString()).toBe(own.stdout.toString());
  expect(own.stdout.toString()).toContain("../g");
});

test("runStatus() lets git ask its monitor, and no submodule", async () => {
  using other = tempWorktree("ready-sub", { files: { f: "1" } });
  using tree = tempWorktree("ready", { files: { g: "1" } });
  tree.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", other.path, "sub");
  const asked = tree.join("../asked");
  const hook = tree.join("../hook");
  writeFileSync(hook, `#!/bin/sh\npwd >>'${asked}'\nprintf 'x\\000/\\000'\n`, { mode: 0o755 });
  tree.git("config", "core.fsmonitor", hook);
  tree.git("update-index", "--fsmonitor");
  writeFileSync(asked, "");
  const ask = async (isMonitored: boolean): Promise<string> => {
    await runStatus(PROGRAM_FORM, {
      root: tree.path,
      settings: SETTINGS,
      isMonitored,
    });
    return readFileSync(asked, "utf8");
  };

  expect(await ask(false)).toBe("");
  expect(await ask(true)).toBe(`${tree.path}\n`);
});

test("runStatus() shows colours where git would, on a terminal", async () => {
  using tree = tempWorktree("ready", { files: { g: "1" } });
  tree.write("g", "2");
  const shown = async (isTerminal: boolean, color: "auto" | "never" | "always") =>
    Buffer.from(
      (await runStatus(
        { words: [], folder: "", isTerminal },
        {
          root: tree.path,
          settings: { ...SETTINGS, color },
          isMonitored: false,
        },
      )) ?? [],
    ).includes("\u001B[");

  expect(await shown(true, "auto")).toBe(true);
  expect(await shown(false, "auto")).toBe(false);
  expect(await shown(true, "never")).toBe(false);
  tree.git("config", "color.status", "always");
  expect(await shown(false, "always")).toBe(true);
});

test("runStatus() keeps nothing when git complains, or cannot be run there", async () => {
  using tree = tempWorktree("ready", { files: { g: "1" } });
  expect(await run(tree, { words: ["--no-such-option"] })).toBeUndefined();
  expect(await run(tree, { folder: "../.." })).toBeUndefined();
  expect(await run(tree, { folder: "\xff" })).toBeUndefined();
  tree.git("config", "status.showUntrackedFiles", "nonsense");
  expect(await run(tree)).toBeUndefined();
});

test("summarize() counts what git lists, in every kind of entry", async () => {
  using tree = tempWorktree("ready", {
    files: { both: "1", staged: "1", edited: "1", "old name": "a long enough text\n", gone: "1" },
  });
  tree.git("checkout", "--quiet", "-b", "side");
  tree.write("conflict", "side");
  tree.git("add", "conflict");
  tree.git("commit", "--quiet", "--message=side");
  tree.git("checkout", "--quiet", "main");
  tree.write("conflict", "main");
  tree.git("add", "conflict");
  tree.git("commit", "--quiet", "--message=main");
  Bun.spawnSync(["git", "merge", "--quiet", "side"], { cwd: tree.path });
  tree.write("both", "2");
  tree.write("staged", "2");
  tree.git("add", "both", "staged");
  tree.write("both", "3");
  tree.write("edited", "2");
  tree.git("mv", "old name", "? new\nname");
  tree.git("rm", "--quiet", "gone");
  tree.write("untracked/one", "");
  tree.write("untracked/two", "");
  const output = (await run(tree, PROGRAM_FORM)) ?? new Uint8Array();

  expect(namesIn(output)).toEqual({ branch: "main", upstream: undefined });
  expect(summarize(output, readOperation(tree.gitDir))).toEqual({
    branch: "main",
    commit: tree.git("rev-parse", "HEAD").toString().trim(),
    upstream: null,
    ahead: null,
    behind: null,
    stash: 0,
    staged: 4,
    unstaged: 2,
    untracked: 1,
    conflicts: 1,
    operation: { kind: "merge", step: null, total: null },
  });
});

test("summarize() knows no branch, no commit, and how far an upstream is", async () => {
  using tree = tempWorktree("ready", { isCommitted: false });
  expect(summarize((await run(tree, PROGRAM_FORM)) ?? new Uint8Array(), null)).toMatchObject({
    branch: "main",
    commit: null,
  });
  tree.git("commit", "--quiet", "--allow-empty", "--message=1");
  tree.git("branch", "other");
  tree.git("commit", "--quiet", "--allow-empty", "--message=2");
  tree.git("branch", "--quiet", "--set-upstream-to=other");
  expect(summarize((await run(tree, PROGRAM_FORM)) ?? new Uint8Array(), null)).toMatchObject({
    upstream: "other",
    ahead: 1,
    behind: 0,
  });
  tree.git("checkout", "--quiet", "--detach");
  expect(summarize((await run(tree, PROGRAM_FORM)) ?? new Uint8Array(), null).branch).toBeNull();
});

test("readOperation() reads what git keeps, the innermost first", async () => {
  using folder = tempDir("operation");
  const write = (path: string, text: string): void => {
    mkdirSync(folder.join(path, ".."), { recursive: true });
    writeFileSync(folder.join(path), text);
  };
  const read = () => readOperation(folder.path);

  expect(read()).toBeNull();
  write("BISECT_LOG", "");
  expect(read()).toEqual({ kind: "bisect", step: null, total: null });
  write("CHERRY_PICK_HEAD", "");
  expect(read()).toMatchObject({ kind: "cherry-pick" });
  write("rebase-apply/next", "2\n");
  write("rebase-apply/last", "5\n");
  expect(read()).toEqual({ kind: "rebase", step: 2, total: 5 });
  write("rebase-apply/applying", "");
  expect(read()).toEqual({ kind: "am", step: 2, total: 5 });
  write("rebase-merge/msgnum", "3\n");
  write("rebase-merge/end", "4\n");
  expect(read()).toEqual({ kind: "rebase", step: 3, total: 4 });
});

function latin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

test("trackedAmong() takes names as they are", async () => {
  using tree = tempWorktree("tracked", { files: { "a*": "", "\u00e4": "", ":(top)x": "" } });
  tree.write("ab", "");
  expect(await trackedAmong(tree.path, ["ab", "none"])).toEqual([]);
  expect((await trackedAmong(tree.path, ["a*", latin1("\u00e4"), ":(top)x"]))?.toSorted()).toEqual(
    [":(top)x", "a*", latin1("\u00e4")].toSorted(),
  );
  expect(await trackedAmong(tree.path, ["\xff"])).toBeUndefined();
});
