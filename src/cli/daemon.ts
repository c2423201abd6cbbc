/**
 * The daemon as commands need it: one that answers and is of this version, and a word to the person
 * when another one had to go for it.
 */

import { currentHome } from "../client/connect.ts";
import { ensureDaemon, type ReplacedDaemon, type StartedDaemon } from "../client/start-daemon.ts";
import type { BuildInfo } from "../protocol/build.ts";
import type { CliContext } from "./command.ts";
import { printNote, printWarning } from "./output.ts";
import { isMarkedStopped } from "./stopped-mark.ts";

/** For a command that asks for a daemon, whatever was said before. */
export async function haveDaemon(context: CliContext): Promise<StartedDaemon> {
  return ensureAndTell(context, true);
}

/**
 * For a command that only needs one. None is started after `gity daemon stop`, or with GITY_NO_DAEMON.
 *
 * @throws GityError DAEMON_UNREACHABLE
 */
export async function needDaemon(context: CliContext): Promise<void> {
  const mayStart = process.env["GITY_NO_DAEMON"] !== "1" && !isMarkedStopped(currentHome());
  await ensureAndTell(context, mayStart);
}

async function ensureAndTell(
  { executable, build }: CliContext,
  mayStart: boolean,
): Promise<StartedDaemon> {
  const started = await ensureDaemon({ layout: currentHome(), executable, build }, { mayStart });
  if (started.replaced !== undefined) {
    tell(started.replaced, build);
  }
  return started;
}

function tell(replaced: ReplacedDaemon, build: BuildInfo): void {
  if (replaced.kind === "silent") {
    const { pid, waitedMs } = replaced;
    printWarning(`the daemon (process ${pid}) did not answer for ${waitedMs} ms, and was replaced`);
    return;
  }
  const { version } = replaced.info;
  const before = version === build.version ? `an older build of ${version}` : `gity ${version}`;
  printNote(`restarted the daemon: it was ${before}`);
}
