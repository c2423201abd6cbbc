/**
 * Starts the daemon for a git command that found none, after that command has its answer: the next one
 * is to be answered. Waits for nothing, and does not care if it fails.
 */

import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  renameSync,
  unlinkSync,
} from "node:fs";
import { basename, dirname } from "node:path";

import { type HomeLayout, homeLayout } from "../base/home.ts";
import { DAEMON_START_REST_MS } from "../base/limits.ts";

const DAEMON = "gity";
/** What answers git. Started from source it is something else, with no `gity` beside it. */
const HELPER = /^gity(-helper)?$/;

const LOG_FLAGS =
  constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

export interface HelperProcess {
  /** process.execPath. */
  readonly executable: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** True when a process was started; whether a daemon comes of it is for its log to say. Never throws. */
export function startDaemon({ executable, environment }: HelperProcess): boolean {
  const layout = homeLayout(environment);
  if (
    layout === undefined ||
    environment["GITY_NO_DAEMON"] === "1" ||
    !HELPER.test(basename(executable)) ||
    existsSync(layout.stoppedMark)
  ) {
    return false;
  }
  try {
    return (
      isOwn(layout) &&
      isOurTurn(layout) &&
      spawnDaemon(`${dirname(executable)}/${DAEMON}`, layout, environment)
    );
  } catch {
    // A home that cannot be written to, a `gity` that is not there: git goes on at its own speed.
    return false;
  }
}

/** `sudo git status` has the home of another user, in which nothing of root's must be made. */
function isOwn({ home }: HomeLayout): boolean {
  const status = lstatSync(home, { throwIfNoEntry: false }) ?? lstatSync(dirname(home));
  return status.uid === process.getuid?.();
}

/**
 * Of all helpers one in DAEMON_START_REST_MS. Of those that find an old stamp at once, one gets it out
 * of the way.
 */
function isOurTurn({ runFolder, logsFolder, startStamp }: HomeLayout): boolean {
  // As requireOwnFolder() of base/own-folder.ts, in fewer bytes.
  for (const folder of [runFolder, logsFolder]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!lstatSync(folder).isDirectory()) {
      return false;
    }
  }
  const stamp = lstatSync(startStamp, { throwIfNoEntry: false });
  if (stamp !== undefined) {
    if (isFresh(stamp.mtimeMs)) {
      return false;
    }
    const aside = `${startStamp}.${process.pid}`;
    renameSync(startStamp, aside);
    const taken = lstatSync(aside);
    if (isFresh(taken.mtimeMs)) {
      // Somebody was faster, and this is the new one.
      renameSync(aside, startStamp);
      return false;
    }
    unlinkSync(aside);
  }
  closeSync(openSync(startStamp, "wx", 0o600));
  return true;
}

/** A stamp of the future is of a clock that was put back. */
function isFresh(mtimeMs: number): boolean {
  return Math.abs(Date.now() - mtimeMs) < DAEMON_START_REST_MS;
}

/** Its own session, and none of git's pipes: git reads until the last of them is closed. */
function spawnDaemon(
  daemon: string,
  { home, log }: HomeLayout,
  environment: HelperProcess["environment"],
): boolean {
  const output = openSync(log, LOG_FLAGS, 0o600);
  Bun.spawn([daemon, "daemon", "run"], {
    cwd: "/",
    env: { ...environment, GITY_HOME: home },
    stdio: ["ignore", output, output],
    detached: true,
  }).unref();
  return true;
}
