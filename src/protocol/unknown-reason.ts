/**
 * Why an answer was `/`, "anything may have changed": a word for programs, a sentence for people.
 *
 * The words are public: they appear in `--json` and as labels of metrics. Add freely, never rename.
 */

export const UNKNOWN_REASONS = {
  "no-token": "git had no token yet: its first question",
  "foreign-token": "the token was another program's",
  "foreign-epoch": "the token was of another epoch: from before a reboot, or a lost history",
  "unanswerable-token": "the token was given out with a '/' while nothing could be answered",
  "too-old": "the token was older than what the history still holds",
  "token-ahead": "the token was newer than anything given out",
  flushed: "a client asked for all to be forgotten",
  crawling: "the worktree was being covered for the first time",
  "catching-up": "the worktree was being covered again",
  degraded: "the worktree cannot be covered; see its reason",
  "deadline-passed": "what had just appeared could not be crawled in time",
  "scope-in-doubt": "a rule of what git ignores had changed, and git was still being asked",
  "other-place": "the process stood elsewhere, used another index, or could not be looked at",
  "other-index": "the token was from before an interruption, and the index was not the one of then",
} as const satisfies Readonly<Record<string, string>>;

export type UnknownReason = keyof typeof UNKNOWN_REASONS;

/** How often each was the reason. */
export type UnknownCounts = Readonly<Record<UnknownReason, number>>;

export const NO_UNKNOWN_ANSWERS: UnknownCounts = {
  "no-token": 0,
  "foreign-token": 0,
  "foreign-epoch": 0,
  "unanswerable-token": 0,
  "too-old": 0,
  "token-ahead": 0,
  flushed: 0,
  crawling: 0,
  "catching-up": 0,
  degraded: 0,
  "deadline-passed": 0,
  "scope-in-doubt": 0,
  "other-place": 0,
  "other-index": 0,
};
