/**
 * What the helper answers, decided step by step: log, socket, unknown.
 */

import { statSync } from "node:fs";

import { homeLayout, OTHERS_MAY_WRITE, placeOfWorktree } from "../base/home.ts";
import { SOCKET_WAIT_MS } from "../base/limits.ts";
import { encodeUnknown, UNKNOWN_VERSION_1 } from "../protocol/hook-answer.ts";
import { freshToken } from "../protocol/token.ts";
import { askSocket } from "./ask-socket.ts";
import { findGitDirectory, type GitDirectory } from "./git-directory.ts";
import { answerFromLog } from "./read-log.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface Surroundings {
  /** @throws when the working directory was deleted. */
  readonly cwd: () => string;
  readonly environment: Environment;
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
  { cwd, environment }: Surroundings,
): Promise<Decision | undefined> {
  if (version === "1") {
    return { answer: UNKNOWN_VERSION_1, unwatched: undefined };
  }
  if (version !== "2") {
    return undefined;
  }
  const directory = attempt(() => findGitDirectory(cwd(), environment));
  const answer =
    directory === undefined
      ? undefined
      : ((await answerFrom(directory.path, `${directory.path}/gity`, directory, since)) ??
        (await answerFromAdopted(directory, environment, since)));
  return answer === undefined
    ? {
        answer: encodeUnknown(freshToken()),
        unwatched: directory?.isNamed === false ? directory.worktree : undefined,
      }
    : { answer, unwatched: undefined };
}

/** A worktree that nobody registered has its log and its socket in gity's home, which nobody else writes. */
async function answerFromAdopted(
  directory: GitDirectory,
  environment: Environment,
  since: string,
): Promise<Uint8Array | undefined> {
  const folder = attempt(() => {
    const layout = homeLayout(environment);
    const root = statSync(directory.worktree, { bigint: true });
    const gitDir = statSync(directory.path, { bigint: true });
    return layout === undefined || (statSync(layout.home).mode & OTHERS_MAY_WRITE) !== 0
      ? undefined
      : placeOfWorktree(layout.adoptedFolder, root, gitDir);
  });
  return folder === undefined || directory.isNamed
    ? undefined
    : answerFrom(folder, folder, directory, since);
}

/** The log first, then the socket. */
async function answerFrom(
  socketFolder: string,
  folder: string,
  directory: GitDirectory,
  since: string,
): Promise<Uint8Array | undefined> {
  try {
    const answer = answerFromLog(folder, directory, since);
    if (answer !== undefined) {
      return answer;
    }
  } catch {
    // Only the log says whether a git directory that GIT_DIR names, as git does for every linked worktree, belongs to
    // this folder, and whether it matters that another index asks.
    if (directory.isNamed || !directory.isOwnIndex) {
      return undefined;
    }
  }
  try {
    return await askSocket(socketFolder, since, SOCKET_WAIT_MS);
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
