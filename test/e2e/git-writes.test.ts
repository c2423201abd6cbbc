/** CHECKLIST E13: what git itself writes, command by command. */

import { expect, test } from "bun:test";
import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";

import { eventually } from "../support/eventually.ts";
import { runGit, tryRunGit } from "../support/run-git.ts";
import type { TempWorktree } from "../support/temp-worktree.ts";
import { watchedWorktree } from "../support/watched-worktree.ts";

type Step = (tree: TempWorktree) => void;

/** A git command that must succeed. */
function git(...args: string[]): Step {
  return (tree) => {
    tree.git(...args);
  };
}

/** A git command that must stop with a conflict. */
function gitStops(...args: string[]): Step {
  return (tree) => {
    expect(tryRunGit(tree.path, args).exitCode).toBe(1);
  };
}

function write(path: string, content: string): Step {
  return (tree) => {
    tree.write(path, content);
  };
}

const MESSAGE = "--message=more";

/**
 * Two branches that disagree about `shared`, each with files of its own, and of `deep/down` only
 * one has any.
 */
function makeBranches(tree: TempWorktree): void {
  const steps = [
    git("checkout", "--quiet", "-b", "side"),
    write("shared", "side\n"),
    write("of-side/only", "side\n"),
    write("deep/down/f", "side\n"),
    git("add", "--all"),
    git("commit", "--quiet", MESSAGE),
    write("of-side/only", "side, second\n"),
    git("commit", "--quiet", "--all", MESSAGE),
    git("checkout", "--quiet", "main"),
    write("shared", "main\n"),
    write("of-main/only", "main\n"),
    git("add", "--all"),
    git("commit", "--quiet", MESSAGE),
  ];
  for (const step of steps) {
    step(tree);
  }
}

const CASES: readonly (readonly [string, readonly Step[]])[] = [
  [
    "checkout: branches, files, orphan, with changes carried over",
    [
      git("checkout", "--quiet", "side"),
      write("top", "changed"),
      git("checkout", "--quiet", "main"),
      git("checkout", "--quiet", "--detach", "side~1"),
      git("checkout", "--quiet", "--force", "main"),
      git("checkout", "side", "--", "deep", "shared"),
      git("checkout", "--quiet", "HEAD", "--", "shared"),
      (tree) => rmSync(tree.join("of-main/only")),
      git("restore", "of-main/only"),
      git("switch", "--quiet", "--discard-changes", "side"),
      git("checkout", "--quiet", "--orphan", "empty"),
      git("rm", "--quiet", "-r", "--force", "."),
      git("checkout", "--quiet", "--force", "main"),
    ],
  ],
  [
    "reset: soft, mixed, hard, keep, merge",
    [
      git("reset", "--quiet", "--soft", "HEAD~1"),
      git("reset", "--quiet", "--mixed", "HEAD"),
      write("untracked", ""),
      git("reset", "--quiet", "--hard", "side"),
      write("top", "changed"),
      git("reset", "--quiet", "--keep", "side~1"),
      git("add", "top"),
      git("reset", "--quiet", "--merge", "main"),
      git("reset", "--quiet", "--hard"),
    ],
  ],
  [
    "merge: with a conflict, aborted, resolved, fast-forward, squash",
    [
      gitStops("merge", "--quiet", "side"),
      write("deep/down/new", ""),
      git("merge", "--abort"),
      gitStops("merge", "--quiet", "side"),
      write("shared", "both\n"),
      git("add", "shared"),
      git("commit", "--quiet", "--no-edit"),
      git("checkout", "--quiet", "side"),
      git("merge", "--quiet", "--ff-only", "main"),
      git("reset", "--quiet", "--hard", "HEAD~1"),
      git("merge", "--quiet", "--squash", "--strategy-option=theirs", "main"),
      git("reset", "--quiet", "--hard"),
    ],
  ],
  [
    "rebase: stopped, skipped, aborted, continued, autostash, interactive",
    [
      gitStops("rebase", "--quiet", "side"),
      git("rebase", "--abort"),
      gitStops("rebase", "--quiet", "side"),
      git("rebase", "--skip"),
      git("reset", "--quiet", "--hard", "ORIG_HEAD"),
      gitStops("rebase", "--quiet", "side"),
      write("shared", "both\n"),
      git("add", "shared"),
      git("-c", "core.editor=true", "rebase", "--continue"),
      write("top", "kept"),
      git("rebase", "--quiet", "--autostash", "--force-rebase", "HEAD~1"),
      git("-c", "sequence.editor=true", "rebase", "--quiet", "--autostash", "-i", "HEAD~2"),
    ],
  ],
  [
    "cherry-pick and revert: clean, stopped, continued",
    [
      gitStops("cherry-pick", "side~1"),
      git("cherry-pick", "--abort"),
      gitStops("cherry-pick", "side~1"),
      write("shared", "picked\n"),
      git("add", "shared"),
      git("-c", "core.editor=true", "cherry-pick", "--continue"),
      git("cherry-pick", "side"),
      git("revert", "--no-commit", "HEAD"),
      git("reset", "--quiet", "--hard"),
      git("revert", "--no-edit", "HEAD"),
    ],
  ],
  [
    "stash: push, push -u, push --all, pop, apply, with a conflict, branch",
    [
      write("top", "changed"),
      write("untracked/deep/f", "u"),
      git("stash", "push", "--quiet"),
      git("stash", "pop", "--quiet"),
      git("stash", "push", "--quiet", "--include-untracked"),
      (tree) => expect(existsSync(tree.join("untracked"))).toBe(false),
      git("stash", "apply", "--quiet"),
      git("checkout", "--quiet", "--force", "main"),
      git("clean", "--quiet", "--force", "-d"),
      git("stash", "pop", "--quiet"),
      write("ignored.tmp", "i"),
      git("stash", "push", "--quiet", "--all"),
      write("top", "another"),
      git("commit", "--quiet", "--all", MESSAGE),
      gitStops("stash", "pop", "--quiet"),
      git("checkout", "--quiet", "--force", "HEAD", "--", "top"),
      git("reset", "--quiet", "--hard"),
      git("clean", "--quiet", "--force", "-d", "-x"),
      git("stash", "branch", "stashed"),
    ],
  ],
  [
    "bisect: start, good, bad, run, reset",
    [
      git("bisect", "start", "side", "side~2"),
      write("untracked", ""),
      git("bisect", "good"),
      git("bisect", "reset"),
      git("bisect", "start", "side", "side~2"),
      git("bisect", "run", "sh", "-c", "echo run >> bisected; ! test -e of-side/only"),
      git("bisect", "reset"),
    ],
  ],
  [
    "clean: -d, -x, pathspec, with nested empty folders",
    [
      write("u/v/w", ""),
      write("u/x.tmp", ""),
      (tree) => mkdirSync(tree.join("empty/er"), { recursive: true }),
      git("clean", "--quiet", "--force", "u"),
      git("clean", "--quiet", "--force", "-d"),
      write("deep/new.tmp", ""),
      git("clean", "--quiet", "--force", "-d", "-x"),
    ],
  ],
  [
    "add, rm, mv, commit in all their forms",
    [
      write("top", "22"),
      write("new/file", "n"),
      git("add", "--intent-to-add", "new"),
      git("add", "--all"),
      git("mv", "new", "newer"),
      git("mv", "newer/file", "top-level"),
      git("commit", "--quiet", MESSAGE, "top"),
      git("rm", "--quiet", "--cached", "top"),
      git("commit", "--quiet", "--amend", "--no-edit"),
      git("add", "top"),
      git("update-index", "--chmod=+x", "top"),
      git("commit", "--quiet", "--all", MESSAGE),
      (tree) => appendFileSync(tree.join("shared"), "more\n"),
      git("update-index", "--assume-unchanged", "shared"),
      git("update-index", "--no-assume-unchanged", "shared"),
      git("update-index", "--skip-worktree", "shared"),
      git("update-index", "--no-skip-worktree", "shared"),
    ],
  ],
  [
    "apply, am, read-tree, checkout-index",
    [
      (tree) => writeFileSync(`${tree.path}-patch`, tree.git("diff", "main", "side")),
      (tree) => {
        tree.git("apply", `${tree.path}-patch`);
      },
      (tree) => {
        tree.git("apply", "--reverse", `${tree.path}-patch`);
      },
      git("checkout", "--quiet", "--detach", "side~2"),
      (tree) => {
        tree.git(
          "format-patch",
          "--quiet",
          `--output-directory=${tree.path}-mails`,
          "side~2..side",
        );
        const mails = ["0001-more.patch", "0002-more.patch"].map((m) => `${tree.path}-mails/${m}`);
        tree.git("am", "--quiet", ...mails);
      },
      git("read-tree", "--reset", "-u", "main"),
      git("read-tree", "side"),
      git("checkout-index", "--all", "--force"),
      git("reset", "--quiet", "--hard", "main"),
    ],
  ],
  [
    "worktree add, remove, move and prune",
    [
      git("worktree", "add", "--quiet", "../linked", "side"),
      (tree) => writeFileSync(`${tree.path}/../linked/shared`, "linked"),
      git("worktree", "move", "../linked", "../moved"),
      git("worktree", "add", "--quiet", "inside", "--detach"),
      write("inside/new", ""),
      git("worktree", "remove", "--force", "inside"),
      (tree) => rmSync(`${tree.path}/../moved`, { recursive: true }),
      git("worktree", "prune"),
    ],
  ],
  [
    "gc, pack-refs, branch, tag and config leave the tree alone",
    [
      git("gc", "--quiet"),
      git("pack-refs", "--all"),
      git("branch", "another"),
      git("tag", "v1"),
      git("config", "core.autocrlf", "input"),
      write(".gitattributes", "*.bin binary\n* text=auto\n"),
      write("crlf", "a\r\nb\r\n"),
      git("add", "--renormalize", "."),
    ],
  ],
];

test.each(CASES)("E13 %s", async (_, steps) => {
  await using watched = await watchedWorktree("git-writes", {
    files: { shared: "start\n", top: "t\n", "deep/g": "g\n", ".gitignore": "*.tmp\n" },
  });
  const { tree } = watched;
  makeBranches(tree);
  watched.check();
  for (const step of steps) {
    step(tree);
    watched.check();
  }
  // What is ordinary afterwards is still noticed.
  tree.write("deep/down/last", "");
  watched.check();
  runGit(tree.path, "reset", "--quiet", "--hard", "main");
  runGit(tree.path, "clean", "--quiet", "--force", "-d");
  watched.check();
  expect(watched.status()).toBe("");
  await eventually(() => watched.isAnswered());
  const health = await watched.home.gityJson("health", tree.path);
  expect(health).toMatchObject({ state: "ready", resyncs: 0 });
});
