/**
 * What the helper answers, decided step by step: log, socket, unknown.
 */

import { SOCKET_WAIT_MS } from "../base/limits.ts";
import { encodeUnknown, UNKNOWN_VERSION_1 } from "../protocol/hook-answer.ts";
import { freshToken } from "../protocol/token.ts";
import { askSocket } from "./ask-socket.ts";
import { findGitDirectory, type GitDirectory } from "./git-directory.ts";
import { answerFromLog } from "./read-log.ts";

export interface Surroundings {
  /** @throws when the working directory was deleted. */
  readonly cwd: () => string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface Decision {
  /** The bytes for git. */
  readonly answer: Uint8Array;
  /** The worktree, when nobody seems to watch it. */
  readonly unwatched: string | undefined;
}

/**
 * Decides for the arguments git gave: a protocol version and a token.
 *
 * Undefined for a version that does not exist: git takes the exit code for "look for yourself".
 * Never rejects; every failure is the answer "unknown".
 */
export async function decide(
  [version, since = ""]: readonly string[],
  surroundings: Surroundings,
): Promise<Decision | undefined> {
  if (version === "1") {
    return { answer: UNKNOWN_VERSION_1, unwatched: undefined };
  }
  if (version !== "2") {
    return undefined;
  }
  const directory = attempt(() => findGitDirectory(surroundings.cwd(), surroundings.environment));
  if (directory === undefined) {
    return { answer: encodeUnknown(freshToken()), unwatched: undefined };
  }
  const answer = await fromLogOrSocket(directory, since);
  return answer === undefined
    ? {
        answer: encodeUnknown(freshToken()),
        unwatched: directory.isNamed ? undefined : directory.worktree,
      }
    : { answer, unwatched: undefined };
}

/** Whatever goes wrong on one way, there is another one. */
async function fromLogOrSocket(
  directory: GitDirectory,
  since: string,
): Promise<Uint8Array | undefined> {
  try {
    return answerFromLog(directory, since) ?? (await fromSocket(directory, since));
  } catch {
    // The socket does not know that another index asks; only the log says whether that matters.
    return directory.isOwnIndex ? fromSocket(directory, since) : undefined;
  }
}

/** A socket of a git directory that GIT_DIR names may serve another folder than this one. */
async function fromSocket(directory: GitDirectory, since: string): Promise<Uint8Array | undefined> {
  if (directory.isNamed) {
    return undefined;
  }
  try {
    return await askSocket(directory.path, since, SOCKET_WAIT_MS);
  } catch {
    return undefined;
  }
}

function attempt<Result>(step: () => Result | undefined): Result | undefined {
  try {
    return step();
  } catch {
    return undefined;
  }
}
