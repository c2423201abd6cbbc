/**
 * A ready-made status of a test's own, of which a word tells that it was used: no git prints it. The monitor that
 * answers for it is played.
 */

import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import { fileIdentity } from "../../src/base/file-identity.ts";
import { placeOfWorktree } from "../../src/base/home.ts";
import { decodeMessage, encodeMessage } from "../../src/protocol/pkt-line.ts";
import {
  encodeReadyStatus,
  type Dependency,
  type ReadyStatus,
} from "../../src/protocol/ready-status.ts";
import { formKey, PROGRAM_FORM } from "../../src/protocol/status-form.ts";
import { SOCKET_NAME } from "./git-ipc.ts";
import type { TempWorktree } from "./temp-worktree.ts";

/** Takes away what the clean room has set: with it git may say something else. For it the home is clean. */
export const PLAIN_ENVIRONMENT = {
  GIT_CONFIG_NOSYSTEM: undefined,
  GIT_CONFIG_GLOBAL: undefined,
} as const;

export const READY_TOKEN = "gity:0123456789abcdef:7";
export const READY_MADE = "ready-made\n";

/** What every test begins with; the long format is in it, for a pipe and the root. The git is the one this process
 *  finds, unless told otherwise. */
export function readyStatusOf(
  tree: TempWorktree,
  changes: Partial<ReadyStatus> = {},
  git = Bun.which("git") ?? "",
): ReadyStatus {
  return {
    token: READY_TOKEN,
    gitDir: tree.gitDir,
    madeAtMs: 0,
    tookMs: 5,
    gitMs: 5,
    environment: {
      HOME: process.env["HOME"] ?? null,
      XDG_CONFIG_HOME: process.env["XDG_CONFIG_HOME"] ?? null,
      git: dependencyOn(git),
      root: null,
    },
    dependencies: [dependencyOn(`${tree.gitDir}/HEAD`), dependencyOn(`${tree.gitDir}/config`)],
    volatile: [],
    summary: {
      branch: "main",
      commit: null,
      upstream: null,
      ahead: null,
      behind: null,
      stash: 0,
      staged: 0,
      unstaged: 0,
      untracked: 0,
      conflicts: 0,
      operation: null,
    },
    forms: new Map([
      [formKey({ words: [], folder: "", isTerminal: false }), Buffer.from(READY_MADE)],
      [formKey(PROGRAM_FORM), Buffer.from("# branch.head ready-made\0")],
    ]),
    ...changes,
  };
}

export function dependencyOn(path: string | Buffer): Dependency {
  return {
    path: path.toString("latin1"),
    identity: fileIdentity(statSync(path, { bigint: true, throwIfNoEntry: false })),
  };
}

export function readyFile(home: string, tree: TempWorktree): string {
  return placeOfWorktree(
    `${home}/run/status`,
    statSync(tree.path, { bigint: true }),
    statSync(tree.gitDir, { bigint: true }),
  );
}

/** Where a daemon would put it, whose home this is. */
export function writeReadyFile(home: string, tree: TempWorktree, status: ReadyStatus): string {
  const file = readyFile(home, tree);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, encodeReadyStatus(status), { mode: 0o600 });
  return file;
}

export interface PlayedMonitor extends Disposable {
  /** What it was asked, oldest first. */
  readonly questions: readonly string[];
}

/** Answers every question with the same bytes; silent without. */
export function playMonitor(gitDir: string, answer: string | undefined): PlayedMonitor {
  const questions: string[] = [];
  const listener = Bun.listen({
    unix: `${gitDir}/${SOCKET_NAME}`,
    socket: {
      data: (socket, bytes) => {
        const message = decodeMessage(bytes);
        questions.push(message.kind === "message" ? message.data.toString("latin1") : "");
        if (answer !== undefined) {
          socket.end(encodeMessage(Buffer.from(answer, "latin1")));
        }
      },
    },
  });
  return {
    questions,
    [Symbol.dispose]: () => {
      listener.stop(true);
    },
  };
}
