/**
 * Settings that keep git from asking gity, or that do not go together with it. They are the
 * user's: gity says what it saw and changes nothing.
 */

import { existsSync } from "node:fs";

import type { WorktreeLocation } from "./discover.ts";
import { runGit } from "./run.ts";

/**
 * Other worktrees can differ from the asked one only by a configuration of their own. `monitor` is
 * what core.fsmonitor should be.
 */
export async function repositoryWarnings(
  worktrees: readonly WorktreeLocation[],
  asked: WorktreeLocation,
  monitor: string,
): Promise<readonly string[]> {
  const checked = worktrees.filter(
    ({ gitDir }) => gitDir === asked.gitDir || existsSync(`${gitDir}/config.worktree`),
  );
  const warnings = await Promise.all(checked.map(({ root }) => worktreeWarnings(root, monitor)));
  return warnings.flat();
}

/** What this worktree's own git would use, all configuration files together. */
async function worktreeWarnings(root: string, wanted: string): Promise<readonly string[]> {
  const warnings: string[] = [];
  const monitor = await effectiveValue(root, "core.fsmonitor");
  if (monitor !== wanted) {
    const where = await originOf(root, "core.fsmonitor");
    warnings.push(
      `git will not ask gity in '${root}': core.fsmonitor is '${monitor ?? ""}' in ${where}`,
    );
  }
  if ((await effectiveValue(root, "core.splitIndex", "--type=bool")) === "true") {
    warnings.push(
      `core.splitIndex is on in '${root}': git before 2.41 damages such an index when it also ` +
        `uses a file system monitor`,
    );
  }
  return warnings;
}

async function effectiveValue(
  root: string,
  key: string,
  ...options: readonly string[]
): Promise<string | undefined> {
  const { exitCode, stdout } = await runGit(["config", "-z", ...options, "--get", key], {
    cwd: root,
    configuration: "user",
  });
  return exitCode === 0 ? Buffer.from(stdout.subarray(0, -1)).toString("utf8") : undefined;
}

async function originOf(root: string, key: string): Promise<string> {
  const { stdout } = await runGit(["config", "-z", "--show-origin", "--get", key], {
    cwd: root,
    configuration: "user",
  });
  const origin = Buffer.from(stdout).toString("utf8").split("\0")[0] ?? "";
  return origin === "" ? "no file" : `'${origin.replace(/^file:/, "")}'`;
}
