/** What commands of `gity share` take, and say alike. */

import { formatCount } from "./output.ts";

/** Any number of directories. */
export const SHARED_PATHS = {
  type: "positional",
  required: true,
  description: "directories below the worktree's root; * and ? stand for anything in one name",
  valueHint: "PATH...",
} as const;

export function countFiles(count: number): string {
  return count === 1 ? "1 file" : `${formatCount(count)} files`;
}
