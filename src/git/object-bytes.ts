/** How large a repository's own objects are on disk. */

import { runGit } from "./run.ts";

const KIB = 1024;

/** Loose and packed, without what is borrowed; undefined where git cannot look. Reads every folder of loose
 *  objects, at the lowest priority. */
export async function objectBytes(gitDir: string): Promise<number | undefined> {
  const args = ["--git-dir=.", "count-objects", "-v"];
  const { exitCode, stdout } = await runGit(args, { cwd: gitDir, priority: "lowest" });
  const text = Buffer.from(stdout).toString("latin1");
  // git-count-objects(1): in KiB.
  const [loose, packed] = [/^size: (\d+)$/m, /^size-pack: (\d+)$/m].map((line) => line.exec(text));
  return exitCode === 0 && loose?.[1] !== undefined && packed?.[1] !== undefined
    ? (Number(loose[1]) + Number(packed[1])) * KIB
    : undefined;
}
