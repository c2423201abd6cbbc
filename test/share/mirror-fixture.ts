/** Two worktrees as the engine sees them: folders, one of which has a git directory. */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import type { PullTally } from "../../src/protocol/share.ts";
import { mirror, type MirrorOutcome, type MirrorRequest } from "../../src/share/mirror.ts";
import { tempDir } from "../support/temp-dir.ts";

export interface Worktrees extends Disposable {
  readonly root: string;
  /** In the directory that is mirrored. */
  source(...names: string[]): string;
  target(...names: string[]): string;
  readonly aside: string;
  write(path: string, content: string | Uint8Array): void;
  mirror(options?: Partial<MirrorRequest>): Promise<MirrorOutcome>;
}

/** Below `root`, or in a folder of their own. */
export function worktrees(label: string, root?: string): Worktrees {
  const own = root === undefined ? tempDir(label) : undefined;
  const base = own?.path ?? root ?? "";
  const path = "cache";
  const gitDir = join(base, "target/.git");
  const source = (...names: string[]): string => join(base, "source", path, ...names);
  mkdirSync(source(), { recursive: true });
  mkdirSync(gitDir, { recursive: true });
  return {
    root: base,
    source,
    target: (...names) => join(base, "target", path, ...names),
    aside: join(gitDir, "gity"),
    write: (name, content) => {
      mkdirSync(dirname(source(name)), { recursive: true });
      writeFileSync(source(name), content);
    },
    mirror: async (options = {}) =>
      mirror({
        path,
        sourceRoot: join(base, "source"),
        targetRoot: join(base, "target"),
        targetGitDir: gitDir,
        isReplacing: false,
        hasHardLinks: false,
        onProgress: () => undefined,
        signal: new AbortController().signal,
        ...options,
      }),
    [Symbol.dispose]: () => {
      own?.[Symbol.dispose]();
    },
  };
}

/** Of a mirror that must have come to be. */
export function tallyOf(outcome: MirrorOutcome): PullTally {
  if (outcome.kind !== "pulled") {
    throw new Error(`not mirrored: ${outcome.reason}`);
  }
  return outcome.tally;
}
