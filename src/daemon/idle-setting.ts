/** After how long without a request the daemon ends: the user's setting, or what goes without one. */

import { GityError } from "../base/errors.ts";
import { DAEMON_IDLE_MINUTES } from "../base/limits.ts";
import { IDLE_TIMEOUT_KEY, userNumber } from "../git/user-setting.ts";
import type { Log } from "./log-file.ts";

const MINUTE_MS = 60_000;

/** Undefined is never. What is registered is to be watched, unless its owner says otherwise. */
export function idleMsOf(
  setting: number | undefined,
  repositoryCount: number,
  minuteMs = MINUTE_MS,
): number | undefined {
  const minutes = setting ?? (repositoryCount > 0 ? 0 : DAEMON_IDLE_MINUTES);
  return minutes === 0 ? undefined : minutes * minuteMs;
}

/** Read once, when the daemon starts. Undefined when the user has said nothing, or nothing that can be understood. */
export async function readIdleSetting(log: Log): Promise<number | undefined> {
  try {
    const minutes = await userNumber(IDLE_TIMEOUT_KEY);
    if (minutes === undefined || minutes >= 0) {
      return minutes;
    }
    log.write("warn", "cannot use a setting", { key: IDLE_TIMEOUT_KEY, minutes });
  } catch (error) {
    if (!(error instanceof GityError)) {
      throw error;
    }
    log.write("warn", "cannot read a setting", { key: IDLE_TIMEOUT_KEY, reason: error.message });
  }
  return undefined;
}
