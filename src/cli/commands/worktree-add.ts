/** `gity worktree add`: git's own, and then the new worktree is as fast as an old one from its first moment. */

import { readLinkedWorktrees } from "../../git/linked-worktrees.ts";
import { exactWords, runAsGit } from "../../git/pass-to-git.ts";
import { wordsCommand } from "../command.ts";
import { untilInterrupted } from "../interrupt.ts";
import { commonDirHere, findNewWorktree } from "../worktree/new-worktree.ts";

export default wordsCommand({
  name: "worktree add",
  description:
    "Run 'git worktree add', with git's own options, output and exit code. Where the repository is registered, the new worktree is watched and its first 'git status' is as fast as any other; where directories are declared with 'gity share add', they are mirrored into it.\n" +
    "What cannot be done after git is done is a warning: the worktree is there. So it is after a post-checkout hook that fails, whose exit code is returned.",
  args: {
    words: {
      type: "positional",
      required: false,
      description: "what 'git worktree add' understands; see 'gity worktree add -h'",
      valueHint: "ARGUMENT...",
    },
  },
  examples: [
    { line: "gity worktree add ../fix", says: "with a new branch 'fix'" },
    { line: "gity worktree add ../review origin/topic", says: "with a branch that is there" },
  ],
  runWords: async (words, context) => {
    const end = words.indexOf("--");
    const options = end === -1 ? words : words.slice(0, end);
    if (options.includes("--help")) {
      return undefined;
    }
    const exact = exactWords(words);
    const commonDir = commonDirHere();
    const before = commonDir === undefined ? [] : readLinkedWorktrees(commonDir);
    return untilInterrupted(async (signal) => {
      const { exitCode, isKilled } = await runAsGit(["worktree", "add", ...exact]);
      if (commonDir === undefined || isKilled || signal.aborted) {
        return exitCode;
      }
      const hasFailed = exitCode !== 0;
      const added = findNewWorktree(commonDir, { before, words: exact, hasFailed });
      if (added === undefined) {
        return exitCode;
      }
      // As much code again, which a wrong call does without.
      const { prepareWorktree } = await import("../worktree/prepare-worktree.ts");
      await prepareWorktree(context, { ...added, commonDir, isQuiet: isQuiet(options), signal });
      return exitCode;
    });
  },
});

/** `-q` may be in a cluster, up to an option whose value would follow; a long option may be cut short. */
function isQuiet(options: readonly string[]): boolean {
  return options.some(
    (word) => /^-[^-bB]*q/.test(word) || (word.length > 2 && "--quiet".startsWith(word)),
  );
}
