/** A worktree in which something of everything is to be said. */

import type { StatusSummary } from "../../../src/protocol/ready-status.ts";

export const SUMMARY: StatusSummary = {
  branch: "main",
  commit: "0123456789abcdef0123456789abcdef01234567",
  upstream: "origin/main",
  ahead: 1,
  behind: 2,
  stash: 3,
  staged: 4,
  unstaged: 5,
  untracked: 6,
  conflicts: 7,
  operation: { kind: "rebase", step: 2, total: 5 },
};

/** And one in which there is nothing to be said but where one is. */
export const CLEAN: StatusSummary = {
  ...SUMMARY,
  upstream: null,
  ahead: null,
  behind: null,
  stash: 0,
  staged: 0,
  unstaged: 0,
  untracked: 0,
  conflicts: 0,
  operation: null,
};
