/** How much the daemon logs: the user's setting. */

import { GityError } from "../base/errors.ts";
import { LOG_LEVEL_KEY, userWord } from "../git/user-setting.ts";
import { isLogLevel, LOG_LEVELS, type LogLevel } from "../protocol/log-line.ts";
import type { Log } from "./log-file.ts";

/** Read once, when the daemon starts. Undefined when the user has said nothing, or nothing that can be understood. */
export async function readLogLevel(log: Log): Promise<LogLevel | undefined> {
  try {
    const word = (await userWord(LOG_LEVEL_KEY))?.toLowerCase();
    if (word === undefined || isLogLevel(word)) {
      return word;
    }
    log.write("warn", "cannot use a setting", {
      key: LOG_LEVEL_KEY,
      value: word,
      known: LOG_LEVELS.join(","),
    });
  } catch (error) {
    if (!(error instanceof GityError)) {
      throw error;
    }
    log.write("warn", "cannot read a setting", { key: LOG_LEVEL_KEY, reason: error.message });
  }
  return undefined;
}
