/** What moves in a git directory, as real git moves it; the rest is in e2e/events.test.ts. */

import { mkdirSync, writeFileSync } from "node:fs";

import { expect, test } from "bun:test";

import { GitStateWatch } from "../../src/monitor/git-state-watch.ts";
import { gitText } from "../support/run-git.ts";
import { tempWorktree } from "../support/temp-worktree.ts";

function watched() {
  const tree = tempWorktree("git-state", { files: { f: "1" } });
  const moved: string[] = [];
  const watch = new GitStateWatch((id, part) => moved.push(`${id} ${part}`));
  return {
    tree,
    watch,
    git: (...args: string[]) => gitText(tree.path, ...args),
    /** What has moved since the last call. */
    moves: (): string[] => {
      watch.drain();
      return [...new Set(moved.splice(0))].toSorted();
    },
    [Symbol.dispose]: () => {
      watch[Symbol.dispose]();
      tree[Symbol.dispose]();
    },
  };
}

test("GitStateWatch has a descriptor only while somebody is followed", () => {
  using kit = watched();
  const { watch, tree, git, moves } = kit;
  const place = { gitDir: tree.gitDir, commonDir: tree.gitDir };
  expect(watch.fd).toBeUndefined();
  watch.follow(1, place);
  watch.follow(1, place);
  expect(watch.fd).toBeGreaterThan(0);
  git("branch", "side");
  expect(moves()).toEqual(["1 refs"]);
  watch.unfollow(1);
  watch.unfollow(1);
  expect(watch.fd).toBeUndefined();
  git("branch", "other");
  expect(moves()).toEqual([]);
});

test("GitStateWatch tells index, HEAD and refs apart, and leaves locks alone", () => {
  using kit = watched();
  const { watch, tree, git, moves } = kit;
  watch.follow(1, { gitDir: tree.gitDir, commonDir: tree.gitDir });
  writeFileSync(tree.join("f"), "22");
  expect(moves()).toEqual([]);
  git("add", "f");
  expect(moves()).toEqual(["1 index"]);
  git("checkout", "-q", "-b", "side");
  expect(moves()).toContain("1 head");
  writeFileSync(`${tree.gitDir}/refs/heads/x.lock`, "");
  writeFileSync(`${tree.gitDir}/COMMIT_EDITMSG`, "");
  expect(moves()).toEqual([]);
});

test("GitStateWatch notices a thousand branches in folders of their own, and goes on", () => {
  using kit = watched();
  const { watch, tree, git, moves } = kit;
  watch.follow(1, { gitDir: tree.gitDir, commonDir: tree.gitDir });
  const head = git("rev-parse", "HEAD").trim();
  for (let i = 0; i < 1_000; i += 1) {
    mkdirSync(`${tree.gitDir}/refs/heads/d${i}/e`, { recursive: true });
    writeFileSync(`${tree.gitDir}/refs/heads/d${i}/e/f`, `${head}\n`);
  }
  expect(moves()).toEqual(["1 refs"]);
  git("branch", "d0/e/g");
  expect(moves()).toEqual(["1 refs"]);
});

test("GitStateWatch follows folders of branches that are new, and several worktrees", () => {
  using kit = watched();
  const { watch, tree, git, moves } = kit;
  const other = `${tree.path}-linked`;
  mkdirSync(other);
  git("worktree", "add", "-q", "--detach", other);
  const gitDir = gitText(other, "rev-parse", "--absolute-git-dir").trim();
  watch.follow(1, { gitDir: tree.gitDir, commonDir: tree.gitDir });
  watch.follow(2, { gitDir, commonDir: tree.gitDir });
  git("branch", "a/b/c");
  expect(moves()).toEqual(["1 refs", "2 refs"]);
  git("branch", "a/b/d");
  expect(moves()).toEqual(["1 refs", "2 refs"]);
  gitText(other, "checkout", "-q", "a/b/d");
  expect(moves()).toContain("2 head");
  watch.unfollow(2);
  git("branch", "e");
  expect(moves()).toEqual(["1 refs"]);
  git("worktree", "remove", other);
});

test("GitStateWatch looks at each of a thousand new folders once, whoever follows", () => {
  using kit = watched();
  const { watch, tree, moves } = kit;
  const commonDir = tree.gitDir;
  watch.follow(1, { gitDir: tree.gitDir, commonDir });
  for (let i = 0; i < 900; i += 1) {
    mkdirSync(`${tree.gitDir}/refs/heads/b${i}`);
  }
  const startMs = performance.now();
  expect(moves()).toEqual(["1 refs"]);
  for (let id = 2; id < 100; id += 1) {
    watch.follow(id, { gitDir: `${tree.gitDir}/worktrees/${id}`, commonDir });
  }
  // To watch all of them anew for each took 48 s, in which nobody was answered.
  expect(performance.now() - startMs).toBeLessThan(2_000);
  writeFileSync(`${tree.gitDir}/refs/heads/b899/x`, "");
  expect(moves()).toHaveLength(99);
});

test("GitStateWatch loses nothing of what is queued when another comes or goes", () => {
  using kit = watched();
  const { watch, tree, git, moves } = kit;
  using other = tempWorktree("git-state-other", { files: { f: "1" } });
  watch.follow(1, { gitDir: tree.gitDir, commonDir: tree.gitDir });
  git("branch", "side");
  watch.follow(2, { gitDir: other.gitDir, commonDir: other.gitDir });
  expect(moves()).toEqual(["1 refs"]);
  git("branch", "another");
  watch.unfollow(2);
  expect(moves()).toEqual(["1 refs"]);
});

test("GitStateWatch follows a folder of branches that went and came again", () => {
  using kit = watched();
  const { watch, tree, git, moves } = kit;
  watch.follow(1, { gitDir: tree.gitDir, commonDir: tree.gitDir });
  git("branch", "a/b");
  moves();
  git("branch", "-D", "a/b");
  git("pack-refs", "--all");
  moves();
  git("branch", "a/c");
  moves();
  git("branch", "a/d");
  expect(moves()).toEqual(["1 refs"]);
});
