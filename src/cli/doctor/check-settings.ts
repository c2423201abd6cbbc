/**
 * The doctor's look at gity's own settings in the user's configuration: what the daemon could not use is
 * otherwise only in its log.
 */

import { GityError } from "../../base/errors.ts";
import { quoteWord } from "../../base/quote-word.ts";
import {
  IDLE_TIMEOUT_KEY,
  LOG_LEVEL_KEY,
  userKeys,
  userNumber,
  userWord,
} from "../../git/user-setting.ts";
import { isLogLevel, LOG_LEVELS } from "../../protocol/log-line.ts";
import { type Diagnosis, trouble } from "./diagnosis.ts";

/** By git's spelling; each resolves with what is wrong. @throws GityError */
const CHECKS: Readonly<Record<string, () => Promise<string | undefined>>> = {
  [LOG_LEVEL_KEY.toLowerCase()]: async () => {
    const level = (await userWord(LOG_LEVEL_KEY)) ?? "";
    return isLogLevel(level.toLowerCase())
      ? undefined
      : `the setting ${LOG_LEVEL_KEY} is '${level}', and none of ${LOG_LEVELS.join(", ")}: it is not used`;
  },
  [IDLE_TIMEOUT_KEY.toLowerCase()]: async () => {
    const minutes = (await userWord(IDLE_TIMEOUT_KEY)) ?? "";
    return (await isNumberOfMinutes())
      ? undefined
      : `the setting ${IDLE_TIMEOUT_KEY} is '${minutes}', and no number of minutes: it is not used`;
  },
};

/** Nothing where all is well, and without a git, of which others tell. */
export async function checkSettings(): Promise<readonly Diagnosis[]> {
  try {
    const keys = await userKeys();
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
  const check = Object.hasOwn(CHECKS, key) ? CHECKS[key] : undefined;
  const message =
    check === undefined
      ? `gity has no setting '${key}', and your git configuration sets it`
      : await check();
  const cure = `git config --global --unset-all ${quoteWord(key)}`;
  return message === undefined
    ? []
    : [trouble({ id: "user-configuration", severity: "warning", message, cure })];
}

/** git itself says what it takes for a number. */
async function isNumberOfMinutes(): Promise<boolean> {
  try {
    return ((await userNumber(IDLE_TIMEOUT_KEY)) ?? 0) >= 0;
  } catch (error) {
    if (error instanceof GityError && error.code === "GIT_FAILED") {
      return false;
    }
    throw error;
  }
}
