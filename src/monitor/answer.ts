/**
 * An answer to "what changed since this token?", as a value and as the bytes git reads.
 *
 * The bytes are the same on git's socket, in the helper's output and in the log's batches.
 */

import type { BytePath } from "../base/brands.ts";
import type { UnknownReason } from "../protocol/unknown-reason.ts";

export type Answer =
  | { readonly kind: "changed"; readonly token: string; readonly paths: readonly BytePath[] }
  | { readonly kind: "unknown"; readonly token: string; readonly reason: UnknownReason };

/** Paths as they stand in an answer: each closed by NUL. */
export function encodePaths(paths: readonly BytePath[]): Uint8Array {
  return paths.length === 0 ? new Uint8Array(0) : Buffer.from(`${paths.join("\0")}\0`, "latin1");
}

/** `token NUL`, then the paths; `/` stands for everything. */
export function encodeAnswer(answer: Answer): readonly Uint8Array[] {
  const token = Buffer.from(`${answer.token}\0`, "latin1");
  const paths =
    answer.kind === "changed" ? encodePaths(answer.paths) : Buffer.from("/\0", "latin1");
  return [token, paths];
}
