/** A hook for core.fsmonitor that always says the same. */

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { TempWorktree } from "./temp-worktree.ts";

/** `paths` are what it says has changed; "/" is anything. */
export function scriptHook(tree: TempWorktree, token: string, paths: readonly string[] = []): void {
  const hook = join(tree.gitDir, "scripted-hook");
  rmSync(hook, { force: true });
  const answer = [token, ...paths].map((part) => `${part}\\0`).join("");
  writeFileSync(hook, `#!/bin/sh\nprintf '${answer}'\n`, { mode: 0o755 });
  tree.git("config", "core.fsmonitor", hook);
  tree.git("config", "core.fsmonitorHookVersion", "2");
  tree.git("config", "core.untrackedCache", "true");
}
