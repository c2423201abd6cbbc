/** What git prints for programs, read; the output is real. */

import { expect, test } from "bun:test";

import { parsePorcelainStatus, PORCELAIN_OPTIONS } from "../../src/git/porcelain-status.ts";
import { tryRunGit } from "../support/run-git.ts";
import { tempWorktree, type TempWorktree } from "../support/temp-worktree.ts";

function statusOf(tree: TempWorktree, ...options: string[]) {
  return parsePorcelainStatus(tree.git("status", ...options, ...PORCELAIN_OPTIONS));
}

test("parsePorcelainStatus() reads every kind of entry", () => {
  using tree = tempWorktree("porcelain", {
    files: { "a b": "1\n2\n3\n", both: "x", gone: "y", ".gitignore": "*.o\n" },
  });
  tree.git("checkout", "-q", "-b", "other");
  tree.write("both", "other");
  tree.git("commit", "-qam", "other");
  tree.git("checkout", "-q", "main");
  tree.write("both", "main");
  tree.git("commit", "-qam", "main");
  tryRunGit(tree.path, ["merge", "other"]);
  tree.git("mv", "a b", "new name");
  tree.git("rm", "-q", "gone");
  tree.write("folder/x", "");
  tree.write("x.o", "");
  tree.write("\t\n", "");

  const { entries, branch, commit, stash } = statusOf(tree, "--ignored");

  const plain = { originalPath: null, unmerged: false };
  expect({ branch, commit, stash }).toEqual({
    branch: "main",
    commit: tree.git("rev-parse", "HEAD").toString().trim(),
    stash: null,
  });
  expect(entries).toEqual([
    { kind: "changed", xy: "D.", path: "gone", ...plain },
    { kind: "renamed", xy: "R.", path: "new name", originalPath: "a b", unmerged: false },
    { kind: "unmerged", xy: "UU", path: "both", originalPath: null, unmerged: true },
    { kind: "untracked", xy: "??", path: "\t\n", ...plain },
    { kind: "untracked", xy: "??", path: "folder/", ...plain },
    { kind: "ignored", xy: "!!", path: "x.o", ...plain },
  ]);
});

test("parsePorcelainStatus() reads what is said of the branch", () => {
  using tree = tempWorktree("porcelain", { files: { f: "" } });
  using clone = tempWorktree("porcelain", { isCommitted: false });
  expect(statusOf(clone)).toMatchObject({ branch: "main", commit: null, entries: [] });
  clone.git("remote", "add", "origin", tree.path);
  clone.git("fetch", "-q");
  clone.git("reset", "-q", "--hard", "origin/main");
  clone.git("branch", "-q", "--set-upstream-to=origin/main");
  clone.git("commit", "-q", "--allow-empty", "-m", "own");

  expect(statusOf(clone)).toMatchObject({ upstream: "origin/main", ahead: 1, behind: 0 });
  expect(statusOf(clone, "--no-ahead-behind")).toMatchObject({ ahead: null, behind: null });
  clone.git("checkout", "-q", "--detach");
  expect(statusOf(clone)).toMatchObject({ branch: null, upstream: null, ahead: null });
});

test("parsePorcelainStatus() keeps the bytes of a name, and counts the stash", () => {
  const output = Buffer.from("# branch.oid (initial)\0# stash 3\0? \xFFx y\0", "latin1");

  expect(parsePorcelainStatus(output)).toMatchObject({
    commit: null,
    stash: 3,
    entries: [{ path: { base64: "/3ggeQ==" } }],
  });
});

test.each([["9 x"], ["1 M."], ["2 R. N... 1 2 3 4 5 R100 new"], ["fatal: no"]])(
  "parsePorcelainStatus() does not guess at %j",
  (record) => {
    expect(() => parsePorcelainStatus(Buffer.from(record))).toThrow(
      expect.objectContaining({ code: "GIT_FAILED" }),
    );
  },
);
