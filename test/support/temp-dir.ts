/** A folder for one test: made on demand, gone at the end of the scope. */

import { mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TempDir extends Disposable {
  readonly path: string;
  /** An absolute path inside. */
  join(...names: string[]): string;
}

export function tempDir(label: string, parent = tmpdir()): TempDir {
  // macOS hands out /var/..., and reports events for /private/var/...
  const path = mkdtempSync(join(realpathSync(parent), `gity-${label}-`));
  return {
    path,
    join: (...names) => join(path, ...names),
    [Symbol.dispose]: () => {
      removeTree(path);
    },
  };
}

/**
 * Removes a tree whatever its names and permissions are. rm(1) and not rmSync(): a name that is
 * not UTF-8 or a path beyond PATH_MAX has no spelling in the latter.
 */
export function removeTree(path: string): void {
  const remove = ["rm", "-rf", "--", path];
  if (Bun.spawnSync(remove, { stderr: "ignore" }).exitCode === 0) {
    return;
  }
  Bun.spawnSync(["chmod", "-R", "u+rwx", "--", path], { stderr: "ignore" });
  const second = Bun.spawnSync(remove, { stderr: "pipe" });
  if (second.exitCode !== 0) {
    throw new Error(`cannot remove '${path}': ${second.stderr.toString()}`);
  }
}
