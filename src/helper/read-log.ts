/**
 * The helper's first way to an answer: the mapped log.
 */

import { statSync } from "node:fs";

import { COOKIE_WAIT_MS } from "../base/limits.ts";
import {
  type LogHeader,
  STATE_ANSWERS,
  STATE_ANSWERS_OWN_INDEX,
  STATE_RETIRED,
} from "../log/layout.ts";
import { LogReader } from "../log/reader.ts";
import { encodeChanged, encodeUnknown } from "../protocol/hook-answer.ts";
import { formatToken, freshToken, parseToken } from "../protocol/token.ts";
import { Cookie, waitForAcknowledgement } from "./cookie.ts";
import type { GitDirectory } from "./git-directory.ts";

/** A log replaced while we look is opened again once; a second time somebody is in a hurry. */
const OPENINGS_MAX = 2;

/**
 * `folder` is where log and cookies are. Undefined when the log is alive and does not tell: ask the
 * socket.
 *
 * @throws when there is no log, or none that somebody writes.
 */
export function answerFromLog(
  folder: string,
  directory: GitDirectory,
  since: string,
): Uint8Array | undefined {
  const endMs = performance.now() + COOKIE_WAIT_MS;
  const log = new LogReader(`${folder}/log`);
  // First of all: the monitor works on it while we look at the rest.
  using cookie = new Cookie(`${folder}/cookies`);
  for (let openings = 1; openings <= OPENINGS_MAX; openings += 1) {
    const header = log.header();
    if (header?.state === STATE_RETIRED) {
      log.reopen();
      continue;
    }
    if (header !== undefined && !isSameRoot(header, directory.worktree)) {
      // GIT_WORK_TREE, or a copy: this folder is not the one that is watched.
      return encodeUnknown(freshToken());
    }
    const isWriterAlive = (): boolean => header !== undefined && isAlive(header.writerPid);
    if (header === undefined || !isWriterAlive()) {
      break;
    }
    const answer = answerFromHeader(header, directory, since);
    if (answer !== undefined) {
      return answer;
    }
    if (mustAskSocket(header, since)) {
      return undefined;
    }
    const isAcknowledged = log.acknowledgement(cookie.name);
    const isCaughtUp = waitForAcknowledgement(isAcknowledged, isWriterAlive, endMs);
    const caughtUp = log.header();
    if (isCaughtUp && caughtUp !== undefined && caughtUp.state !== STATE_RETIRED) {
      const isTold = !mustAskSocket(caughtUp, since);
      return (
        answerFromHeader(caughtUp, directory, since) ??
        (isTold ? answerFromHistory(log, caughtUp, since) : undefined)
      );
    }
    if (caughtUp?.state === STATE_RETIRED) {
      log.reopen();
    } else if (!isCaughtUp) {
      return undefined;
    }
  }
  throw new Error("nobody writes the log");
}

/** The answers that need no proof, because they promise nothing about the past. */
function answerFromHeader(
  header: LogHeader,
  directory: GitDirectory,
  since: string,
): Uint8Array | undefined {
  const isTold = header.state === STATE_ANSWERS || isForOwnIndex(header, directory);
  return isTold && isAnswerable(header, since)
    ? undefined
    : encodeUnknown(formatToken({ ...header, areListingsInDoubt: true }));
}

/** The log tells what changed, not which directories there are, nor what an index may believe that was
 *  written before a restart. */
function mustAskSocket(header: LogHeader, since: string): boolean {
  const token = parseToken(since);
  return (
    token !== undefined &&
    (token.areListingsInDoubt || token.generation < header.oldestDirectGeneration)
  );
}

function isForOwnIndex(header: LogHeader, directory: GitDirectory): boolean {
  return header.state === STATE_ANSWERS_OWN_INDEX && directory.isOwnIndex;
}

function isAnswerable(header: LogHeader, since: string): boolean {
  const token = parseToken(since);
  return token?.epoch === header.epoch && token.generation >= header.oldestGeneration;
}

function answerFromHistory(
  log: LogReader,
  header: LogHeader,
  since: string,
): Uint8Array | undefined {
  const token = parseToken(since);
  if (token === undefined || token.generation > header.generation) {
    return encodeUnknown(formatToken({ ...header, areListingsInDoubt: true }));
  }
  const paths = log.changesSince(header, token.generation);
  return paths === undefined
    ? undefined
    : encodeChanged(formatToken({ ...header, areListingsInDoubt: false }), paths);
}

function isSameRoot(header: LogHeader, worktree: string): boolean {
  const { dev, ino } = statSync(worktree, { bigint: true });
  return dev === header.root.device && ino === header.root.inode;
}

/** A writer that died cannot acknowledge: there is no use in waiting for it. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
