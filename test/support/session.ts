/** A worktree session in this thread, with walks made at once: the monitor without its loop. */

import { mkdirSync } from "node:fs";

import type { BytePath, Fd } from "../../src/base/brands.ts";
import { closeDescriptor } from "../../src/ffi/descriptors.ts";
import { SystemCallError } from "../../src/ffi/libc.ts";
import type {
  CatchUp,
  ScopeMessage,
  SnapshotOrigin,
  WalkResult,
} from "../../src/monitor/messages.ts";
import { Mounts, type MountSource } from "../../src/monitor/mounts.ts";
import { type WalkRequest, WorktreeSession } from "../../src/monitor/worktree-session.ts";
import { InotifyPool } from "../../src/watch/inotify-instance.ts";
import { PlaceWatch } from "../../src/watch/place-watch.ts";
import type { Snapshot } from "../../src/watch/snapshot.ts";
import { walk } from "../../src/watch/walk.ts";
import { type TempDir, tempDir } from "./temp-dir.ts";

export interface TempSession extends Disposable {
  readonly root: TempDir;
  readonly gitDir: string;
  readonly session: WorktreeSession;
  /** Makes the walks that were asked for, compared with what the last one found. */
  walkNow(): void;
  /** How many walks were snapshots so far. */
  snapshots(): number;
  /** How often the daemon was told that somebody uses a ready-made status. */
  statusQuestions(): number;
  /** How often a snapshot was due since the last call. */
  snapshotsDue(): number;
  /** Why git's socket was lost, each time since the last call. */
  socketLosses(): string[];
  /** How often git's word was asked for since the last call. */
  rescopes(): number;
  /** How often whoever follows was told since this was asked last. */
  moves(): number;
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
  /** What git said, before anything was watched, that need not be. */
  readonly excluded?: readonly string[];
  /** What each walk that is compared finds in the index, and not on disk. */
  readonly missing?: CatchUp["missing"];
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
  let rescopes = 0;
  let moves = 0;
  let statusQuestions = 0;
  const losses: string[] = [];
  let snapshotsDue = 0;
  let snapshots = 0;
  let found: Snapshot | undefined;
  let kept: { readonly snapshot: Snapshot; readonly origin: SnapshotOrigin } | undefined;
  const mounts = new Mounts(options.mounts?.(path));
  const places = new PlaceWatch();
  const scope = options.excluded === undefined ? undefined : scopeOf(options.excluded);
  const session = new WorktreeSession(
    {
      worktreeId: 1,
      root: path,
      gitDir,
      ownFolder: undefined,
      isSocketLocked: false,
      bootId: "0011223344556677",
      scope,
    },
    {
      walk: (request) => requests.push(request),
      stateChanged: () => {},
      rescope: () => {
        rescopes += 1;
      },
      covered: (_attempt, origin) => {
        snapshots += 1;
        kept = found === undefined ? undefined : { snapshot: found, origin };
      },
      snapshotDue: () => {
        snapshotsDue += 1;
      },
      socketLost: (loss) => losses.push(loss),
      statusAsked: () => {
        statusQuestions += 1;
      },
      moved: () => {
        moves += 1;
      },
    },
    { pool: options.pool ?? new InotifyPool(), places, mounts },
  );
  session.start();
  return {
    root,
    gitDir,
    session,
    walkNow() {
      for (const request of requests.splice(0)) {
        const isOfUse = kept !== undefined && request.past?.epoch === kept.origin.epoch;
        const before = isOfUse ? kept : undefined;
        const walked = walkResult(request, before, options.missing);
        found = walked.snapshot;
        session.walked(request.attempt, walked.result);
        closeDescriptor(request.inotifyFd as Fd);
      }
    },
    statusQuestions: () => statusQuestions,
    snapshots: () => snapshots,
    snapshotsDue() {
      const count = snapshotsDue;
      snapshotsDue = 0;
      return count;
    },
    socketLosses() {
      places.drain();
      return losses.splice(0);
    },
    moves() {
      const count = moves;
      moves = 0;
      return count;
    },
    rescopes() {
      const count = rescopes;
      rescopes = 0;
      return count;
    },
    ask(token) {
      const answer = session.answer(token);
      const paths = answer.kind === "changed" ? [...answer.paths].toSorted() : undefined;
      return { token: answer.token, paths };
    },
    [Symbol.dispose]() {
      session[Symbol.dispose]();
      places[Symbol.dispose]();
      mounts[Symbol.dispose]();
      root[Symbol.dispose]();
    },
  };
}

/** Git's word about a repository whose index and rules never change. */
export function scopeOf(excluded: readonly string[]): ScopeMessage {
  return { excluded, index: { path: "/nowhere", identity: "" }, rules: [], isCaseIgnored: false };
}

function walkResult(
  { root, inotifyFd, excluded }: WalkRequest,
  before: { readonly snapshot: Snapshot; readonly origin: SnapshotOrigin } | undefined,
  missing: CatchUp["missing"],
): { readonly result: WalkResult; readonly snapshot: Snapshot | undefined } {
  try {
    const { table, snapshot, difference } = walk(root, inotifyFd as Fd, {
      excluded: excluded as BytePath[],
      before: before?.snapshot,
    });
    const catchUp: CatchUp | undefined =
      before === undefined || difference === undefined
        ? undefined
        : { ...difference, since: before.origin.generation, missing };
    return { result: { kind: "table", table, catchUp }, snapshot };
  } catch (error) {
    if (!(error instanceof SystemCallError)) {
      throw error;
    }
    const { syscall, errno, path } = error;
    return { result: { kind: "failed", syscall, errno, path: path ?? root }, snapshot: undefined };
  }
}
