/** A copy of a worktree's index as it is, and the request to put it in place. */

import { chmodSync, copyFileSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { test } from "bun:test";

import { indexIdentity, type PlacingRequest } from "../../src/protocol/index-placing.ts";
import { hiddenBecause } from "../../src/placer/running-gits.ts";
import type { TempWorktree } from "./temp-worktree.ts";

/** A test in which an index is put in place. Not in a container: gits outside of it are not to be seen, and so nothing
 *  is placed there. */
export const placingTest = hiddenBecause() === undefined ? test : test.skip;

export function indexRequest(tree: TempWorktree, name = "index-copy"): PlacingRequest {
  const { gitDir, path: root } = tree;
  const index = join(gitDir, "index");
  mkdirSync(join(gitDir, "gity"), { recursive: true, mode: 0o700 });
  const copy = join(gitDir, "gity", name);
  const stat = statSync(index, { bigint: true });
  copyFileSync(index, copy);
  chmodSync(copy, Number(stat.mode & 0o777n));
  return { gitDir, commonDir: gitDir, root, copy, identity: indexIdentity(stat) };
}
