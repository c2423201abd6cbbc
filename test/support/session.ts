/** A worktree session in this thread, with walks made at once: the monitor without its loop. */

import { mkdirSync } from "node:fs";

import type { Fd } from "../../src/base/brands.ts";
import { closeDescriptor } from "../../src/ffi/descriptors.ts";
import { SystemCallError } from "../../src/ffi/libc.ts";
import type { WalkResult } from "../../src/monitor/messages.ts";
import { Mounts, type MountSource } from "../../src/monitor/mounts.ts";
import { type WalkRequest, WorktreeSession } from "../../src/monitor/worktree-session.ts";
import { InotifyPool } from "../../src/watch/inotify-instance.ts";
import { walk } from "../../src/watch/walk.ts";
import { type TempDir, tempDir } from "./temp-dir.ts";

export interface TempSession extends Disposable {
  readonly root: TempDir;
  readonly gitDir: string;
  readonly session: WorktreeSession;
  /** Walks that were asked for and not made; `walkNow` makes them. */
  walkNow(): void;
  /** Paths of an answer, sorted; undefined for "/". Also hands out the next token. */
  ask(token: string): { token: string; paths: string[] | undefined };
}

export interface TempSessionOptions {
  /** A pool of one instance makes sessions share it. */
  readonly pool?: InotifyPool;
  /** Lines of mountinfo for a root, in the place of the machine's own. */
  readonly mounts?: (root: string) => MountSource;
  /** A worktree that is there already, with its .git, in the place of a new one. */
  readonly root?: string;
}

export function tempSession(
  prepare: (root: TempDir) => void = () => {},
  options: TempSessionOptions = {},
): TempSession {
  const root = tempDir("session");
  const path = options.root ?? root.path;
  const gitDir = `${path}/.git`;
  mkdirSync(gitDir, { recursive: true });
  prepare(root);
  const requests: WalkRequest[] = [];
  const mounts = new Mounts(options.mounts?.(path));
  const session = new WorktreeSession(
    { worktreeId: 1, root: path, gitDir, bootId: "0011223344556677", scope: undefined },
    { walk: (request) => requests.push(request), stateChanged: () => {}, rescope: () => {} },
    { pool: options.pool ?? new InotifyPool(), mounts },
  );
  session.start();
  return {
    root,
    gitDir,
    session,
    walkNow() {
      for (const { attempt, root: walked, inotifyFd } of requests.splice(0)) {
        session.walked(attempt, walkResult(walked, inotifyFd as Fd));
        closeDescriptor(inotifyFd as Fd);
      }
    },
    ask(token) {
      const answer = session.answer(token);
      const paths = answer.kind === "changed" ? [...answer.paths].toSorted() : undefined;
      return { token: answer.token, paths };
    },
    [Symbol.dispose]() {
      session[Symbol.dispose]();
      mounts[Symbol.dispose]();
      root[Symbol.dispose]();
    },
  };
}

function walkResult(root: string, inotifyFd: Fd): WalkResult {
  try {
    return { kind: "table", table: walk(root, inotifyFd) };
  } catch (error) {
    if (!(error instanceof SystemCallError)) {
      throw error;
    }
    return { kind: "failed", syscall: error.syscall, errno: error.errno, path: error.path ?? root };
  }
}
