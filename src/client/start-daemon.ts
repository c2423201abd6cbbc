/**
 * Starting the daemon in the background, and ending it, as a command does it for a person.
 *
 * Beside src/git and the helper the one place that starts a process, and the one that kills one.
 */

import { closeSync, constants, openSync, readFileSync, statfsSync, statSync } from "node:fs";

import { unreachable } from "../base/assert.ts";
import { type ErrorCode, ERRORS, GityError } from "../base/errors.ts";
import type { HomeLayout } from "../base/home.ts";
import { DAEMON_SILENT_MS_MAX, DAEMON_START_MS_MAX, DAEMON_STOP_MS_MAX } from "../base/limits.ts";
import { requireOwnFolder } from "../base/own-folder.ts";
import { processIdentity } from "../base/process-identity.ts";
import type { DaemonInfo } from "../protocol/api.ts";
import { type BuildInfo, isOlderBuild } from "../protocol/build.ts";
import type { DaemonRecord } from "../protocol/daemon-record.ts";
import { clientOf } from "./connect.ts";
import type { GityClient } from "./gity-client.ts";

export interface DaemonCommand {
  readonly layout: HomeLayout;
  /** The words that start gity itself; `daemon run` is appended. */
  readonly executable: readonly string[];
  /** What this program is; an older daemon is replaced. */
  readonly build: BuildInfo;
}

export type FoundDaemon =
  | { readonly kind: "running"; readonly info: DaemonInfo }
  | { readonly kind: "none" }
  /** Something takes connections, and does not answer. */
  | { readonly kind: "silent"; readonly waitedMs: number };

export type ReplacedDaemon =
  | { readonly kind: "silent"; readonly pid: number; readonly waitedMs: number }
  | { readonly kind: "older"; readonly info: DaemonInfo };

export interface StartedDaemon {
  readonly info: DaemonInfo;
  /** False when one was running. */
  readonly isNew: boolean;
  /** What ran before it. */
  readonly replaced: ReplacedDaemon | undefined;
}

const NOT_THERE: ReadonlySet<ErrorCode> = new Set(["DAEMON_UNREACHABLE", "INTERRUPTED"]);

const POLL_MS = 10;
const LOG_LINES_SHOWN = 10;

/** A new store takes 40 KiB. */
const START_BYTES_MIN = 128 << 10;

/**
 * A daemon that answers, and is not older than `command.build`. Another one is replaced: one that is
 * silent is killed, an older one is stopped.
 *
 * @throws GityError DAEMON_FAILED with what it has logged when it does not come up; DAEMON_UNREACHABLE
 * when there is none, and `mayStart` is false
 */
export async function ensureDaemon(
  command: DaemonCommand,
  { mayStart = true }: { readonly mayStart?: boolean } = {},
): Promise<StartedDaemon> {
  const { layout, build } = command;
  const found = await findDaemon(layout);
  switch (found.kind) {
    case "running":
      if (!isOlderBuild(found.info, build)) {
        return { info: found.info, isNew: false, replaced: undefined };
      }
      await stopDaemon(layout);
      return startDaemon(command, { kind: "older", info: found.info });
    case "silent": {
      const pid = await killSilent(layout, found.waitedMs);
      return startDaemon(command, { kind: "silent", pid, waitedMs: found.waitedMs });
    }
    case "none":
      if (!mayStart) {
        throw new GityError("DAEMON_UNREACHABLE", `cannot reach the daemon at '${layout.socket}'`);
      }
      return startDaemon(command, undefined);
    default:
      return unreachable(found);
  }
}

/** Returns false when none was running. @throws GityError DAEMON_FAILED when it does not end */
export async function stopDaemon(layout: HomeLayout): Promise<boolean> {
  const found = await findDaemon(layout);
  if (found.kind === "silent") {
    await killSilent(layout, found.waitedMs);
    return true;
  }
  if (found.kind === "none") {
    return false;
  }
  const { pid } = found.info;
  await clientOf(layout).shutdown();
  if (await hasEnded(pid)) {
    return true;
  }
  throw new GityError(
    "DAEMON_FAILED",
    `the daemon (process ${pid}) did not end within ${DAEMON_STOP_MS_MAX} ms`,
    { hint: `look at '${layout.log}', and end it with 'kill ${pid}'` },
  );
}

/** Waits for DAEMON_SILENT_MS_MAX at most. */
export async function findDaemon(layout: HomeLayout): Promise<FoundDaemon> {
  const startMs = performance.now();
  try {
    const client = clientOf(layout);
    const info = await client.daemonInfo(AbortSignal.timeout(DAEMON_SILENT_MS_MAX));
    return { kind: "running", info };
  } catch (error) {
    if (error instanceof GityError && error.code === "DAEMON_UNREACHABLE") {
      return { kind: "none" };
    }
    if (error instanceof GityError && error.code === "INTERRUPTED") {
      return { kind: "silent", waitedMs: Math.round(performance.now() - startMs) };
    }
    throw error;
  }
}

/** What to tell a person about a daemon that does not answer. */
export function silenceError(layout: HomeLayout, waitedMs: number): GityError {
  const pid = readRecord(layout)?.pid;
  const who = pid === undefined ? "the daemon" : `the daemon (process ${pid})`;
  return new GityError("DAEMON_FAILED", `${who} did not answer for ${waitedMs} ms`, {
    hint: `'gity daemon start' replaces it; the log is '${layout.log}'`,
  });
}

/**
 * Ends it with SIGKILL, which reaches a process that is stopped, too, and returns its id.
 *
 * @throws GityError DAEMON_FAILED when it is not certain which process it is, or it is about to end
 */
async function killSilent(layout: HomeLayout, waitedMs: number): Promise<number> {
  const record = readRecord(layout);
  if (record === undefined || !isSameProcess(record)) {
    throw new GityError("DAEMON_FAILED", `the daemon did not answer for ${waitedMs} ms`, {
      hint: `nothing says which process it is; look at '${layout.log}', and end it with 'kill'`,
    });
  }
  process.kill(record.pid, "SIGKILL");
  if (!(await hasEnded(record.pid))) {
    throw new GityError(
      "DAEMON_FAILED",
      `the daemon (process ${record.pid}) did not answer for ${waitedMs} ms, and cannot be killed`,
      { hint: "it waits for a disk or a server that is away" },
    );
  }
  return record.pid;
}

/** A number is used again: only the same start is the same process. */
function isSameProcess({ pid, identity }: DaemonRecord): boolean {
  return identity !== null && processIdentity(pid) === identity;
}

/** Undefined when no daemon has written one, or it is about to end. */
function readRecord({ record: path }: HomeLayout): DaemonRecord | undefined {
  try {
    const record: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isRecord(record) ? record : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && "code" in error)) {
      return undefined;
    }
    throw error;
  }
}

/** 0 and negative numbers are no process, but many. */
function isRecord(value: unknown): value is DaemonRecord {
  return (
    typeof value === "object" &&
    value !== null &&
    "pid" in value &&
    Number.isSafeInteger(value.pid) &&
    Number(value.pid) > 1 &&
    "identity" in value &&
    (typeof value.identity === "string" || value.identity === null)
  );
}

async function startDaemon(
  command: DaemonCommand,
  replaced: ReplacedDaemon | undefined,
): Promise<StartedDaemon> {
  const { layout } = command;
  const client = clientOf(layout);
  const logBytes = statSync(layout.log, { throwIfNoEntry: false })?.size ?? 0;
  const child = spawnDaemon(command);
  const deadline = performance.now() + DAEMON_START_MS_MAX;
  while (performance.now() < deadline) {
    const info = await infoOrNone(client);
    if (info !== undefined) {
      return { info, isNew: info.pid === child.pid, replaced };
    }
    // Another command may have started one in the meantime; then ours ends, and its answers.
    const isOther = child.exitCode === ERRORS.DAEMON_ALREADY_RUNNING.exitCode;
    if (child.exitCode !== null && !isOther) {
      throw startFailure(layout, `it ended with exit code ${child.exitCode}`, logBytes);
    }
    await Bun.sleep(POLL_MS);
  }
  throw startFailure(layout, `it did not answer within ${DAEMON_START_MS_MAX} ms`, logBytes);
}

async function infoOrNone(client: GityClient): Promise<DaemonInfo | undefined> {
  try {
    return await client.daemonInfo(AbortSignal.timeout(DAEMON_START_MS_MAX));
  } catch (error) {
    const isNone = error instanceof GityError && NOT_THERE.has(error.code);
    if (isNone) {
      return undefined;
    }
    throw error;
  }
}

/** False when it is still there after DAEMON_STOP_MS_MAX. */
async function hasEnded(pid: number): Promise<boolean> {
  const deadline = performance.now() + DAEMON_STOP_MS_MAX;
  while (isRunning(pid)) {
    if (performance.now() > deadline) {
      return false;
    }
    await Bun.sleep(POLL_MS);
  }
  return true;
}

/** Its own session, the root as folder, and the log for whatever it prints when it crashes. */
function spawnDaemon({ layout, executable }: DaemonCommand) {
  requireOwnFolder(layout.logsFolder);
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

/** With its own words, where it had any; on a full disk there are none. */
function startFailure(layout: HomeLayout, reason: string, logBytes: number): GityError {
  const { lines, error, hint } = readLastWords(layout, logBytes);
  const log =
    lines.length === 0
      ? `the log '${layout.log}' says nothing about it`
      : [`the log '${layout.log}' says`, ...lines.slice(-LOG_LINES_SHOWN)].join("\n  ");
  return new GityError("DAEMON_FAILED", `cannot start the daemon: ${error ?? reason}`, {
    hint: isDiskFull(layout.home)
      ? `the disk of '${layout.home}' is full: make room, or set GITY_HOME to a folder on another disk`
      : [...(hint === undefined ? [] : [hint]), log].join("\n"),
  });
}

interface LastWords {
  /** All that this start has left in the log. */
  readonly lines: readonly string[];
  /** Why it ended, and what to do about it. */
  readonly error: string | undefined;
  readonly hint: string | undefined;
}

function readLastWords({ log }: HomeLayout, logBytes: number): LastWords {
  const bytes = readFileSync(log);
  // A smaller one was begun meanwhile.
  const text = bytes.toString("utf8", bytes.length < logBytes ? 0 : logBytes);
  const lines = text.split("\n").filter((line) => line !== "");
  const after = (prefix: string): string | undefined =>
    lines.findLast((line) => line.startsWith(prefix))?.slice(prefix.length);
  return { lines, error: after("error: "), hint: after("hint: ") };
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
