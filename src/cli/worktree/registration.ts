/** Whether a repository is registered: by its own configuration first, and the daemon knows. */

import { existsSync } from "node:fs";

import { isHelperPath } from "../../base/helper-file.ts";
import { currentHome } from "../../client/connect.ts";
import type { GityClient } from "../../client/gity-client.ts";
import { readSettings, type RepositorySettings } from "../../git/repository-settings.ts";
import { SHARE_AUTO_KEY } from "../../git/user-setting.ts";
import type { RepositoryInfo } from "../../protocol/api.ts";
import { SHARE_KEY } from "../../protocol/share.ts";
import type { CliContext } from "../command.ts";
import { reachDaemon } from "../reach-daemon.ts";

export interface Registration {
  readonly client: GityClient;
  readonly repository: RepositoryInfo;
}

const MONITOR_KEY = "core.fsmonitor";
const SETTINGS = String.raw`^(core\.fsmonitor|gity\.share(auto)?)$`;

/** Settings that say whether a worktree is gity's business. @throws GityError GIT_FAILED */
export async function readOwnSettings(gitDir: string): Promise<RepositorySettings> {
  return readSettings(gitDir, SETTINGS);
}

export function hasSharedDirectories(settings: RepositorySettings): boolean {
  return settings.all(SHARE_KEY).length > 0;
}

/** The daemon mirrors into new worktrees, too, and by itself. */
export function isFilledByDaemon(settings: RepositorySettings): boolean {
  return settings.boolean(SHARE_AUTO_KEY, false) && mayBeRegistered(settings);
}

/**
 * Undefined when it is not. A daemon is started, where it may be, only for a repository that looks like a registered one.
 *
 * @throws GityError what keeps it from being found out
 */
export async function findRegistration(
  context: CliContext,
  commonDir: string,
  settings: RepositorySettings,
): Promise<Registration | undefined> {
  if (!mayBeRegistered(settings)) {
    return undefined;
  }
  const client = reachDaemon(context);
  const { repositories } = await client.list();
  const repository = repositories.find((each) => each.commonDir === commonDir);
  return repository === undefined ? undefined : { client, repository };
}

/** `true` is git's own daemon, too: where no gity has ever kept anything, it is that. */
function mayBeRegistered(settings: RepositorySettings): boolean {
  const monitor = settings.word(MONITOR_KEY) ?? "";
  return (
    isHelperPath(monitor) ||
    (settings.boolean(MONITOR_KEY, false) && existsSync(currentHome().database))
  );
}
