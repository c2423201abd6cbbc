/**
 * What the daemon tells its subscribers about.
 *
 * Kinds are public: they are in the API, and words of `gity events --kind`. Add freely, never rename.
 */

export const EVENT_KINDS = [
  /** Paths changed in a worktree; many changes in one event. */
  "changes",
  /** The index of a worktree was replaced. */
  "index",
  /** HEAD of a worktree moved: a commit, a checkout, a reset. */
  "head",
  /** A branch, a tag or a remote-tracking branch moved. */
  "refs",
  /** `git status` says something else than before. */
  "status",
  /** A worktree is in another state; see protocol/worktree-health.ts. */
  "crawling",
  "catching-up",
  "ready",
  "degraded",
  "registered",
  "unregistered",
  "job-queued",
  "job-started",
  "job-progress",
  "job-finished",
  "job-failed",
  /** The daemon takes more of something than it may, or no longer; see protocol/resources.ts. */
  "resources",
  /** A line of the daemon's log. */
  "log",
] as const;

export type EventKind = (typeof EVENT_KINDS)[number];
