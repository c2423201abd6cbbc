/**
 * The doctor's look at gity's own settings in the user's configuration: what the daemon could not use is
 * otherwise only in its log.
 */

import { GityError } from "../../base/errors.ts";
import { quoteWord } from "../../base/quote-word.ts";
import {
  IDLE_TIMEOUT_KEY,
  INDEX_WARMER_KEY,
  LOG_LEVEL_KEY,
  SHARE_AUTO_KEY,
  userKeys,
  userNumber,
  userWord,
} from "../../git/user-setting.ts";
import { JOB_SETTINGS } from "../../protocol/job.ts";
import { isLogLevel, LOG_LEVELS } from "../../protocol/log-line.ts";
import { RESOURCE_SETTINGS } from "../../protocol/resources.ts";
import { SHARE_FILES_KEY, SHARE_KEY } from "../../protocol/share.ts";
import { type Diagnosis, trouble } from "./diagnosis.ts";

type Check = () => Promise<string | undefined>;

/** By git's spelling; each resolves with what is wrong. @throws GityError */
const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  [
    LOG_LEVEL_KEY.toLowerCase(),
    async () => {
      const level = (await userWord(LOG_LEVEL_KEY)) ?? "";
      return isLogLevel(level.toLowerCase())
        ? undefined
        : complaint(LOG_LEVEL_KEY, level, `none of ${LOG_LEVELS.join(", ")}`);
    },
  ],
  numberCheck(IDLE_TIMEOUT_KEY, "no number of minutes"),
  booleanCheck(INDEX_WARMER_KEY),
  booleanCheck(SHARE_AUTO_KEY),
  // What they say is for 'gity share list', and of the worktree it is asked in.
  ...[SHARE_KEY, SHARE_FILES_KEY].map((key) => [key.toLowerCase(), usable] as const),
  ...Object.values(RESOURCE_SETTINGS).map(({ key }) => numberCheck(key, "no number")),
  ...Object.values(JOB_SETTINGS).map(({ key, kind }) =>
    kind === "seconds" ? numberCheck(key, "no number of seconds") : booleanCheck(key),
  ),
]);

async function usable(): Promise<undefined> {
  return undefined;
}

function complaint(key: string, value: string, what: string): string {
  return `the setting ${key} is '${value}', and ${what}: it is not used`;
}

/** git itself says what it takes for a number. */
function numberCheck(key: string, what: string): readonly [string, Check] {
  return [
    key.toLowerCase(),
    async () => {
      const number = await orGitFailed(() => userNumber(key));
      return number === undefined || number < 0
        ? complaint(key, (await userWord(key)) ?? "", what)
        : undefined;
    },
  ];
}

function booleanCheck(key: string): readonly [string, Check] {
  return [
    key.toLowerCase(),
    async () => {
      const value = (await userWord(key)) ?? "";
      return BOOLEANS.has(value.toLowerCase())
        ? undefined
        : complaint(key, value, "neither true nor false");
    },
  ];
}

/** git-config(1), "Values"; without a value it is true. */
const BOOLEANS = new Set(["true", "yes", "on", "1", "false", "no", "off", "0", ""]);

/** Nothing where all is well, and without a git, of which others tell. */
export async function checkSettings(): Promise<readonly Diagnosis[]> {
  try {
    const keys = await userKeys("gity.");
    const complaints = await Promise.all(keys.map(complaintOf));
    return complaints.flat();
  } catch (error) {
    if (error instanceof GityError) {
      return [];
    }
    throw error;
  }
}

async function complaintOf(key: string): Promise<readonly Diagnosis[]> {
  const check = CHECKS.get(key);
  const message =
    check === undefined
      ? `gity has no setting '${key}', and your git configuration sets it`
      : await check();
  const cure = `git config --global --unset-all ${quoteWord(key)}`;
  return message === undefined
    ? []
    : [trouble({ id: "user-configuration", severity: "warning", message, cure })];
}

async function orGitFailed<Value>(step: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof GityError && error.code === "GIT_FAILED") {
      return undefined;
    }
    throw error;
  }
}
