/** All worktrees of a repository, as `git worktree list` knows them: those that are gone, too, and whatever bytes their
 *  names are made of. Paths and names are one character a byte. */

import { mainWorktree } from "./discover.ts";
import { gitFailure, runGit } from "./run.ts";

export interface KnownWorktree {
  readonly root: string;
  /** Null where there is none yet, and for a bare repository. */
  readonly commit: string | null;
  /** Null: HEAD is detached. */
  readonly branch: string | null;
  /** The repository itself, without a worktree. */
  readonly isBare: boolean;
  /** Why nobody may remove it; empty when nobody has said why; null when it is not locked. */
  readonly lockReason: string | null;
  /** git would forget it with the next `git worktree prune`. */
  readonly isPrunable: boolean;
}

const BRANCH_PREFIX = "refs/heads/";
const NO_COMMIT = /^0+$/;

/** In git's order, the main one first. @throws GityError GIT_FAILED */
export async function listKnownWorktrees(commonDir: string): Promise<readonly KnownWorktree[]> {
  const [first, ...linked] = await askGit(commonDir);
  if (first === undefined) {
    return [];
  }
  // git names it by cutting "/.git" off the common directory, which is wrong for submodules.
  const main = first.isBare ? undefined : await mainWorktree(commonDir, commonDir);
  const root = main === undefined ? first.root : Buffer.from(main, "utf8").toString("latin1");
  return [{ ...first, root }, ...linked];
}

async function askGit(commonDir: string): Promise<readonly KnownWorktree[]> {
  const args = ["--git-dir=.", "worktree", "list", "--porcelain"];
  const withNul = await runGit([...args, "-z"], { cwd: commonDir });
  if (withNul.exitCode === 0) {
    return parseKnownWorktrees(withNul.stdout, "\0");
  }
  // `-z` is of git 2.36. Without it a path with a newline comes out cut.
  const withNewlines = await runGit(args, { cwd: commonDir });
  if (withNewlines.exitCode !== 0) {
    throw gitFailure(args, withNewlines);
  }
  return parseKnownWorktrees(withNewlines.stdout, "\n");
}

/** The output of `git worktree list --porcelain`: git-worktree(1), "Porcelain Format". */
export function parseKnownWorktrees(
  output: Uint8Array,
  separator: "\0" | "\n",
): readonly KnownWorktree[] {
  return Buffer.from(output)
    .toString("latin1")
    .split(separator + separator)
    .flatMap((entry) => {
      const fields = new Map(entry.split(separator).map(splitAtBlank));
      const root = fields.get("worktree");
      const commit = fields.get("HEAD");
      const branch = fields.get("branch");
      return root === undefined
        ? []
        : {
            root,
            commit: commit === undefined || NO_COMMIT.test(commit) ? null : commit,
            branch: branch === undefined ? null : withoutPrefix(branch),
            isBare: fields.has("bare"),
            lockReason: fields.get("locked") ?? null,
            isPrunable: fields.has("prunable"),
          };
    });
}

function splitAtBlank(field: string): readonly [name: string, value: string] {
  const end = field.indexOf(" ");
  return end === -1 ? [field, ""] : [field.slice(0, end), field.slice(end + 1)];
}

function withoutPrefix(ref: string): string {
  return ref.startsWith(BRANCH_PREFIX) ? ref.slice(BRANCH_PREFIX.length) : ref;
}
