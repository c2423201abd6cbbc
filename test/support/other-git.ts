/** A `git` that does something else than git, for whoever finds it on PATH. */

import { chmodSync, writeFileSync } from "node:fs";
import { delimiter } from "node:path";

import { tempDir, type TempDir } from "./temp-dir.ts";

export interface OtherGit extends TempDir {
  /** PATH with it in front. */
  readonly searchPath: string;
}

/** `script`: for /bin/sh; `$0` is its own path. */
export function otherGit(script: string): OtherGit {
  const folder = tempDir("other-git");
  writeFileSync(folder.join("git"), `#!/bin/sh\n${script}\n`);
  chmodSync(folder.join("git"), 0o755);
  return {
    path: folder.path,
    join: (...names) => folder.join(...names),
    searchPath: `${folder.path}${delimiter}${process.env["PATH"] ?? ""}`,
    [Symbol.dispose]: () => {
      folder[Symbol.dispose]();
    },
  };
}
