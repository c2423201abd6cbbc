/** A worktree that a gity of its own watches, and the oracle at hand: where e2e tests begin. */

import { type GityHome, gityHome } from "./gity-home.ts";
import { expectStatusMatchesOracle } from "./oracle.ts";
import { gitText, tryRunGit } from "./run-git.ts";
import { type TempWorktree, tempWorktree, type TempWorktreeOptions } from "./temp-worktree.ts";

export interface WatchedWorktree extends AsyncDisposable {
  readonly tree: TempWorktree;
  readonly home: GityHome;
  /** Status through gity is what it is without; both forms, taken at once. */
  check(): void;
  /** Whether the last answer git got, by `git status` run now, was more than "everything". */
  isAnswered(): boolean;
  /** `git status --short`, as the user sees it. */
  status(): string;
  /** What `gity changed` says; an empty token asks for the first time. */
  changedSince(token: string): Promise<{ token: string; kind: string; paths: unknown[] }>;
}

export interface WatchedWorktreeOptions extends TempWorktreeOptions {
  /** What happens to the tree after it was committed, and before gity comes. */
  readonly prepare?: (tree: TempWorktree) => void;
}

/** Registered, covered, and asked once, so that git holds a token. */
export async function watchedWorktree(
  label: string,
  options: WatchedWorktreeOptions = {},
): Promise<WatchedWorktree> {
  const tree = tempWorktree(label, options);
  options.prepare?.(tree);
  return watchedAt(tree);
}

/** The same for a worktree that is there already. It is removed at the end. */
export async function watchedAt(tree: TempWorktree): Promise<WatchedWorktree> {
  const home = await gityHome();
  try {
    await home.register(tree.path);
  } catch (error) {
    await home[Symbol.asyncDispose]();
    tree[Symbol.dispose]();
    throw error;
  }
  const check = (): void => {
    expectStatusMatchesOracle(tree.path);
  };
  check();
  check();
  return {
    tree,
    home,
    check,
    isAnswered: () => {
      const environment = { GIT_TRACE2_EVENT: "2" };
      const { stderr } = tryRunGit(tree.path, ["status"], { environment });
      return /"fsm_(?:hook|client)"/.test(stderr) && !stderr.includes("query/trivial-response");
    },
    status: () => gitText(tree.path, "status", "--short"),
    changedSince: async (token) => {
      const since = token === "" ? [] : ["--since", token];
      return (await home.gityJson("changed", tree.path, ...since)) as never;
    },
    async [Symbol.asyncDispose]() {
      await home[Symbol.asyncDispose]();
      tree[Symbol.dispose]();
    },
  };
}
