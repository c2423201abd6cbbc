/**
 * How many directories of a worktree hold tracked files: the least that is to be watched.
 */

import { GityError } from "../base/errors.ts";
import { LISTING_BYTES_MAX } from "../base/limits.ts";
import { runGit } from "./run.ts";

/** The root among them. 0 when git cannot say. */
export async function countDirectories(root: string): Promise<number> {
  try {
    const { exitCode, stdout } = await runGit(["ls-files", "-z"], {
      cwd: root,
      outputBytesMax: LISTING_BYTES_MAX,
    });
    return exitCode === 0 ? countIn(Buffer.from(stdout).toString("latin1")) : 0;
  } catch (error) {
    if (error instanceof GityError) {
      return 0;
    }
    throw error;
  }
}

/** `paths` end with NUL each, and are below the root. */
function countIn(paths: string): number {
  const directories = new Set([""]);
  for (const path of paths.split("\0")) {
    let end = path.lastIndexOf("/");
    while (end > 0 && !directories.has(path.slice(0, end))) {
      directories.add(path.slice(0, end));
      end = path.lastIndexOf("/", end - 1);
    }
  }
  return directories.size;
}
