/**
 * The token git stores in its index and hands back: `gity:<epoch>:<generation>`, and `:l` behind it
 * when the listings are in doubt.
 *
 * git takes "/" to mean that every file may have changed, and looks at each. But a command that
 * does not look for untracked files (`git add`, `git diff`) leaves the untracked cache as it is, and
 * stores the new token all the same; the next `git status` then trusts listings that nobody has
 * looked at (dir.c, valid_cached_dir(); true of 2.39 to 2.55). So the token that goes with "/" says
 * that the listings are in doubt, and the answer to it names every directory.
 *
 * The prefix is ours alone, so that git's own daemon, a Watchman hook and gity each see the
 * other's tokens as foreign and answer `/`.
 */

import type { Epoch, Generation } from "../base/brands.ts";

export interface Token {
  readonly epoch: Epoch;
  readonly generation: Generation;
  /** Whether the untracked cache that goes with this token may be of an earlier time. */
  readonly areListingsInDoubt: boolean;
}

/** Generations stay below 2^53: 15 digits are enough and keep the number exact. */
const TOKEN = /^gity:([0-9a-f]{16}):(0|[1-9][0-9]{0,14})(:l)?$/;

/** What git says while it has no token: nothing, the time to a hook, and a word to its own daemon
 *  (fsmonitor.c, add_fsmonitor() and query_fsmonitor()). */
const FIRST_QUESTION = /^(?:\d*|builtin:fake)$/;

/** The generation of an answer that promises nothing: it is below every answerable one. */
export const GENERATION_NONE = 0 as Generation;

/** Returns undefined for anything we did not write: another tool's token, an old format, noise. */
export function parseToken(text: string): Token | undefined {
  const match = TOKEN.exec(text);
  if (match === null) {
    return undefined;
  }
  return {
    epoch: match[1] as Epoch,
    generation: Number(match[2]) as Generation,
    areListingsInDoubt: match[3] !== undefined,
  };
}

/** Whether whoever asks has no token of anybody's. */
export function isFirstQuestion(text: string): boolean {
  return FIRST_QUESTION.test(text);
}

export function formatToken(token: Token): string {
  return `gity:${token.epoch}:${token.generation}${token.areListingsInDoubt ? ":l" : ""}`;
}

/** The same for a tool: it has no listings that could be of an earlier time. */
export function withListingsTrusted(text: string): string {
  const token = parseToken(text);
  return token === undefined ? text : formatToken({ ...token, areListingsInDoubt: false });
}

/**
 * Before a token: gity asks itself, and it is not counted. The daemon, to be faster when somebody else does
 * (daemon/rehearsal.ts), and whoever only wants to know who answers (git/monitor-socket.ts).
 */
export const OWN_QUESTION = "gity-own:";

/**
 * Before a token: somebody has a ready-made status of this moment, and wants to know whether it holds. Answered as a
 * tool's question is, and the daemon hears that there is interest in one.
 */
export const STATUS_QUESTION = `${OWN_QUESTION}status:`;

/** 64 random bits: two epochs of one worktree never meet. */
export function randomEpoch(): Epoch {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return bytes.toHex() as Epoch;
}

/** A token that no epoch will ever answer, for when there is nobody to ask. */
export function freshToken(): string {
  return formatToken({
    epoch: randomEpoch(),
    generation: GENERATION_NONE,
    areListingsInDoubt: true,
  });
}
