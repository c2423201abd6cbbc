/**
 * What core.fsmonitor is for git in a folder, and which file says so.
 */

import { resolve } from "node:path";

import { runGit } from "./run.ts";

export interface MonitorSetting {
  readonly value: string;
  /** `system`, `global`, `local`, `worktree`; see git-config(1), "--show-scope". */
  readonly scope: string;
  /** Null when it is none: an environment variable, a blob. */
  readonly file: string | null;
}

const KEY = "core.fsmonitor";
const FILE_PREFIX = "file:";

/** All of them, the last of which counts. Outside of a repository, those of the user. */
export async function monitorSettings(folder: string): Promise<readonly MonitorSetting[]> {
  const args = ["config", "-z", "--show-scope", "--show-origin", "--get-all", KEY];
  const { exitCode, stdout } = await runGit(args, { cwd: folder, configuration: "user" });
  return exitCode === 0 ? parseSettings(Buffer.from(stdout).toString("utf8"), folder) : [];
}

/** `scope NUL origin NUL value NUL`, again and again. A file is named as seen from the folder. */
export function parseSettings(output: string, folder: string): readonly MonitorSetting[] {
  const fields = output.split("\0").slice(0, -1);
  const settings: MonitorSetting[] = [];
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [scope = "", origin = "", value = ""] = fields.slice(at, at + 3);
    const file = origin.startsWith(FILE_PREFIX)
      ? resolve(folder, origin.slice(FILE_PREFIX.length))
      : null;
    settings.push({ value, scope, file });
  }
  return settings;
}
