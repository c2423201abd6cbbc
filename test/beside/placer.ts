/**
 * A program that puts the index of a worktree in the place of itself, again and again, until its standard input ends:
 *
 *     bun test/beside/placer.ts TREE STRETCH-MS [without-leases]
 *
 * Between taking the lock and the rename it waits for STRETCH-MS, as if another process had the processor.
 * Prints how often it came to what, as JSON.
 */

import { chmodSync, closeSync, copyFileSync, fstatSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";

import { libc } from "../../src/ffi/libc.ts";
import { placeIndex } from "../../src/placer/place-index.ts";
import { indexIdentity } from "../../src/protocol/index-placing.ts";

/** fcntl(2). */
const F_SETLEASE = 1024;

const [root = "", stretchMs = "0", way = ""] = process.argv.slice(2);
const gitDir = join(root, ".git");

const { link, fcntl } = libc;
let longestMs = 0;
libc.link = (...args) => {
  const result = link(...args);
  if (result === 0) {
    const startedAtMs = performance.now();
    while (performance.now() - startedAtMs < Number(stretchMs)) {
      // Somebody else has the processor.
    }
    longestMs = Math.max(longestMs, performance.now() - startedAtMs);
  }
  return result;
};
if (way === "without-leases") {
  libc.fcntl = (...args) => (args[1] === F_SETLEASE ? 0 : fcntl(...args));
}

const counts: Record<string, number> = {};
const end = new AbortController();
void (async () => {
  for await (const _ of Bun.stdin.stream()) {
    // Nothing is said.
  }
  end.abort();
})();

for (let turn = 0; !end.signal.aborted; turn += 1) {
  const outcome = placeOnce(join(gitDir, "gity", `index-${turn}`));
  counts[outcome] = (counts[outcome] ?? 0) + 1;
  // oxlint-disable-next-line no-await-in-loop -- Lets the end of the input be seen.
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}
process.stdout.write(JSON.stringify({ counts, longestMs: Math.round(longestMs) }));

function placeOnce(copy: string): string {
  try {
    const index = openSync(join(gitDir, "index"), "r");
    try {
      const stat = fstatSync(index, { bigint: true });
      copyFileSync(`/proc/self/fd/${index}`, copy);
      chmodSync(copy, Number(stat.mode) & 0o777);
      const identity = indexIdentity(stat);
      return placeIndex({ gitDir, commonDir: gitDir, root, copy, identity }).outcome;
    } finally {
      closeSync(index);
      rmSync(copy, { force: true });
    }
  } catch (error) {
    return String(error);
  }
}
