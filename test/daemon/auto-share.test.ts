/** Which worktrees are filled, and when, with real mirrors. */

import { expect, test } from "bun:test";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { type AddedWorktree, AutoShare } from "../../src/daemon/auto-share.ts";
import { PROJECT_ROOT } from "../support/built.ts";
import { eventually } from "../support/eventually.ts";
import { runGit } from "../support/run-git.ts";
import { shareWorktrees } from "../support/share-worktrees.ts";
import type { TempWorktree } from "../support/temp-worktree.ts";

interface Fixture extends AsyncDisposable {
  readonly main: TempWorktree;
  readonly shares: AutoShare;
  readonly lines: string[];
  /** As the fleet tells it. */
  readonly found: (tree: TempWorktree, options?: Partial<AddedWorktree>) => void;
  readonly isFilled: (tree: TempWorktree) => boolean;
  isPaused: boolean;
}

function fixture(): Fixture {
  const trees = shareWorktrees();
  const { main } = trees;
  main.git("config", "gity.shareAuto", "true");
  const lines: string[] = [];
  let lastId = 0;
  const made: Fixture = {
    main,
    lines,
    isPaused: false,
    shares: new AutoShare({
      executable: [process.execPath, join(PROJECT_ROOT, "src/main.ts")],
      pausedBecause: () => (made.isPaused ? "a test" : undefined),
      log: { write: (level, message) => lines.push(`${level} ${message}`) },
    }),
    found: ({ path: root, gitDir }, options = {}) => {
      lastId += 1;
      const { gitDir: commonDir } = main;
      made.shares.added({ id: lastId, root, gitDir, commonDir, registeredAtMs: 0, ...options });
    },
    isFilled: (tree) => existsSync(tree.join("node_modules/k/index.js")),
    async [Symbol.asyncDispose]() {
      await made.shares[Symbol.asyncDispose]();
      trees[Symbol.dispose]();
    },
  };
  return made;
}

/** One that is found later is filled: those before have had their turn. */
async function hasHadTurn({ main, found, isFilled }: Fixture, name = "witness"): Promise<void> {
  const witness = main.addLinked(name);
  found(witness);
  await eventually(() => isFilled(witness), { what: "the witness" });
}

test("AutoShare fills a worktree that was made since it began, and no other", async () => {
  await using made = fixture();
  const { main, found, isFilled } = made;
  found(main);
  found({ ...main, gitDir: join(main.gitDir, "worktrees/gone") });
  const early = main.addLinked("early");
  found(early, { registeredAtMs: Date.now() + 3_600_000 });
  await hasHadTurn(made);
  expect(isFilled(early)).toBe(false);
  await eventually(() => made.lines.length === 2);
  expect(made.lines).toEqual([
    "info a new worktree got what is shared",
    "info a new worktree did not get what is shared",
  ]);
});

test("AutoShare waits while background work is paused, and while git holds the lock of the index", async () => {
  await using made = fixture();
  const { main, found, isFilled } = made;
  const locked = main.addLinked("locked");
  writeFileSync(`${locked.gitDir}/index.lock`, "");
  found(locked);
  await hasHadTurn(made);
  expect(isFilled(locked)).toBe(false);
  rmSync(`${locked.gitDir}/index.lock`);
  await eventually(() => isFilled(locked));

  made.isPaused = true;
  const paused = main.addLinked("paused");
  found(paused);
  expect(isFilled(paused)).toBe(false);
  made.isPaused = false;
  await eventually(() => isFilled(paused));
});

test("AutoShare fills a worktree once, also when it is moved", async () => {
  await using made = fixture();
  const { main, found, isFilled } = made;
  const added = main.addLinked("added");
  found(added);
  await eventually(() => isFilled(added));
  await hasHadTurn(made);
  rmSync(added.join("node_modules"), { recursive: true });
  const root = join(dirname(main.path), "elsewhere");
  runGit(main.path, "worktree", "move", added.path, root);
  found({ ...added, path: root });
  await hasHadTurn(made, "second");
  expect(existsSync(join(root, "node_modules"))).toBe(false);
});

test("AutoShare gives up a worktree that is closed or gone, and ends with all of them", async () => {
  await using made = fixture();
  const { main, shares, found, isFilled } = made;
  made.isPaused = true;
  const trees = ["one", "two", "three"].map((name) => main.addLinked(name));
  trees.forEach((tree, i) => {
    found(tree, { id: 100 + i });
  });
  shares.closed(100);
  shares.stateChanged(101, { code: "WORKTREE_GONE" });
  shares.stateChanged(102, { code: "WATCH_LIMIT_REACHED" });
  made.isPaused = false;
  await eventually(() => trees.map(isFilled).at(2) === true);
  expect(trees.map(isFilled)).toEqual([false, false, true]);
});

test("AutoShare says so when nothing can be mirrored", async () => {
  await using made = fixture();
  const { main, found } = made;
  main.git("config", "--unset-all", "gity.share");
  found(main.addLinked("added"));
  await eventually(() => made.lines.includes("warn cannot fill a new worktree"));
});
