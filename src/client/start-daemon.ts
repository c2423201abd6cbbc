/**
 * Starting the daemon in the background, and ending it, as a command does it for a person.
 *
 * The one place outside src/git that starts a process.
 */

import { closeSync, constants, mkdirSync, openSync, readFileSync, statfsSync } from "node:fs";

import { ERRORS, GityError } from "../base/errors.ts";
import type { HomeLayout } from "../base/home.ts";
import { DAEMON_START_MS_MAX, DAEMON_STOP_MS_MAX } from "../base/limits.ts";
import type { DaemonInfo } from "../protocol/api.ts";
import { GityClient } from "./gity-client.ts";

export interface DaemonCommand {
  readonly layout: HomeLayout;
  /** The words that start gity itself; `daemon run` is appended. */
  readonly executable: readonly string[];
}

export interface StartedDaemon {
  readonly info: DaemonInfo;
  /** False when one was running. */
  readonly isNew: boolean;
}

const POLL_MS = 10;
const LOG_LINES_SHOWN = 10;

/** A new store takes 40 KiB. */
const START_BYTES_MIN = 128 << 10;

/** @throws GityError DAEMON_FAILED with the end of the log when it does not come up */
export async function ensureDaemon(command: DaemonCommand): Promise<StartedDaemon> {
  const client = new GityClient(command.layout.socket);
  const running = await daemonInfo(client);
  if (running !== undefined) {
    return { info: running, isNew: false };
  }
  const child = spawnDaemon(command);
  const deadline = performance.now() + DAEMON_START_MS_MAX;
  while (performance.now() < deadline) {
    const info = await daemonInfo(client);
    if (info !== undefined) {
      return { info, isNew: info.pid === child.pid };
    }
    // Another command may have started one in the meantime; then ours ends, and its answers.
    const isOther = child.exitCode === ERRORS.DAEMON_ALREADY_RUNNING.exitCode;
    if (child.exitCode !== null && !isOther) {
      throw startFailure(command.layout, `it ended with exit code ${child.exitCode}`);
    }
    await Bun.sleep(POLL_MS);
  }
  throw startFailure(command.layout, `it did not answer within ${DAEMON_START_MS_MAX} ms`);
}

/** Returns false when none was running. @throws GityError DAEMON_FAILED when it does not end */
export async function stopDaemon(layout: HomeLayout): Promise<boolean> {
  const client = new GityClient(layout.socket);
  const info = await daemonInfo(client);
  if (info === undefined) {
    return false;
  }
  await client.shutdown();
  const deadline = performance.now() + DAEMON_STOP_MS_MAX;
  while (performance.now() < deadline) {
    if (!isRunning(info.pid)) {
      return true;
    }
    await Bun.sleep(POLL_MS);
  }
  throw new GityError(
    "DAEMON_FAILED",
    `the daemon (process ${info.pid}) did not end within ${DAEMON_STOP_MS_MAX} ms`,
    { hint: `look at '${layout.log}', and end it with 'kill ${info.pid}'` },
  );
}

/** Undefined when none is running. */
export async function daemonInfo(client: GityClient): Promise<DaemonInfo | undefined> {
  try {
    return await client.daemonInfo();
  } catch (error) {
    if (error instanceof GityError && error.code === "DAEMON_UNREACHABLE") {
      return undefined;
    }
    throw error;
  }
}

/** Its own session, the root as folder, and the log for whatever it prints when it crashes. */
function spawnDaemon({ layout, executable }: DaemonCommand) {
  mkdirSync(layout.logsFolder, { recursive: true, mode: 0o700 });
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  const log = openSync(layout.log, flags, 0o600);
  try {
    const child = Bun.spawn([...executable, "daemon", "run"], {
      cwd: "/",
      env: { ...process.env, GITY_HOME: layout.home },
      stdin: "ignore",
      stdout: log,
      stderr: log,
      detached: true,
    });
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/** On a full disk there is nothing new in the log. */
function startFailure(layout: HomeLayout, reason: string): GityError {
  const lines = readFileSync(layout.log, "utf8").trimEnd().split("\n").slice(-LOG_LINES_SHOWN);
  const hint = isDiskFull(layout.home)
    ? `the disk of '${layout.home}' is full: make room, or set GITY_HOME to a folder on another disk`
    : [`the log '${layout.log}' ends with`, ...lines].join("\n  ");
  return new GityError("DAEMON_FAILED", `cannot start the daemon: ${reason}`, { hint });
}

function isDiskFull(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < START_BYTES_MIN;
}

/** A process that has ended and waits for its parent to notice does not count. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // proc(5): the state follows the name, which stands in parentheses and may hold any byte.
    return !/\) [ZX] [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      return error.code === "EPERM";
    }
    throw error;
  }
}
