/**
 * The token git stores in its index and hands back: `gity:<epoch>:<generation>`.
 *
 * The prefix is ours alone, so that git's own daemon, a Watchman hook and gity each see the
 * other's tokens as foreign and answer `/`.
 */

import type { Epoch, Generation } from "../base/brands.ts";

export interface Token {
  readonly epoch: Epoch;
  readonly generation: Generation;
}

/** Generations stay below 2^53: 15 digits are enough and keep the number exact. */
const TOKEN = /^gity:([0-9a-f]{16}):(0|[1-9][0-9]{0,14})$/;

/** The generation of an answer that promises nothing: it is below every answerable one. */
export const GENERATION_NONE = 0 as Generation;

/** Returns undefined for anything we did not write: another tool's token, an old format, noise. */
export function parseToken(text: string): Token | undefined {
  const match = TOKEN.exec(text);
  if (match === null) {
    return undefined;
  }
  return { epoch: match[1] as Epoch, generation: Number(match[2]) as Generation };
}

export function formatToken(token: Token): string {
  return `gity:${token.epoch}:${token.generation}`;
}

/** 64 random bits: two epochs of one worktree never meet. */
export function randomEpoch(): Epoch {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return bytes.toHex() as Epoch;
}

/** A token that no epoch will ever answer, for when there is nobody to ask. */
export function freshToken(): string {
  return formatToken({ epoch: randomEpoch(), generation: GENERATION_NONE });
}
