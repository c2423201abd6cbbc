/** Asking git what need not be watched, now and later. */

import { expect, test } from "bun:test";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { ScopeKeeper } from "../../src/daemon/scope-keeper.ts";
import type { ScopePlace } from "../../src/git/scope.ts";
import type { ScopeMessage } from "../../src/monitor/messages.ts";
import { eventually } from "../support/eventually.ts";
import { otherGit } from "../support/other-git.ts";
import { tempDir } from "../support/temp-dir.ts";
import { type TempWorktree, tempWorktree } from "../support/temp-worktree.ts";

test("find() without an answer from git excludes nothing, and says so in the log", async () => {
  using dir = tempDir("no-repository");
  const lines: string[] = [];
  const keeper = new ScopeKeeper({ write: (_, text) => lines.push(text) });
  const scope = await keeper.find({ root: dir.path, gitDir: dir.path, commonDir: dir.path });
  expect(scope.excluded).toEqual([]);
  expect(lines).toEqual(["cannot ask git what it ignores; watching everything"]);
});

test("findAgain() tells what git says now, each time it is asked", async () => {
  using tree = tempWorktree("scope", { files: { ".gitignore": "out*\n" } });
  const keeper = new ScopeKeeper({ write: () => {} });
  const place = { root: tree.path, gitDir: tree.gitDir, commonDir: tree.gitDir };
  const found: ScopeMessage[] = [];
  mkdirSync(tree.join("out1/x"), { recursive: true });
  keeper.findAgain(place, true, (scope) => found.push(scope));
  await eventually(() => found.length === 1);
  mkdirSync(tree.join("out2/x"), { recursive: true });
  keeper.findAgain(place, true, (scope) => found.push(scope));
  await eventually(() => found.length === 2);
  expect(found.map(({ excluded }) => excluded)).toEqual([["out1"], ["out1", "out2"]]);
});

/** A worktree with two linked ones; in each a directory that no rule of two levels finds, and one of its own. */
function family() {
  const main = tempWorktree("family", { files: { ".gitignore": "out*\n", "a/b/c/f": "" } });
  const placeOf = (tree: TempWorktree, own: string): ScopePlace => {
    mkdirSync(tree.join("a/b/c/out/x"), { recursive: true });
    mkdirSync(tree.join("a/b/c", own, "x"), { recursive: true });
    return { root: tree.path, gitDir: tree.gitDir, commonDir: main.gitDir };
  };
  return {
    main: placeOf(main, "out-0"),
    one: placeOf(main.addLinked("one"), "out-1"),
    two: placeOf(main.addLinked("two"), "out-2"),
    [Symbol.dispose]: () => {
      main[Symbol.dispose]();
    },
  };
}

async function foundAgain(
  keeper: ScopeKeeper,
  place: ScopePlace,
  isUrgent: boolean,
): Promise<readonly string[]> {
  const { promise, resolve } = Promise.withResolvers<ScopeMessage>();
  keeper.findAgain(place, isUrgent, resolve);
  return (await promise).excluded.toSorted();
}

test("find() looks at everything in the first worktree only; the others take its names, and nothing else", async () => {
  using trees = family();
  const keeper = new ScopeKeeper({ write: () => {} });
  const { main, one, two } = trees;
  const scopes = await Promise.all([main, one, two].map((place) => keeper.find(place)));
  expect(scopes.map(({ excluded }) => excluded.toSorted())).toEqual([
    ["a/b/c/out", "a/b/c/out-0"],
    ["a/b/c/out"],
    ["a/b/c/out"],
  ]);
});

test("find() looks at everything in the next worktree when git said nothing of the first", async () => {
  using trees = family();
  using dir = tempDir("no-repository");
  const keeper = new ScopeKeeper({ write: () => {} });
  const { main, one } = trees;
  const places = [{ ...main, root: dir.path, gitDir: dir.path }, one];
  const scopes = await Promise.all(places.map((place) => keeper.find(place)));
  expect(scopes.map(({ excluded }) => excluded.toSorted())).toEqual([
    [],
    ["a/b/c/out", "a/b/c/out-1"],
  ]);
});

test("review() has one worktree after the other looked at as a whole, and each once", async () => {
  using trees = family();
  const keeper = new ScopeKeeper({ write: () => {} });
  const { main, one, two } = trees;
  const asked: string[] = [];
  const review = (place: ScopePlace): void => {
    keeper.review(place, () => asked.push(place.root));
  };
  await Promise.all([main, one, two].map((place) => keeper.find(place)));
  [main, one, two, main, one, two].forEach(review);

  await eventually(() => asked.length > 0);
  expect(asked).toEqual([one.root]);
  // An urgent question in between is answered quickly, and it is one's turn again, after two's.
  expect(await foundAgain(keeper, one, true)).toEqual(["a/b/c/out"]);
  await eventually(() => asked.length === 2);
  expect(await foundAgain(keeper, two, false)).toEqual(["a/b/c/out", "a/b/c/out-2"]);
  await eventually(() => asked.length === 3);
  expect(await foundAgain(keeper, one, false)).toEqual(["a/b/c/out", "a/b/c/out-1"]);
  expect(asked).toEqual([one.root, two.root, one.root]);
});

test("review() leaves a worktree that was looked at as a whole, until something else changes", async () => {
  using trees = family();
  const keeper = new ScopeKeeper({ write: () => {} });
  const { main } = trees;
  const all = ["a/b/c/out", "a/b/c/out-0"];
  const asked: string[] = [];
  await keeper.find(main);
  // The monitor asks when it has begun to watch.
  expect(await foundAgain(keeper, main, true)).toEqual(all);
  keeper.review(main, () => asked.push("after it was opened"));
  // Later an urgent question is because of a rule.
  expect(await foundAgain(keeper, main, true)).toEqual(all);
  keeper.review(main, () => asked.push("after a rule changed"));
  await eventually(() => asked.length > 0);
  expect(asked).toEqual(["after a rule changed"]);
});

test("forget() lets the next review begin", async () => {
  using trees = family();
  const keeper = new ScopeKeeper({ write: () => {} });
  const { main, one, two } = trees;
  const asked: string[] = [];
  await Promise.all([main, one, two].map((place) => keeper.find(place)));
  for (const place of [one, two]) {
    keeper.review(place, () => asked.push(place.root));
  }
  await eventually(() => asked.length === 1);
  keeper.forget(one);
  await eventually(() => asked.length === 2);
  expect(asked).toEqual([one.root, two.root]);
});

test("review() does not go on asking a git that says nothing", async () => {
  using trees = family();
  const lines: string[] = [];
  const keeper = new ScopeKeeper({ write: (_, text) => lines.push(text) });
  const { main, one, two } = trees;
  const asked: string[] = [];
  await Promise.all([main, one, two].map((place) => keeper.find(place)));
  for (const place of [one, two]) {
    keeper.review(place, () => asked.push(place.root));
  }
  await eventually(() => asked.length === 1);
  writeFileSync(join(one.root, ".git"), "leads nowhere");
  expect(await foundAgain(keeper, one, false)).toEqual([]);
  await eventually(() => asked.length === 2);
  await foundAgain(keeper, two, false);
  keeper.review(one, () => asked.push(one.root));
  expect(asked).toEqual([one.root, two.root]);
  expect(lines).toEqual(["cannot ask git what it ignores; watching everything"]);
});

test("review() of a worktree that is gone ends, and is made up for when it is back", async () => {
  using trees = family();
  const keeper = new ScopeKeeper({ write: () => {} });
  const { main, one, two } = trees;
  const asked: string[] = [];
  await Promise.all([main, one, two].map((place) => keeper.find(place)));
  const away = `${one.root}-away`;
  renameSync(one.root, away);
  for (const place of [one, two]) {
    keeper.review(place, () => asked.push(place.root));
  }
  await eventually(() => asked.length === 1);
  expect(await foundAgain(keeper, one, false)).toEqual([]);
  await eventually(() => asked.length === 2);
  expect(await foundAgain(keeper, two, false)).toEqual(["a/b/c/out", "a/b/c/out-2"]);
  renameSync(away, one.root);
  keeper.review(one, () => asked.push("back"));
  await eventually(() => asked.length === 3);
  expect(await foundAgain(keeper, one, false)).toEqual(["a/b/c/out", "a/b/c/out-1"]);
  expect(asked).toEqual([one.root, two.root, "back"]);
});

test("findAgain() goes on with a part where git cannot look at everything", async () => {
  using trees = family();
  const lines: string[] = [];
  const keeper = new ScopeKeeper({ write: (_, text) => lines.push(text) });
  const { main, one } = trees;
  await Promise.all([main, one].map((place) => keeper.find(place)));
  const asked: string[] = [];
  keeper.review(one, () => asked.push(one.root));
  await eventually(() => asked.length === 1);
  // As one that takes too long for the whole of it.
  using git = otherGit(
    `case "$*" in *" --directory -z") exit 1;; esac\nexec "${Bun.which("git") ?? ""}" "$@"`,
  );
  const before = process.env["PATH"];
  process.env["PATH"] = git.searchPath;
  try {
    expect(await foundAgain(keeper, one, false)).toEqual(["a/b/c/out"]);
    expect(lines).toHaveLength(1);
    keeper.review(one, () => asked.push("again and again"));
    // The next worktree does not wait for the same.
    mkdirSync(join(main.root, "out/x"), { recursive: true });
    const another = new ScopeKeeper({ write: (_, text) => lines.push(text) });
    await Promise.all([main, one].map((place) => another.find(place)));
    expect(lines).toHaveLength(2);
    expect(asked).toEqual([one.root]);
  } finally {
    process.env["PATH"] = before;
  }
  expect(new Set(lines)).toEqual(
    new Set(["cannot ask git for all that it ignores; watching more than is needed"]),
  );
});
