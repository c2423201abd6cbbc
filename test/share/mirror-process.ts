/** A process that mirrors, to be killed: `bun mirror-process.ts SOURCE TARGET GITDIR PATH [exchange]`. With the last word it
 *  replaces what is there, and is killed when the two have just changed places. */

import { libc } from "../../src/ffi/libc.ts";
import { mirror } from "../../src/share/mirror.ts";

const [sourceRoot = "", targetRoot = "", targetGitDir = "", path = "", way = ""] =
  process.argv.slice(2);
const RENAME_EXCHANGE = 2;
const rename = libc.renameat2;
libc.renameat2 = (...args) => {
  const result = rename(...args);
  if (args.at(-1) === RENAME_EXCHANGE) {
    process.kill(process.pid, "SIGKILL");
  }
  return result;
};
await mirror({
  path,
  sourceRoot,
  targetRoot,
  targetGitDir,
  isReplacing: way === "exchange",
  hasHardLinks: false,
  onProgress: () => undefined,
  signal: new AbortController().signal,
});
