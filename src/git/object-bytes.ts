/** How large a repository's own objects are on disk. */

import { GityError } from "../base/errors.ts";
import { runGit, type GitResult } from "./run.ts";

const KIB = 1024;

/** Loose and packed, without what is borrowed; undefined where git cannot look. Reads every folder of loose
 *  objects, at the lowest priority. */
export async function objectBytes(gitDir: string): Promise<number | undefined> {
  const args = ["--git-dir=.", "count-objects", "-v"];
  const result = await tryRun(args, gitDir);
  if (result?.exitCode !== 0) {
    return undefined;
  }
  const text = Buffer.from(result.stdout).toString("latin1");
  // git-count-objects(1): in KiB.
  const [loose, packed] = [/^size: (\d+)$/m, /^size-pack: (\d+)$/m].map((line) => line.exec(text));
  return loose?.[1] !== undefined && packed?.[1] !== undefined
    ? (Number(loose[1]) + Number(packed[1])) * KIB
    : undefined;
}

/** Millions of loose objects on a slow disk take longer than a call of git's may: nobody knows then. */
async function tryRun(args: readonly string[], cwd: string): Promise<GitResult | undefined> {
  try {
    return await runGit(args, { cwd, priority: "lowest" });
  } catch (error) {
    if (error instanceof GityError) {
      return undefined;
    }
    throw error;
  }
}
