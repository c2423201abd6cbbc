/**
 * Chooses what people do with git: commands, ignore rules, and repositories within the tree.
 *
 * Not among them, because git 2.39 is then wrong, or never asks, with any monitor:
 * - `-c core.fsmonitor=false`: see isOfUntrackedCache() in fuzz-worktree.ts.
 * - `mv -k` into a folder that does not exist: the index entry moves, the file does not, and keeps
 *   its mark of being unchanged.
 * - `--sparse-index`: the index then has no token, and every answer is "everything".
 */

import type { Operation } from "./operations.ts";
import type { Random } from "./random.ts";
import type { TreeView } from "./tree-view.ts";

type Make = (random: Random, view: TreeView) => Operation | undefined;

/** Made by the first operations of each tree; `checkout -B` makes them again elsewhere. */
export const BRANCHES = ["main", "other", "third"] as const;

const IGNORE_RULES = [
  "*.o",
  "build",
  "build/",
  "/a",
  "a",
  "deep/",
  "!a",
  "!x.o",
  "*",
  "n*",
  "u/*",
  "",
];

const GIT_OPERATIONS: readonly (readonly [number, Make])[] = [
  [6, () => git("add", "--all")],
  [4, (_, view) => gitOn(view.any(), "add", "--")],
  [3, (_, view) => gitOn(view.any(), "add", "-f", "--")],
  [2, () => git("add", "--update")],
  [4, () => git("commit", "--quiet", "--all", "--message=all")],
  [4, () => git("commit", "--quiet", "--allow-empty", "--message=staged")],
  [4, (random) => git("checkout", "--quiet", branch(random))],
  [4, (random) => git("checkout", "--quiet", "--force", branch(random))],
  [1, (random) => git("checkout", "--quiet", "-B", branch(random))],
  [2, (_, view) => gitOn(view.any(), "checkout", "--quiet", "--")],
  [1, () => git("checkout", "--quiet", "--", ".")],
  [3, () => git("stash", "push", "--quiet", "--include-untracked")],
  [1, () => git("stash", "push", "--quiet", "--all")],
  [4, () => git("stash", "pop", "--quiet")],
  [2, () => git("reset", "--quiet", "--hard")],
  [2, (random) => git("reset", "--quiet", "--hard", branch(random))],
  [3, (random) => git("reset", "--quiet", "--mixed", branch(random))],
  [2, () => git("reset", "--quiet")],
  [1, () => git("clean", "--quiet", "-d", "--force")],
  [1, () => git("clean", "--quiet", "-d", "-X", "--force")],
  [1, () => git("clean", "--quiet", "-d", "-x", "--force", "--force")],
  [2, (_, view) => gitOn(view.any(), "rm", "-r", "-f", "--quiet", "--")],
  [2, (_, view) => gitOn(view.any(), "rm", "-r", "--cached", "--quiet", "--")],
  [3, (_, view) => gitOn(view.moveable(), "mv", "--", view.place())],
  [2, (random) => git("merge", "--quiet", "--no-edit", branch(random))],
  [1, (random) => git("rebase", "--quiet", branch(random))],
  [1, (random) => git("cherry-pick", branch(random))],
  [4, ignoreEdit],
  [3, worktree],
  [3, sparse],
  [4, nested],
  [1, (random) => git("update-index", random.pick(["--refresh", "--really-refresh"]) ?? "")],
  [1, indexFormat],
];

export function generateGitOperation(random: Random, view: TreeView): Operation | undefined {
  return random.pickWeighted(GIT_OPERATIONS)(random, view);
}

function git(...words: string[]): Operation {
  return { kind: "git", arguments: words };
}

/** The path goes in after the words that come before it, and a second one after that. */
function gitOn(path: string | undefined, ...words: string[]): Operation | undefined {
  if (path === undefined) {
    return undefined;
  }
  const dashes = words.indexOf("--");
  return git(...words.slice(0, dashes + 1), path, ...words.slice(dashes + 1));
}

function branch(random: Random): string {
  return random.pick(BRANCHES) ?? "main";
}

function ignoreEdit(random: Random, view: TreeView): Operation {
  const folder = view.directory();
  const path = random.pick([
    ".gitignore",
    ".git/info/exclude",
    folder === undefined ? ".gitignore" : `${folder}/.gitignore`,
  ]);
  const rules = [random.pick(IGNORE_RULES), random.pick(IGNORE_RULES)];
  const content = random.isOneIn(3) ? "" : `${rules.join("\n")}\n`;
  return { kind: "write", path: path ?? ".gitignore", content };
}

function worktree(random: Random, view: TreeView): Operation {
  const place = random.isOneIn(2) ? view.place() : `../outside/wt${random.below(3)}`;
  return random.pickWeighted([
    [3, git("worktree", "add", "--quiet", "--force", "--detach", "--", place)],
    [1, git("worktree", "remove", "--force", "--force", "--", view.repository() ?? place)],
    [1, git("worktree", "remove", "--force", "--force", "--", place)],
    [1, git("worktree", "prune", "--expire=now")],
  ]);
}

function sparse(random: Random, view: TreeView): Operation {
  const folders = ["a", view.directory() ?? "b"].slice(random.below(2));
  return random.pickWeighted([
    [2, git("sparse-checkout", "set", "--cone", "--", ...folders)],
    [1, git("sparse-checkout", "set", "--no-cone", "--", "/a", "/b/*", "!/a/deep")],
    [1, git("sparse-checkout", "reapply")],
    [6, git("sparse-checkout", "disable")],
  ]);
}

function indexFormat(random: Random): Operation {
  const words = random.pick([
    ["--index-version=2"],
    ["--index-version=4"],
    ["--split-index"],
    ["--no-split-index"],
    ["--no-split-index"],
    ["--untracked-cache"],
  ]);
  return git("update-index", ...(words ?? []));
}

/** Repositories that come into being in the tree, and stop being one. */
function nested(random: Random, view: TreeView): Operation | undefined {
  const folder = view.directory();
  const repository = view.repository();
  if (repository === undefined || random.isOneIn(3)) {
    return folder === undefined || !random.isOneIn(2)
      ? git("init", "--quiet", "--", view.place())
      : git("init", "--quiet", "--", folder);
  }
  return random.pickWeighted<Operation>([
    [3, { kind: "remove", path: `${repository}/.git` }],
    [2, { kind: "rename", from: `${repository}/.git`, to: `${repository}/dot-git` }],
    [2, { kind: "rename", from: `${repository}/dot-git`, to: `${repository}/.git` }],
    [2, git("-C", repository, "add", "--all")],
    [3, git("-C", repository, "commit", "--quiet", "--allow-empty", "--message=nested")],
    [2, git("add", "-f", "--", repository)],
    [1, git("rm", "--cached", "--quiet", "-r", "--", repository)],
  ]);
}
