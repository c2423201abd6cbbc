/**
 * The daemon as commands need it: one that answers and is of this version, and a word to the person
 * when another one had to go for it.
 */

import { existsSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import { clientOf, currentHome } from "../client/connect.ts";
import type { GityClient } from "../client/gity-client.ts";
import { ensureDaemon, type ReplacedDaemon, type StartedDaemon } from "../client/start-daemon.ts";
import type { HomeLayout } from "../base/home.ts";
import { requireOwnFolder } from "../base/own-folder.ts";
import type { BuildInfo } from "../protocol/build.ts";
import type { CliContext } from "./command.ts";
import { printNote, printWarning } from "./output.ts";

/** For a command that asks for a daemon, whatever was said before. */
export async function haveDaemon(context: CliContext): Promise<StartedDaemon> {
  return ensureAndTell(context, true);
}

/**
 * For a command that only needs one. None is started after `gity daemon stop`, or with GITY_NO_DAEMON.
 *
 * @throws GityError DAEMON_UNREACHABLE
 */
export async function reachDaemon(context: CliContext): Promise<GityClient> {
  const layout = currentHome();
  await ensureAndTell(context, mayStartUnasked(layout));
  return clientOf(layout);
}

/** From now on nobody starts a daemon unless a person asks for it. */
export function markStopped({ stoppedMark }: HomeLayout): void {
  requireOwnFolder(dirname(stoppedMark));
  rmSync(stoppedMark, { force: true });
  writeFileSync(stoppedMark, "", { mode: 0o600, flag: "wx" });
}

/** Takes markStopped() back. */
export function unmarkStopped({ stoppedMark }: HomeLayout): void {
  requireOwnFolder(dirname(stoppedMark));
  rmSync(stoppedMark, { force: true });
}

function mayStartUnasked({ stoppedMark }: HomeLayout): boolean {
  return process.env["GITY_NO_DAEMON"] !== "1" && !existsSync(stoppedMark);
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
