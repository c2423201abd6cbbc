/**
 * The doctor's look at what is the user's own and wins over, or stands beside, a repository's
 * configuration: variables, the user's configuration, and Watchman.
 */

import { readFileSync, statSync } from "node:fs";

import { GityError } from "../../base/errors.ts";
import { isHelperPath, whyNotRunnable } from "../../base/helper-file.ts";
import { quoteWord } from "../../base/quote-word.ts";
import { type MonitorSetting, monitorSettings } from "../../git/monitor-setting.ts";
import { type Diagnosis, trouble } from "./diagnosis.ts";
import { processIds } from "./folder-names.ts";

const KEY = "core.fsmonitor";

type Environment = Readonly<Record<string, string | undefined>>;

/** git-config(1), "ENVIRONMENT", and `git -c`: they win over every file. */
export function checkEnvironment(environment: Environment): readonly Diagnosis[] {
  const names = Object.entries(environment)
    .filter(
      ([name, value]) =>
        (/^GIT_CONFIG_KEY_\d+$/.test(name) && value?.toLowerCase() === KEY) ||
        (name === "GIT_CONFIG_PARAMETERS" && value?.toLowerCase().includes(KEY) === true),
    )
    .map(([name]) => name);
  return names.map((name) =>
    trouble({
      id: "environment",
      severity: "warning",
      message: `git does not ask gity from here: the variable ${name} sets ${KEY}`,
      cure: `unset ${name}`,
    }),
  );
}

/** A helper that is gone, in a file that gity never writes: every other repository asks it. */
export async function checkUserConfiguration(): Promise<readonly Diagnosis[]> {
  const settings = await userSettings();
  return settings
    .filter(({ value }) => isHelperPath(value) && whyNotRunnable(value) !== undefined)
    .map(({ value, file }) =>
      trouble({
        id: "user-configuration",
        severity: "warning",
        message: `${KEY} names '${value}' in '${file ?? "the environment"}', and it cannot be run: every git command says so`,
        cure:
          file === null
            ? null
            : `git config --file ${quoteWord(file)} --unset-all ${KEY} ${quoteWord(value)}`,
        subject: file,
      }),
    );
}

/** Nothing without a git, of which others tell. */
async function userSettings(): Promise<readonly MonitorSetting[]> {
  try {
    return await monitorSettings("/");
  } catch (error) {
    if (error instanceof GityError) {
      return [];
    }
    throw error;
  }
}

/** It needs as many watches as gity, of the same user's. */
export function checkWatchman(): readonly Diagnosis[] {
  return processIds()
    .filter(isWatchman)
    .map((pid) =>
      trouble({
        id: "watchman",
        severity: "warning",
        message: `Watchman is running (process ${pid}): what it watches counts against the same limit`,
        cure: "if nothing else needs it: watchman shutdown-server",
      }),
    );
}

function isWatchman(pid: string): boolean {
  try {
    return (
      statSync(`/proc/${pid}`).uid === process.getuid?.() &&
      readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "watchman"
    );
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return false;
    }
    throw error;
  }
}
