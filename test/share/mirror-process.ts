/** A process that mirrors, to be killed: `bun mirror-process.ts SOURCE TARGET GITDIR PATH`. */

import { mirror } from "../../src/share/mirror.ts";

const [sourceRoot = "", targetRoot = "", targetGitDir = "", path = ""] = process.argv.slice(2);
await mirror({
  path,
  sourceRoot,
  targetRoot,
  targetGitDir,
  isReplacing: false,
  hasHardLinks: false,
  onProgress: () => undefined,
  signal: new AbortController().signal,
});
